"""Problem 9: a flow learns discrete images, and is held against codes that anyone can recompute."""

import gzip
import sys

import torch

from data import IMAGE_SIDE, load_images
from network import CouplingNet
from submission import image_flow as submission
from training import figures, layout
from training.checkpoint import random_numbers_apart
from training.errors import TrainingStopped, check_gradients, checked_parts, checked_scalar
from training.loop import Run
from training.optimizer import Adam
from training.schedule import warm_up_and_cosine
from training.settings import GRID_COLUMNS

PEAK_LEARNING_RATE = 1e-3
MAX_GRADIENT_NORM = 1.0  # of bits per dimension
MOST_HELD_OUT = 1000  # training images that validate
SIZES = 3  # the couplings work on 28x28 values, then on 14x14 of 4 channels, then on 7x7 of 16
N_DIMS = IMAGE_SIDE**2
SLICE_LEVELS = 4
PARTS = (
    *("dequantise", "log_likelihood_bound", "bits_per_dim", "checkerboard_mask", "channel_mask"),
    *("AffineCoupling", "Logit", "Squeeze", "ImageFlow"),
)


def build_flow(n_flows, hidden_size):
    """A small RealNVP for (B, 1, 28, 28), of the student's parts.

    Args:
        n_flows: couplings at each of the three sizes; their masks take turns.
        hidden_size: channels within a coupling's network.
    """
    layers, channels = [submission.Logit()], 1
    for size in range(SIZES):
        if size:
            layers.append(submission.Squeeze())
            channels *= 4
        side = IMAGE_SIDE >> size
        mask = submission.channel_mask(channels) if size else submission.checkerboard_mask(side, side)
        for number in range(n_flows):
            net = CouplingNet(channels, hidden_size)
            layers.append(submission.AffineCoupling(1 - mask if number % 2 else mask, net))
    return submission.ImageFlow(layers, (channels, side, side))


