"""Problem 1: the masked autoregressive flow learns the Moons."""

import io
import math
import sys
from contextlib import redirect_stdout
from functools import partial

import numpy as np
import torch
from tqdm import tqdm

from data import load_moons
from submission import flow_network as submission
from training import figures, quality
from training.checkpoint import random_numbers_apart
from training.cuda_graph import Graph
from training.errors import TrainingStopped, check_gradients, checked_parts, checked_scalar
from training.loop import Run
from training.optimizer import Adam, in_one_vector
from training.replay import Script, loss_and_gradient, recorded, unvalidated
from training.retreat import Retreat
from training.schedule import warm_up_and_cosine
from training.threads import by_one_or_two

# The learning rate rises, then falls to zero along a cosine, and the gradient's norm is bounded: likelihoods
# have rare, huge gradients, which undo what a rate above 1e-3 has learned. The usual norm is about 6; a bound
# far below it makes points in the tails count for too little, and the flow then fails badly on some of them.
PEAK_LEARNING_RATE = 2e-3
MAX_GRADIENT_NORM = 5.0
WEIGHT_DECAY = 1e-6
N_HIDDEN = 1
SAMPLES_EVERY = 10  # epochs
LEAST_NLL = 1.0  # nats; the data's entropy is 1.13, and 3000 points stray from it by some 0.01


def _checked_pair(name, returned, x):
    """Returns what a direction of MADE gave, if it is a point for each of x (B, n) and a log-det of shape (B,).

    Raises:
        TrainingStopped: anything else.
    """
    if isinstance(returned, tuple | list) and len(returned) == 2:
        found = [tuple(part.shape) if isinstance(part, torch.Tensor) else type(part).__name__ for part in returned]
        if found == [tuple(x.shape), (len(x),)]:
            return returned
    else:
        found = type(returned).__name__
    raise TrainingStopped(
        f"{name} must return a pair of tensors, for {len(x)} points of shapes {tuple(x.shape)} and ({len(x)},); "
        f"it returned {found}."
    )


