"""Problem 8: a GAN for any f-divergence, on points or images; and a single Gaussian, by every divergence at once."""

import math
from functools import partial

import torch

from data import IMAGE_SETS, load_images, load_mixture, load_moons, to_unit_range
from network import Discriminator, GaussianGenerator, Generator, PointDiscriminator, PointGenerator
from submission import fgan as submission
from training import figures, layout
from training.errors import checked_parts
from training.gan import Turn, networks_and_optimizers, quality_of
from training.loop import Run
from training.settings import ALL_DIVERGENCES, DIVERGENCES, GRID_COLUMNS

POINT_LEARNING_RATE, IMAGE_LEARNING_RATE = 1e-3, 2e-4
BETAS = (0.5, 0.999)
DRAWS = 10  # pictures of points in a run
GRID_EVERY = 50  # steps between pictures of images
# pi and alpha of the rows that have one.
PARAMETERS = {"weighted_jensen_shannon": 0.3, "alpha_below_one": 0.5, "alpha_above_one": 1.5}

# The data of one dimension: weights, means and standard deviations of two Gaussians.
WEIGHTS, MEANS, DEVIATIONS = (0.65, 0.35), (-1.5, 1.8), (0.6, 0.9)
# Near the larger mode: a divergence that seeks modes has a worse optimum, too, which covers both, and would stay there.
START = (-1.0, -0.5)
N_NUMBERS = 30_000
X = torch.linspace(-8, 8, 801, dtype=torch.float64)
SOURCES = {f"{side}_loss": f" (f_gan_loss_{side} in submission/fgan.py)" for side in "dg"}


def fgan_run(settings, device):
    """The run that the settings ask for."""
    checked_parts(submission, "Divergence", "f", "f_gan_loss_d", "f_gan_loss_g")
    return (OneGaussianRun if settings.divergence == ALL_DIVERGENCES else FganRun)(settings, device)


def row(name):
    """The student's `Divergence` of a row."""
    return submission.Divergence(name, PARAMETERS.get(name))


