"""Problems 2, 4 and 5: generator and discriminator take turns on images."""

import torch

from data import load_images, to_unit_range
from network import NUM_CLASSES, ConditionalDiscriminator, ConditionalGenerator, Discriminator, Generator
from submission import gan as submission
from training import figures, precision, quality
from training.errors import TrainingStopped, checked_gradient, checked_scalar
from training.loop import Run
from training.settings import GRID_COLUMNS

LEARNING_RATE = 1e-3
BETAS = (0.5, 0.999)
GRID_EVERY = 50  # steps
KEYS = ("d_loss", "g_loss")  # the curves' names

LOSSES = {
    ("gan", "nonsaturating"): ("loss_nonsaturating_d", "loss_nonsaturating_g"),
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
        for name in names:
            if not hasattr(submission, name):
                raise TrainingStopped(f"submission/gan.py has no function {name}.")
        self.d_loss, self.g_loss = (getattr(submission, name) for name in names)
        self.sources = {key: f" ({name} in submission/gan.py)" for key, name in zip(KEYS, names, strict=True)}
        data = load_images(settings.dataset, settings.data_dir)
        super().__init__(settings, len(data.train_images))
        self.data = data
        self.images, self.labels = data.train_images.to(device), data.train_labels.to(device)

        self.g = (ConditionalGenerator() if self.conditional else Generator()).to(device)
        self.d = (ConditionalDiscriminator() if self.conditional else Discriminator()).to(device)
        for network in (self.g, self.d):
            network.to(memory_format=torch.channels_last)  # convolutions are twice as fast so on a CPU
            precision.apply(settings.precision, network, device)
        self.parts = {"generator": self.g, "discriminator": self.d}
        for name, network in list(self.parts.items()):
            optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, betas=BETAS, fused=True)
            self.parts[f"{name}_optimizer"] = optimizer
        # The grid always shows the same noise, in columns by class, from a random stream of its own.
        stream = torch.Generator().manual_seed(settings.seed)
        noise = torch.randn(settings.n_samples, self.g.dim_z, generator=stream).to(device)
        classes = torch.arange(settings.n_samples, device=device) % NUM_CLASSES
        self.grid_inputs = (noise, classes) if self.conditional else (noise,)

    def step(self, indices):
        indices = indices.to(self.device)
        batch = (to_unit_range(self.images[indices]),)
        if self.conditional:
            batch += (self.labels[indices],)
        return {
            "d_loss": self._turn(self.d_loss, batch, "discriminator"),
            "g_loss": self._turn(self.g_loss, batch, "generator"),
        }

    def after_step(self, step):
        if step == 1:
            self._draw_real()
        if step % GRID_EVERY == 0 or step == self.total_steps:
            self._draw_fake(step)
        return {}

    def finish(self, losses, curves):
        out_dir = self.settings.out_dir
        figures.save_curves(out_dir / "losses.png", losses, curves, self.steps_per_epoch, "loss")
        if self.settings.animate:
            paths = map(self._grid_path, [*range(GRID_EVERY, self.total_steps, GRID_EVERY), self.total_steps])
            figures.save_animation(out_dir / "fake.gif", [path for path in paths if path.exists()])
        measured = {"data": self.data.source}
        if self.settings.dataset == "fashion-mnist" and not self.settings.no_metrics:
            self.g.eval()
            measured |= quality.image_quality(self._generate, self.data, self.device)
        return measured

    def _generate(self, n, stream):
        noise = torch.randn(n, self.g.dim_z, generator=stream).to(self.device)
        if not self.conditional:
            return self.g(noise), None
        classes = torch.arange(n, device=self.device) % NUM_CLASSES
        return self.g(noise, classes), classes

    def _turn(self, loss_function, batch, name):
        """One network's step. Gradients stop at its own parameters: the other network needs none."""
        network, optimizer = self.parts[name], self.parts[f"{name}_optimizer"]
        source = f"{loss_function.__name__} in submission/gan.py"
        loss = checked_scalar(source, loss_function(self.g, self.d, *batch, device=self.device))
        optimizer.zero_grad()
        loss.backward(inputs=list(network.parameters()))
        checked_gradient(source, name, network)
        optimizer.step()
        return loss.detach()

    def _grid_path(self, step):
        return self.settings.out_dir / f"fake_{step:04d}.png"

    def _draw_fake(self, step):
        self.g.eval()
        with torch.no_grad():
            figures.save_grid(self._grid_path(step), self.g(*self.grid_inputs), GRID_COLUMNS)
        self.g.train()

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
