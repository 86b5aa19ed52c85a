"""Problem 6: a variational autoencoder learns images whose pixels are drawn anew as zeros and ones."""

import sys

import torch
from torch import nn

from data import load_images
from network import Autoencoder
from submission import vae as submission
from training import figures
from training.checkpoint import random_numbers_apart
from training.errors import TrainingStopped, check_gradients, checked_parts, checked_scalar
from training.loop import Run
from training.optimizer import Adam
from training.settings import SAMPLE_COLUMNS

LEARNING_RATE = 1e-3
ARCHITECTURES = {"mlp": ((300, 300), nn.ELU), "shallow": ((512,), nn.ReLU)}
TEST_STREAM = 0  # every run is measured on the same test images, with the same noise
TEST_BATCH = 500
K = 50  # samples of the importance-weighted bound on the test set
FILE = "submission/vae.py"
COLUMNS = SAMPLE_COLUMNS["vae"]
REACH = 3  # standard deviations of the prior that a traversal goes to either side


class VaeRun(Run):
    """Trains encoder and decoder by the negative ELBO.

    Args:
        settings: a Settings of the model "vae".
        device: the torch.device to train on.
    """

    sources = {name: f" (negative_elbo_bound in {FILE})" for name in ("nelbo", "kl", "rec")}
    not_negative = dict.fromkeys(sources, "6")

    def __init__(self, settings, device):
        self.device = device
        checked_parts(submission, "negative_elbo_bound")
        data = load_images(settings.dataset, settings.data_dir)
        super().__init__(settings, len(data.train_images))
        self.data_source, self.shape = data.source, data.train_images.shape[1:]
        self.images = data.train_images.flatten(1).to(device)
        stream = torch.Generator().manual_seed(TEST_STREAM)
        self.test = torch.bernoulli(_probabilities(data.test_images.flatten(1)), generator=stream).to(device)

        hidden, activation = ARCHITECTURES[settings.arch]
        self.model = Autoencoder(self.images.shape[1], settings.dim_z, hidden, activation).to(device)
        optimizer = Adam(self.model.parameters(), LEARNING_RATE)
        self.parts = {"autoencoder": self.model, "optimizer": optimizer}
        with random_numbers_apart(settings.seed, device):
            self._bound(self.test[:3])  # mistakes are heard of before training

    def step(self, indices):
        x = torch.bernoulli(_probabilities(self.images[indices]))
        nelbo, kl, rec = self._bound(x)
        optimizer = self.parts["optimizer"]
        optimizer.zero_grad()
        nelbo.backward()
        check_gradients(f"negative_elbo_bound in {FILE}", "autoencoder", [one.grad for one in self.model.parameters()])
        optimizer.step()
        return {"nelbo": nelbo.detach(), "kl": kl.detach(), "rec": rec.detach()}

    def after_step(self, step):
        return {} if step % self.steps_per_epoch else {"test_nelbo": self._measure(submission.negative_elbo_bound)[0]}

    def finish(self, losses, curves):
        nelbo, kl, rec = self._measure(submission.negative_elbo_bound)
        measured = {"test_nelbo_nats": nelbo, "test_kl_nats": kl, "test_rec_nats": rec}
        try:
            if not hasattr(submission, "negative_iwae_bound"):
                raise NotImplementedError
            bound = self._measure(lambda model, x: [submission.negative_iwae_bound(model, x, K)])
            (measured["test_iwae_nats"],) = bound
        except NotImplementedError:
            print(f"negative_iwae_bound in {FILE} is not written yet: its figure is left out.", file=sys.stderr)
        self._draw()
        label, shown = "negative ELBO (nats)", {"nelbo": losses["nelbo"]}
        figures.save_curves(self.settings.out_dir / "losses.png", shown, curves, self.steps_per_epoch, label)
        return {**measured, "data": self.data_source, "n_test_images": len(self.test)}

    def _bound(self, x):
        """Returns what negative_elbo_bound gave.

        Raises:
            TrainingStopped: not three 0-d tensors, the first with a gradient.
        """
        returned = submission.negative_elbo_bound(self.model, x)
        if not isinstance(returned, (tuple, list)) or len(returned) != 3:
            found = type(returned).__name__
            raise TrainingStopped(
                f"negative_elbo_bound in {FILE} must return nelbo, kl and rec; it returned a {found}."
            )
        for name, part in zip(("kl", "rec"), returned[1:], strict=True):
            if not isinstance(part, torch.Tensor) or part.dim():
                raise TrainingStopped(f"{name} of negative_elbo_bound in {FILE} must be a 0-d tensor.")
        return checked_scalar(f"negative_elbo_bound in {FILE}", returned[0]), *returned[1:]

    def _measure(self, bound):
        """Means of a bound's numbers over the test set."""
        total = 0
        with random_numbers_apart(TEST_STREAM, self.device), torch.no_grad():
            for x in self.test.split(TEST_BATCH):
                total = total + len(x) * torch.stack(list(bound(self.model, x))).double()
        return (total / len(self.test)).tolist()

    def _draw(self):
        settings, normal = self.settings, torch.distributions.Normal(0, 1)
        stream = torch.Generator().manual_seed(settings.seed)
        prior = torch.randn(settings.n_samples, settings.dim_z, generator=stream)
        samples = self._decoded(prior)
        self._grid("samples.png", samples, COLUMNS)
        self._grid("samples_binary.png", torch.bernoulli(samples, generator=stream), COLUMNS)

        shown = self.test[: 3 * COLUMNS]
        with torch.no_grad():
            means, _ = self.model.encode(shown)
        rows = torch.stack(
            [part.cpu().reshape(-1, COLUMNS, shown.shape[1]) for part in (shown, self._decoded(means))], 1
        )
        self._grid("reconstructions.png", rows.flatten(0, 2), COLUMNS)

        ticks = torch.linspace(-REACH, REACH, 11)
        moved = means[0].cpu().repeat(settings.dim_z, len(ticks), 1)
        moved.diagonal(dim1=0, dim2=2).copy_(ticks[:, None].expand(-1, settings.dim_z))
        self._grid("traversal.png", self._decoded(moved.flatten(0, 1)), len(ticks))
        if settings.dim_z == 2:
            quantiles = normal.icdf((torch.arange(COLUMNS) + 0.5) / COLUMNS)
            plane = torch.cartesian_prod(quantiles.flip(0), quantiles).flip(1)
            self._grid("manifold.png", self._decoded(plane), COLUMNS)

    def _decoded(self, z):
        """The probabilities of the pixels, (N, n_pixels), on the CPU."""
        with torch.no_grad():
            return self.model.decode(z.to(self.device)).sigmoid().cpu()

    def _grid(self, name, pixels, columns):
        figures.save_grid(self.settings.out_dir / name, 2 * pixels.reshape(-1, *self.shape) - 1, columns)


def _probabilities(images):
    """Of uint8 images: that a pixel is 1."""
    return images.float() / 255
