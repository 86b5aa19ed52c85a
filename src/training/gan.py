"""Problems 2, 4, 5 and 7: generator and discriminator take turns on images."""

import torch

import network
from data import load_images, to_unit_range
from network import NUM_CLASSES
from submission import gan as submission
from training import figures, layout, precision, quality
from training.cuda_graph import Graph
from training.errors import check_gradients, checked_parts, checked_scalar
from training.joined_calls import recorded_with_joined_calls
from training.lines import Lines
from training.loop import Run
from training.optimizer import Adam
from training.replay import loss_and_gradients, recorded
from training.settings import GRID_COLUMNS

# Generator, discriminator, learning rate and betas of Adam; the key is --arch, or the model where it has none.
ARCHITECTURES = {
    "conv": (network.Generator, network.Discriminator, 1e-3, (0.5, 0.999)),
    "mlp": (network.MlpGenerator, network.MlpDiscriminator, 2e-4, (0.5, 0.999)),
    "shallow": (network.ShallowGenerator, network.ShallowDiscriminator, 1e-4, (0.9, 0.999)),
    "cgan": (network.ConditionalGenerator, network.ConditionalDiscriminator, 1e-3, (0.5, 0.999)),
}
STRIP = 10  # images between one noise and another
GRID_EVERY = 50  # steps
REHEARSED = 2  # batches on which a recording must agree
KEYS = ("d_loss", "g_loss")  # the curves' names

LOSSES = {
    ("gan", "nonsaturating"): ("loss_nonsaturating_d", "loss_nonsaturating_g"),
    ("gan", "minimax"): ("loss_nonsaturating_d", "loss_minimax_g"),
    ("gan", "wasserstein_gp"): ("loss_wasserstein_gp_d", "loss_wasserstein_gp_g"),
    ("cgan", "nonsaturating"): ("conditional_loss_nonsaturating_d", "conditional_loss_nonsaturating_g"),
}


class GanRun(Run):
    """Trains a generator against a discriminator, one step each for every batch.

    Args:
        settings: a Settings of the model "gan" or "cgan".
        device: the torch.device to train on.
    """

    def __init__(self, settings, device):
        self.device = device
        self.conditional = settings.model == "cgan"
        names = LOSSES[settings.model, settings.loss_type]
        self.d_loss, self.g_loss = checked_parts(submission, *names)
        self.sources = {key: f" ({name} in submission/gan.py)" for key, name in zip(KEYS, names, strict=True)}
        if settings.loss_type == "nonsaturating":
            self.not_negative = dict.fromkeys(KEYS, "4b" if self.conditional else "2b")
        data = load_images(settings.dataset, settings.data_dir)
        super().__init__(settings, len(data.train_images))
        self.data = data
        self.images, self.labels = data.train_images.to(device), data.train_labels.to(device)

        generator, discriminator, learning_rate, betas = ARCHITECTURES[settings.arch or settings.model]
        self.g, self.d = generator().to(device), discriminator().to(device)
        for part in (self.g, self.d):
            layout.apply(part)
            precision.apply(settings.precision, part, device)
        self.parts = networks_and_optimizers(self.g, self.d, learning_rate, betas)
        # The grid always shows the same noise, in columns by class, from a random stream of its own.
        stream = torch.Generator().manual_seed(settings.seed)
        noise = torch.randn(settings.n_samples, self.g.dim_z, generator=stream).to(device)
        self.ends = torch.randn(2, NUM_CLASSES, 1, self.g.dim_z, generator=stream).to(device)  # of the strips
        self.d_turn = self._turn(self.d_loss, "discriminator")
        self.g_turn = self._turn(self.g_loss, "generator")
        classes = torch.arange(settings.n_samples, device=device) % NUM_CLASSES
        self.grid_inputs = (noise, classes) if self.conditional else (noise,)

    def step(self, indices):
        batch = self._batch(indices)
        return {"d_loss": self.d_turn.take(*batch), "g_loss": self.g_turn.take(*batch)}

    def after_step(self, step):
        if step == 1:
            self._draw_real()
        if step % GRID_EVERY == 0 or step == self.total_steps:
            self._draw_fake(step)
        return {}

    def finish(self, losses, curves):
        out_dir = self.settings.out_dir
        figures.save_curves(out_dir / "losses.png", losses, curves, self.steps_per_epoch, "loss")
        self._draw_strips()
        if self.settings.animate:
            paths = map(self._grid_path, [*range(GRID_EVERY, self.total_steps, GRID_EVERY), self.total_steps])
            figures.save_animation(out_dir / "fake.gif", [path for path in paths if path.exists()])
        return {"data": self.data.source, **quality_of(self)}

    def generate(self, n, stream):
        """Images, and the classes that were asked for, as `quality.image_quality` wants them."""
        noise = torch.randn(n, self.g.dim_z, generator=stream).to(self.device)
        if not self.conditional:
            return self.g(noise), None
        classes = torch.arange(n, device=self.device) % NUM_CLASSES
        return self.g(noise, classes), classes

    def last_grid(self):
        """Where the last grid lies."""
        return self._grid_path(self.total_steps)

    def _batch(self, indices):
        images = to_unit_range(self.images[indices])
        return (images, self.labels[indices]) if self.conditional else (images,)

    def _turn(self, loss_function, name):
        def loss(*batch):
            return loss_function(self.g, self.d, *batch, device=self.device)

        turn = Turn(f"{loss_function.__name__} in submission/gan.py", loss, self.parts, name)
        starts = range(0, self.n_examples - self.settings.batch_size + 1, self.settings.batch_size)[:REHEARSED]
        turn.record([self._batch(torch.arange(at, at + self.settings.batch_size).to(self.device)) for at in starts])
        return turn

    def _grid_path(self, step):
        return self.settings.out_dir / f"fake_{step:04d}.png"

    def _draw_fake(self, step):
        self.g.eval()
        with torch.no_grad():
            figures.save_grid(self._grid_path(step), self.g(*self.grid_inputs), GRID_COLUMNS)
        self.g.train()

    def _draw_strips(self):
        """Each row leads from one noise to another along the arc between them, where vectors are of the length that the
        generator is used to; in the conditional model it keeps its class."""
        one, other = self.ends
        angle = torch.acos(torch.cosine_similarity(one, other, dim=-1))[..., None]
        t = torch.linspace(0, 1, STRIP, device=self.device)[:, None]
        noise = (torch.sin((1 - t) * angle) * one + torch.sin(t * angle) * other) / torch.sin(angle)
        classes = torch.arange(NUM_CLASSES, device=self.device).repeat_interleave(STRIP)
        self.g.eval()
        with torch.no_grad():
            images = self.g(noise.flatten(0, 1), *([classes] if self.conditional else []))
        self.g.train()
        figures.save_grid(self.settings.out_dir / "strips.png", images, STRIP)

    def _draw_real(self):
        """The first images of the training set, for the conditional model in columns by class; black where none are."""
        images = self.images[: self.settings.n_samples]
        grid = torch.zeros(self.settings.n_samples, *images.shape[1:], dtype=torch.uint8)
        if self.conditional:
            for c in range(NUM_CLASSES):
                column = grid[c::NUM_CLASSES]
                found = (self.labels == c).nonzero()[: len(column), 0]
                column[: len(found)] = self.images[found].cpu()
        else:
            grid[: len(images)] = images.cpu()
        figures.save_grid(self.settings.out_dir / "real.png", to_unit_range(grid), GRID_COLUMNS)


