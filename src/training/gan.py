"""Problems 2, 4 and 5: generator and discriminator take turns on images."""

import torch

from data import load_images, to_unit_range
from network import NUM_CLASSES, ConditionalDiscriminator, ConditionalGenerator, Discriminator, Generator
from submission import gan as losses
from training import figures
from training.errors import checked_loss
from training.loop import Run
from training.settings import GRID_COLUMNS

LEARNING_RATE = 1e-3
BETAS = (0.5, 0.999)
GRID_EVERY = 50  # steps

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
        self.d_loss, self.g_loss = (getattr(losses, name) for name in LOSSES[settings.model, settings.loss_type])
        data = load_images(settings.dataset, settings.data_dir)
        super().__init__(settings, len(data.train_images))
        self.images, self.labels = data.train_images.to(device), data.train_labels.to(device)

        self.g = (ConditionalGenerator() if self.conditional else Generator()).to(device)
        self.d = (ConditionalDiscriminator() if self.conditional else Discriminator()).to(device)
        self.g_optimizer = torch.optim.Adam(self.g.parameters(), lr=LEARNING_RATE, betas=BETAS, fused=True)
        self.d_optimizer = torch.optim.Adam(self.d.parameters(), lr=LEARNING_RATE, betas=BETAS, fused=True)
        self.parts = {
            "generator": self.g,
            "discriminator": self.d,
            "generator_optimizer": self.g_optimizer,
            "discriminator_optimizer": self.d_optimizer,
        }
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
            "d_loss": self._turn(self.d_loss, batch, self.d, self.d_optimizer),
            "g_loss": self._turn(self.g_loss, batch, self.g, self.g_optimizer),
        }

    def after_step(self, step):
        if step == 1:
            self._draw_real()
        if step % GRID_EVERY == 0 or step == self.total_steps:
            self._draw_fake(step)
        return {}

    def finish(self, history):
        out_dir = self.settings.out_dir
        figures.save_curves(out_dir / "losses.png", history, self.steps_per_epoch, "loss")
        if self.settings.animate:
            paths = map(self._grid_path, [*range(GRID_EVERY, self.total_steps, GRID_EVERY), self.total_steps])
            figures.save_animation(out_dir / "fake.gif", [path for path in paths if path.exists()])
        return {}

    def _turn(self, loss_function, batch, network, optimizer):
        """One network's step. Gradients stop at its own parameters: the other network needs none."""
        loss = checked_loss(loss_function.__name__, loss_function(self.g, self.d, *batch, device=self.device))
        optimizer.zero_grad()
        loss.backward(inputs=list(network.parameters()))
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
        """The first images of the training set; for the conditional model in columns by class."""
        n = self.settings.n_samples
        chosen = torch.arange(n)
        if self.conditional:
            chosen = torch.stack([(self.labels == c).nonzero()[: n // NUM_CLASSES, 0] for c in range(NUM_CLASSES)], 1)
        images = self.images[chosen.reshape(-1).to(self.device)]
        figures.save_grid(self.settings.out_dir / "real.png", to_unit_range(images), GRID_COLUMNS)