class FlowRun(Run):
    """Trains a MAF by maximum likelihood.

    Args:
        settings: a Settings of the model "flow".
        device: the torch.device to train on.
    """

    sources = {"nll": " (log_probs in submission/flow_network.py)"}
    scheduled = True
    patience = 10  # early on, a point far out can make a batch's likelihood overflow: one seed in ten sees it
    threads = 1  # most layers are too small to share; `by_one_or_two` sees to the others

    def __init__(self, settings, device):
        self.device = device
        (maf,) = checked_parts(submission, "MAF")
        points = load_moons()
        super().__init__(settings, len(points.train))
        self.train, self.valid, self.test = (part.to(device) for part in (points.train, points.valid, points.test))
        self.flow = maf(2, settings.hidden_size, N_HIDDEN, settings.n_flows).to(device)
        trained = self._rehearse()
        self.vector = in_one_vector(trained)
        self.optimizer = Adam([self.vector], PEAK_LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, warm_up_and_cosine(self.total_steps))
        self.retreat = Retreat(self.vector, self.optimizer)
        self.parts = {"flow": self.flow, "optimizer": self.optimizer}
        self.parts |= {"schedule": self.schedule, "retreat": self.retreat}
        self.told = False
        self.plain = loss_and_gradient(self._loss, trained)
        self.loss_and_gradient = self._fastest()

    def step(self, indices):
        loss, self.vector.grad = self.loss_and_gradient(self.train[indices])
        norm = torch.nn.utils.clip_grad_norm_(self.vector, MAX_GRADIENT_NORM)
        if norm.isfinite():
            self.optimizer.step()
            self.retreat.advance()
        else:
            self.retreat.back()
        self.schedule.step()
        return {"nll": loss}

    def after_step(self, step):
        epoch, rest = divmod(step, self.steps_per_epoch)
        if rest:
            return {}
        if epoch % SAMPLES_EVERY == 0 or epoch == self.settings.n_epochs:
            path = self.settings.out_dir / f"samples_epoch{epoch}.png"
            figures.save_samples(path, self._sample(self.settings.n_samples), f"samples after epoch {epoch}")
        valid_nll = self._nll(self.valid)
        if valid_nll < LEAST_NLL and not self.told:
            self.told = True
            tqdm.write(_impossible("validation", valid_nll), file=sys.stderr)
        return {"valid_nll": valid_nll}

    def finish(self, losses, curves):
        out_dir = self.settings.out_dir
        label = "negative log-likelihood (nats)"
        figures.save_curves(out_dir / "losses.png", losses, curves, self.steps_per_epoch, label)
        log_density, fast = self._log_density_of_each()
        figures.save_density(out_dir / "density.png", self.test.cpu().numpy(), log_density, n_ticks=301 if fast else 61)
        test_nll = self._nll(self.test)
        if left_out := len(losses["nll"]) - int(np.isfinite(losses["nll"]).sum()):
            print(
                f"{left_out} of {len(losses['nll'])} steps had an infinite loss: training went back a little and on.",
                file=sys.stderr,
            )
        if test_nll < LEAST_NLL:
            print(_impossible("test", test_nll), file=sys.stderr)
        measured = {"test_nll_nats": test_nll, "valid_nll_nats": self._nll(self.valid)}
        if not self.settings.no_metrics:
            entropy = quality.moons_entropy()
            measured |= {"data_entropy_nats": entropy, "test_nll_above_entropy_nats": test_nll - entropy}
        return measured

    def _rehearse(self):
        """Calls all that the student writes on three points, so that mistakes are heard of before training.

        Returns:
            The parameters that the loss reaches.
        """
        n_points, made = 3, self.flow.nf[0]
        file = "submission/flow_network.py"
        x = self.train[:n_points]
        value = checked_scalar(f"log_probs in {file}", self.flow.log_probs(x))
        if not value.isfinite():
            raise TrainingStopped(f"log_probs in {file} is {value.item()} for {n_points} points, before any training.")
        with torch.no_grad():
            z, _ = _checked_pair(f"MADE.inverse in {file}", made.inverse(x), x)
            x_again, _ = _checked_pair(f"MADE.forward in {file}", made.forward(z), x)
        if not torch.allclose(x_again, x, atol=1e-3):
            print("MADE.forward does not undo MADE.inverse: samples will not follow the density.", file=sys.stderr)
        parameters = [parameter for parameter in self.flow.parameters() if parameter.requires_grad]
        gradients = torch.autograd.grad(self._loss(x), parameters, allow_unused=True)
        check_gradients(f"log_probs in {file}", "flow", gradients)
        return [one for one, gradient in zip(parameters, gradients, strict=True) if gradient is not None]

    def _loss(self, x):
        return checked_scalar("MAF.loss", self.flow.loss(x))

    def _fastest(self):
        """Loss and gradient in the fastest way that gives the same bits, whatever the student wrote."""
        batches = self.train[: 3 * self.settings.batch_size].split(self.settings.batch_size)
        batches = [(x,) for x in batches if len(x) == self.settings.batch_size]
        if self.device.type != "cpu":
            return recorded(self.plain, [self.flow], batches, Graph)
        return by_one_or_two(recorded(self.plain, [self.flow], batches, Script), batches)

    def _nll(self, points):
        with torch.no_grad():
            return float(self.flow.loss(points))

    def _sample(self, n):
        with random_numbers_apart(self.settings.seed, self.device):
            return self.flow.sample(self.device, n)

    def _log_density_of_each(self):
        """How to find the log density of each point by `log_probs`, which gives the mean of those that it is given.

        Returns:
            A function from points (N, 2) to log densities (N,), and whether it is a fast one: torch.func.vmap cannot
            follow every way of writing `log_probs`.
        """
        mean_of_one = torch.func.vmap(lambda x: self.flow.log_probs(x[None]))

        def one_by_one(points):
            return torch.stack([self.flow.log_probs(x[None]) for x in points])

        def log_density(points, of_each):
            # What a student prints here is of many points at once. Far from all data a deviation may underflow to 0,
            # which torch.distributions would refuse.
            with torch.no_grad(), unvalidated(), redirect_stdout(io.StringIO()):
                # In parts that stay in the processor's cache: four times as fast.
                found = torch.cat([of_each(part) for part in torch.from_numpy(points).to(self.device).split(4096)])
            # Far from all data z overflows; the density there is zero to any precision.
            return found.nan_to_num(nan=-math.inf, posinf=-math.inf).cpu().numpy()

        try:
            log_density(self.test[:2].cpu().numpy(), mean_of_one)
        except Exception:  # torch raises several kinds
            return partial(log_density, of_each=one_by_one), False
        return partial(log_density, of_each=mean_of_one), True


def _impossible(which, nll):
    told = "log_probs or a log-det is wrong. `python grader.py 1b 1c` tells more."
    return f"A {which} NLL of {nll:.3g} is impossible: {told}"