class FganRun(Run):
    """Trains a generator by one f-divergence, against a variational function; one step each for every batch.

    Args:
        settings: a Settings of the model "fgan".
        device: the torch.device to train on.
    """

    sources = SOURCES

    def __init__(self, settings, device):
        self.device = device
        self.on_images = settings.dataset in IMAGE_SETS
        if self.on_images:
            self.data = load_images(settings.dataset, settings.data_dir)
            self.examples = self.data.train_images.to(device)
            self.g, self.d, rate = Generator(), Discriminator(), IMAGE_LEARNING_RATE
            layout.apply(self.g)
            layout.apply(self.d)
        else:
            self.examples = (load_moons() if settings.dataset == "moons" else load_mixture()).train.to(device)
            self.g, self.d, rate = PointGenerator(), PointDiscriminator(), POINT_LEARNING_RATE
            self.threads = 1
        super().__init__(settings, len(self.examples))
        self.divergence = row(settings.divergence)
        self.parts = networks_and_optimizers(self.g.to(device), self.d.to(device), rate, BETAS)
        stream = torch.Generator().manual_seed(settings.seed)
        self.noise = torch.randn(settings.n_samples, self.g.dim_z, generator=stream).to(device)

    def step(self, indices):
        x = self.examples[indices]
        return both_turns(self.divergence, self.parts, to_unit_range(x) if self.on_images else x, self.device)

    def after_step(self, step):
        every = GRID_EVERY if self.on_images else max(1, self.total_steps // DRAWS)
        if step % every == 0 or step == self.total_steps:
            self._draw(step)
        return {}

    def finish(self, losses, curves):
        label = "loss (d: minus the bound, in nats)"
        figures.save_curves(self.settings.out_dir / "losses.png", losses, curves, self.steps_per_epoch, label)
        return {"bound": -float(torch.tensor(losses["d_loss"][-500:]).mean()), **quality_of(self)}

    def generate(self, n, stream):
        """Images, as `quality.image_quality` wants them."""
        return self.g(torch.randn(n, self.g.dim_z, generator=stream).to(self.device)), None

    def _draw(self, step):
        path = self.settings.out_dir / f"fake_{step:04d}.png"
        self.g.eval()
        with torch.no_grad():
            samples = self.g(self.noise)
        self.g.train()
        if self.on_images:
            figures.save_grid(path, samples, GRID_COLUMNS)
        else:
            points = self.examples[: len(samples)].cpu().numpy()
            title = f"{self.settings.divergence}, step {step}"
            figures.save_learned(path, points, samples.cpu().numpy(), title)


class OneGaussianRun(Run):
    """Fits one Gaussian to a mixture of two on the line, by every divergence, each with networks of its own.

    What is too simple for the data must choose: between the modes, and what each choice leaves out.

    Args:
        settings: a Settings of the model "fgan" with the divergence "all".
        device: the torch.device to train on.
    """

    threads = 1
    sources = {name: " (f_gan_loss_d in submission/fgan.py)" for name in DIVERGENCES}

    def __init__(self, settings, device):
        super().__init__(settings, N_NUMBERS)
        self.device = device
        stream = torch.Generator().manual_seed(settings.seed)
        which = torch.multinomial(torch.tensor(WEIGHTS), N_NUMBERS, replacement=True, generator=stream)
        z = torch.randn(N_NUMBERS, generator=stream)
        self.numbers = (torch.tensor(MEANS)[which] + torch.tensor(DEVIATIONS)[which] * z)[:, None].to(device)
        self.pairs = {
            name: networks_and_optimizers(
                GaussianGenerator(*START).to(device), PointDiscriminator(1, 32).to(device), POINT_LEARNING_RATE, BETAS
            )
            for name in DIVERGENCES
        }
        self.parts = {f"{name}_{part}": value for name, pair in self.pairs.items() for part, value in pair.items()}

    def step(self, indices):
        x = self.numbers[indices]
        return {name: both_turns(row(name), pair, x, self.device)["d_loss"] for name, pair in self.pairs.items()}

    def after_step(self, step):
        return {}

    def finish(self, losses, curves):
        fits, measured = {}, {}
        p = mixture_density()
        for name, pair in self.pairs.items():
            g = pair["generator"]
            mean, deviation = g.mean.item(), g.log_deviation.exp().item()
            best = best_gaussian(row(name))
            fits[f"{name}\nmean {mean:.2f}, deviation {deviation:.2f}"] = (gaussian(mean, deviation), gaussian(*best))
            measured[name] = {"mean": mean, "deviation": deviation, "best_mean": best[0], "best_deviation": best[1]}
        fits = {title: tuple(density.numpy() for density in pair) for title, pair in fits.items()}
        figures.save_fits(self.settings.out_dir / "divergences.png", X.numpy(), p.numpy(), fits)
        return measured


def both_turns(divergence, parts, x, device):
    """The discriminator's step, then the generator's; returns {"d_loss": ..., "g_loss": ...}."""
    losses = {}
    for side, name in (("d", "discriminator"), ("g", "generator")):
        function = getattr(submission, f"f_gan_loss_{side}")
        loss = partial(function, divergence, parts["generator"], parts["discriminator"], device=device)
        losses[f"{side}_loss"] = Turn(f"f_gan_loss_{side} in submission/fgan.py", loss, parts, name).take(x)
    return losses


def gaussian(mean, deviation):
    """A Gaussian's density at X."""
    return torch.exp(-(((X - mean) / deviation) ** 2) / 2) / (deviation * math.sqrt(2 * math.pi))


def mixture_density():
    """The density of the data at X."""
    return sum(w * gaussian(mean, s) for w, mean, s in zip(WEIGHTS, MEANS, DEVIATIONS, strict=True))


def best_gaussian(divergence):
    """(mean, deviation) of the Gaussian q with the least D_f(p || q) for the mixture p, by quadrature on a grid."""
    p = mixture_density()
    means, deviations = torch.linspace(-2.5, 2.5, 101).tolist(), torch.linspace(0.3, 3.5, 129).tolist()
    best = (math.inf, 0.0, 1.0)
    for mean in means:
        q = torch.stack([gaussian(mean, deviation) for deviation in deviations]).clamp(min=1e-300)
        values = torch.trapezoid(q * submission.f(divergence, p / q), X, dim=1).nan_to_num(nan=math.inf)
        least = int(values.argmin())
        best = min(best, (float(values[least]), mean, deviations[least]))
    return best[1:]