class ImageFlowRun(Run):
    """Trains an ImageFlow by maximum likelihood.

    Args:
        settings: a Settings of the model "image_flow".
        device: the torch.device to train on.
    """

    sources = {"bits": " (image_flow.py in submission/)"}
    scheduled = True

    def __init__(self, settings, device):
        self.device = device
        checked_parts(submission, *PARTS)
        data = load_images(settings.dataset, settings.data_dir)
        held_out = min(MOST_HELD_OUT, len(data.train_images) // 10)
        super().__init__(settings, len(data.train_images) - held_out)
        self.train, self.valid = data.train_images.to(device).split([self.n_examples, held_out])
        self.test = data.test_images.to(device)
        self.data_source = data.source
        self.flow = build_flow(settings.n_flows, settings.hidden_size).to(device)
        layout.apply(self.flow)
        self.optimizer = Adam(self.flow.parameters(), PEAK_LEARNING_RATE)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, warm_up_and_cosine(self.total_steps))
        self.parts = {"flow": self.flow, "optimizer": self.optimizer, "schedule": self.schedule}
        self._rehearse()

    def step(self, indices):
        bits = self._bits(self.train[indices], noise=not self.settings.no_dequantise)
        checked_scalar("bits_per_dim in submission/image_flow.py", bits)
        self.optimizer.zero_grad()
        bits.backward()
        check_gradients("log_prob in submission/image_flow.py", "flow", [one.grad for one in self.flow.parameters()])
        torch.nn.utils.clip_grad_norm_(self.flow.parameters(), MAX_GRADIENT_NORM)
        self.optimizer.step()
        self.schedule.step()
        return {"bits": bits.detach()}

    def after_step(self, step):
        epoch, rest = divmod(step, self.steps_per_epoch)
        if rest:
            return {}
        with random_numbers_apart(self.settings.seed, self.device), torch.no_grad():
            samples = self.flow.sample(self.settings.n_samples, device=self.device)
        path = self.settings.out_dir / f"samples_epoch{epoch}.png"
        figures.save_grid(path, samples.float() / 127.5 - 1, GRID_COLUMNS)
        return {"valid_bits": self._mean_bits(self.valid, noise=not self.settings.no_dequantise)}

    def finish(self, losses, curves):
        out_dir = self.settings.out_dir
        baselines = {
            "histogram_bits_per_dim": histogram_bits(self.train.cpu(), self.test.cpu()),
            "gzip_bits_per_dim": gzip_bits(self.test.cpu()),
        }
        lines = {name: [value] * self.settings.n_epochs for name, value in baselines.items()}
        label = "bits per dimension"
        figures.save_curves(out_dir / "losses.png", losses, {**curves, **lines}, self.steps_per_epoch, label)
        self._draw_slice(out_dir / "between_levels.png")
        measured = {"test_bits_per_dim": self._mean_bits(self.test, noise=True)}
        if self.settings.no_dequantise:
            measured["test_bits_per_dim_without_noise"] = self._mean_bits(self.test, noise=False)
            print("Without noise, bits per dimension are not those of any code.", file=sys.stderr)
        elif measured["test_bits_per_dim"] < 0:
            print("A code of less than 0 bits is impossible: a log-det or a bound is wrong.", file=sys.stderr)
        return {**measured, **baselines, "data": self.data_source}

    def _bits(self, images, noise):
        """Bits per dimension of images, by the student's functions; without noise, those of the middles of levels."""
        v = submission.dequantise(images) if noise else (images + 0.5) / submission.LEVELS
        bound = submission.log_likelihood_bound(self.flow.log_prob(v), N_DIMS)
        return submission.bits_per_dim(bound, N_DIMS)

    def _mean_bits(self, images, noise):
        with random_numbers_apart(self.settings.seed, self.device), torch.no_grad():
            return sum(float(self._bits(part, noise)) * len(part) for part in images.split(500)) / len(images)

    def _draw_slice(self, path):
        """The log density along the darkest pixel of a test image, from one level to the next."""
        image = self.test[:1]
        place = int(self.train[:1000].float().mean(dim=0).argmin())
        levels = torch.linspace(0, SLICE_LEVELS, 40 * SLICE_LEVELS + 1, device=self.device)
        v = ((image + 0.5) / submission.LEVELS).repeat(len(levels), 1, 1, 1)
        v.view(len(levels), -1)[:, place] = levels / submission.LEVELS
        with torch.no_grad():
            log_densities = self.flow.log_prob(v)
        trained = "without noise" if self.settings.no_dequantise else "with noise"
        title = f"trained {trained}: the training images have this pixel at 0"
        figures.save_slice(path, levels.cpu().numpy(), log_densities.cpu().numpy(), title)

    def _rehearse(self):
        """Calls all that the student writes on three images, so that mistakes are heard of before training."""
        images = self.train[:3]
        with random_numbers_apart(self.settings.seed, self.device):
            checked_scalar("bits_per_dim in submission/image_flow.py", self._bits(images, noise=True))
            samples = self.flow.sample(3, device=self.device)
            if samples.shape != images.shape or samples.dtype != torch.uint8:
                raise TrainingStopped(
                    f"ImageFlow.sample in submission/image_flow.py must return uint8 of shape {tuple(images.shape)}; "
                    f"it returned {samples.dtype} of shape {tuple(samples.shape)}."
                )
            # As it starts, no coupling moves anything; try one that does.
            coupling = submission.AffineCoupling(self.flow.layers[1].mask, lambda x: (x / 3 - 0.1, x + 0.2))
            with torch.no_grad():
                again = coupling.forward(coupling.inverse(images / 255)[0])[0]
        if not torch.allclose(again, images / 255, atol=1e-4):
            print("AffineCoupling.forward does not undo inverse: samples will not follow the density.", file=sys.stderr)


def histogram_bits(train, test):
    """Bits per dimension of test images under independent values, each with its histogram of the training set, to which
    every level is added once.

    Args:
        train, test: uint8 (N, 1, 28, 28).
    """
    train, test = train.flatten(start_dim=1).long(), test.flatten(start_dim=1).long()
    counts = torch.ones(train.shape[1], submission.LEVELS, dtype=torch.float64)
    counts.scatter_add_(1, train.T, torch.ones(train.T.shape, dtype=torch.float64))
    log_shares = (counts / counts.sum(dim=1, keepdim=True)).log2()
    return -float(log_shares.gather(1, test.T).mean())


def gzip_bits(images):
    """Bits that gzip, at its best, takes for each value of all images together."""
    return 8 * len(gzip.compress(images.numpy().tobytes(), 9)) / images.numel()