def quality_of(run):
    """The figures of quality of a run's generator; none of data that the classifier does not know, or if left out."""
    if run.settings.dataset != "fashion-mnist" or run.settings.no_metrics:
        return {}
    run.g.eval()
    return quality.image_quality(run.generate, run.data, run.device)


def networks_and_optimizers(g, d, learning_rate, betas):
    """The parts of a run: generator, discriminator, and an Adam for each."""
    parts = {"generator": g, "discriminator": d}
    for name, part in list(parts.items()):
        parts[f"{name}_optimizer"] = Adam(part.parameters(), lr=learning_rate, betas=betas)
    return parts


class Turn:
    """One network's step, for each batch. Gradients stop at its own parameters: the other network needs none.

    Args:
        source: where the loss comes from, for messages.
        loss: function of a batch's tensors that gives the student's loss.
        parts: dict that holds both networks, and the optimiser of each.
        name: whose turn it is, "generator" or "discriminator".
    """

    def __init__(self, source, loss, parts, name):
        self.source, self.parts, self.name = source, parts, name
        self.network, self.optimizer = parts[name], parts[f"{name}_optimizer"]
        self.parameters = list(self.network.parameters())
        self.loss_and_gradients = loss_and_gradients(lambda *batch: checked_scalar(source, loss(*batch)), self.network)

    def record(self, batches):
        """Has turns taken in a faster way, where that gives the same on these batches."""
        networks = self.parts["generator"], self.parts["discriminator"]
        player = Lines if self.parameters[0].device.type == "cpu" else Graph
        plain = self.loss_and_gradients
        self.loss_and_gradients = recorded(plain, networks, batches, player)
        if player is Lines and self.name == "discriminator" and self.loss_and_gradients is not plain:
            joined = recorded_with_joined_calls(plain, self.network, networks, batches)
            self.loss_and_gradients = joined or self.loss_and_gradients

    def take(self, *batch):
        """Returns the loss, detached."""
        loss, *gradients = self.loss_and_gradients(*batch)
        check_gradients(self.source, self.name, gradients)
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = gradient
        self.optimizer.step()
        return loss
