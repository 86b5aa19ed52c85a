"""The training loop that every model shares: order of the data, progress, checkpoints, and ways to stop."""

import os
import shlex
import shutil
import signal
import sys
import time
from contextlib import contextmanager, suppress

import numpy as np
import torch
from tqdm import tqdm

from training import checkpoint
from training.errors import Interrupted, TrainingStopped

ROUNDING = 1e-3  # that a loss may be below zero by
LOOK_EVERY = 25  # steps between two looks at the losses; each look waits for a GPU


class Run:
    """What a model brings to the loop; one subclass a kind of model.

    Attributes:
        parts: dict of name -> network, optimiser or the like, with `state_dict` and `load_state_dict`;
            everything that training changes.
        sources: dict of loss name -> where it comes from, for messages.
        not_negative: dict of loss name -> the questions whose tests tell more, of losses that are never below zero.
        patience: how many steps in a row may have a loss that is not finite, since `step` leaves them out.
        device: the torch.device that it works on.
        threads: how many CPU threads serve it best; None for as many as there are cores.
        scheduled: whether a step depends on how many there will be, so that none can be added in the end.

    Args:
        settings: a Settings.
        n_examples: size of the training set; an epoch drops its last, partial batch.

    Raises:
        TrainingStopped: more examples in a batch than there are.
    """

    parts = {}
    sources = {}
    not_negative = {}
    patience = 0
    device = torch.device("cpu")
    threads = None
    scheduled = False

    def __init__(self, settings, n_examples):
        self.settings = settings
        self.n_examples = n_examples
        self.steps_per_epoch = n_examples // settings.batch_size
        self.total_steps = settings.n_steps or self.steps_per_epoch * settings.n_epochs
        if self.steps_per_epoch == 0:
            raise TrainingStopped(
                f"--batch_size {settings.batch_size} is more than the {n_examples} training examples."
            )

    def step(self, indices):
        """One step of training on examples, a tensor of indices on the device; returns {loss name: 0-d tensor}."""
        raise NotImplementedError

    def after_step(self, step):
        """Called with the number of steps done; draws what is due, returns {curve name: value} to be recorded.

        It must draw no random number from the global streams: results do not depend on what is drawn.
        """
        raise NotImplementedError

    def finish(self, losses, curves):
        """Called when training is complete; draws the last pictures and returns the measured figures.

        Args:
            losses: dict of loss name -> its values, one a step.
            curves: dict of curve name -> its values, as `after_step` gave them.
        """
        raise NotImplementedError


class Loop:
    """Trains a run from its start, or from where its checkpoint left it.

    Args:
        run: a Run.

    Raises:
        TrainingStopped: settings at odds with the checkpoint, or a checkpoint that cannot be read.
    """

    def __init__(self, run):
        self.run, self.settings = run, run.settings
        self.path = self.settings.out_dir / "checkpoint.pt"
        self.step = 0
        self.saved_step = None
        self.seconds = 0.0
        self.losses = {}  # name -> values, one a step
        self.curves = {}  # name -> values, as `after_step` gives them
        self.unseen = []  # losses of the steps since the last look, still on their device
        self.not_finite = 0  # steps in a row, up to the last look
        self.told = False  # that a loss is impossible
        if self.settings.resume and self.path.exists():
            self._load()

    def train(self):
        """Trains to the end.

        Raises:
            Interrupted: Ctrl-C or SIGTERM came; the run is saved.
            TrainingStopped: a loss or a parameter is not finite; the last good checkpoint is kept.
        """
        started = saved = time.monotonic()
        seconds_before = self.seconds
        epoch, order = None, None
        n_epochs = -(-self.run.total_steps // self.run.steps_per_epoch)
        with _stop_signals() as stop, self._progress_bar() as bar:
            while self.step < self.run.total_steps:
                if epoch != self.step // self.run.steps_per_epoch:
                    epoch = self.step // self.run.steps_per_epoch
                    order = self._order(epoch)
                    bar.set_description(f"epoch {epoch + 1}/{n_epochs}")
                first = self.step % self.run.steps_per_epoch * self.settings.batch_size
                self.unseen.append(self.run.step(order[first : first + self.settings.batch_size]))
                self.step += 1
                epoch_done = self.step % self.run.steps_per_epoch == 0
                if self.step % LOOK_EVERY == 0 or epoch_done:
                    self._look(bar)
                for name, value in self.run.after_step(self.step).items():
                    self.curves.setdefault(name, []).append(value)
                now = time.monotonic()
                self.seconds = seconds_before + now - started
                stopping, finished = stop.requested, self.step == self.run.total_steps
                if stopping or finished or now - saved >= self.settings.save_every:
                    self._look(bar)
                    self._save()
                    saved = time.monotonic()
                if stopping and not finished:
                    done = f"Stopped after step {self.step} of {self.run.total_steps}, and saved."
                    raise Interrupted(f"{done} {way_on(self.settings)}")

    def _order(self, epoch):
        """The order of the examples in an epoch, a function of seed and epoch alone."""
        order = np.random.default_rng([self.settings.seed, epoch]).permutation(self.run.n_examples)
        return torch.from_numpy(order).to(self.run.device)  # all at once: for each batch, a GPU would be waited for

    def _look(self, bar):
        """Takes in the losses since the last look, and stops if one is not finite."""
        if not self.unseen:
            return
        names = list(self.unseen[0])
        rows = torch.stack([torch.stack([losses[name] for name in names]) for losses in self.unseen])
        rows = rows.detach().double().cpu()
        for row, finite in enumerate(rows.isfinite().tolist()):
            self.not_finite = 0 if all(finite) else self.not_finite + 1
            if self.not_finite > self.run.patience:
                column, step = finite.index(False), self.step - len(rows) + row + 1
                source = self.run.sources.get(names[column], "")
                self._stop_not_finite(f"The loss {names[column]}{source} is {rows[row, column].item()} at step {step}")
        for name, values in zip(names, rows.T.tolist(), strict=True):
            self.losses.setdefault(name, []).extend(values)
            if name in self.run.not_negative and min(values) < -ROUNDING and not self.told:
                self.told = True
                where = f"{name} of {min(values):.3g} is impossible{self.run.sources.get(name, '')}"
                more = f"`python grader.py {self.run.not_negative[name]}` tells more."
                tqdm.write(f"A {where}: it is never below zero. {more}", file=sys.stderr)
        self.unseen = []
        bar.n = self.step
        bar.set_postfix({name: f"{mean_of_last(self.losses[name]):.3f}" for name in names}, refresh=False)
        bar.update(0)

    def _save(self):
        parts = {name: part.state_dict() for name, part in self.run.parts.items()}
        for name, part in parts.items():
            if not all(tensor.isfinite().all() for tensor in _tensors(part)):
                self._stop_not_finite(f"The state of the {name} is not finite after step {self.step}")
        state = {
            "settings": self.settings.shaping(),
            "step": self.step,
            "seconds": self.seconds,
            "losses": {name: torch.tensor(values, dtype=torch.float64) for name, values in self.losses.items()},
            "curves": self.curves,
            "parts": parts,
        }
        if self.saved_step is None:
            self._keep_former_run()
        checkpoint.save(self.path, state)
        self.saved_step = self.step

    def _keep_former_run(self):
        """Moves aside what a former run left here, so that it is neither lost nor taken for this one's."""
        for name in ("metrics.json", self.path.name):  # killed in between, the checkpoint is still in its place
            former = self.path.with_name(name)
            if former.exists():
                former.replace(former.with_name(f"previous-{name}"))
                tqdm.write(f"{former} of a former run is now previous-{name}.", file=sys.stderr)

    def _load(self):
        state = checkpoint.load(self.path)
        for name, value in self.settings.shaping().items():
            former = state["settings"].get(name)
            goes_further = name in ("n_epochs", "n_steps") and not self.run.scheduled
            if former != value and not (goes_further and self.run.total_steps >= state["step"]):
                raise TrainingStopped(
                    f"{self.path} was trained with {_flag(name, former)}, not with {_flag(name, value)}: "
                    "resume with the former, or name another --out_dir."
                )
        try:
            for name, part in self.run.parts.items():
                part.load_state_dict(state["parts"][name])
        except (KeyError, RuntimeError, ValueError) as error:
            raise TrainingStopped(
                f"{self.path} does not fit the present code ({str(error).splitlines()[0]}): "
                "start anew without --resume."
            ) from error
        self.step = self.saved_step = state["step"]
        self.seconds = state["seconds"]
        self.losses = {name: values.tolist() for name, values in state["losses"].items()}
        self.curves = state["curves"]
        checkpoint.set_random_states(state["random"])

    def _stop_not_finite(self, what):
        epoch = (self.step - 1) // self.run.steps_per_epoch + 1
        kept = "Nothing was saved before it."
        if self.saved_step is not None:
            kept = (
                f"{self.path} holds step {self.saved_step}, the last good one: "
                "once the cause is mended, --resume goes on from it."
            )
        raise TrainingStopped(f"{what} (epoch {epoch}): training stops. {kept}")

    def _progress_bar(self):
        at_terminal = sys.stderr.isatty()
        return tqdm(
            total=self.run.total_steps,
            initial=self.step,
            unit="step",
            dynamic_ncols=True,
            mininterval=0.2 if at_terminal else 10,
        )


def way_on(settings):
    """Says how to go on with what these settings began: from where its user stands, which for make is not here."""
    if target := os.environ.get("STARTED_BY"):
        return f"To go on:\n  {target} ARGS={shlex.quote(f'{settings.command()} --resume')}"
    return f"To go on:\n  {_python()} {shlex.quote(sys.argv[0])} {settings.command()} --resume"


def _flag(name, value):
    """A setting as on the command line."""
    if value is None or value is False:
        return f"no --{name}"
    return f"--{name} {','.join(value) if isinstance(value, tuple) else value}"


def mean_of_last(values, n=100):
    """Mean of the last n values of a curve, of those that are finite."""
    last = np.asarray(values[-n:])
    return float(last[np.isfinite(last)].mean()) if np.isfinite(last).any() else float(last[-1])


def _tensors(state):
    """All tensors in a state dict, however deep."""
    if isinstance(state, torch.Tensor):
        yield state
    elif isinstance(state, dict | list | tuple):
        for part in state.values() if isinstance(state, dict) else state:
            yield from _tensors(part)


def _python():
    """How to call this Python from here: by its short name where that would find it."""
    if shutil.which("python") == sys.executable:
        return "python"
    paths = [sys.executable]
    with suppress(ValueError):  # on another drive
        paths.append(os.path.relpath(sys.executable))
    return shlex.quote(min(paths, key=len))


class _Stop:
    requested = False


@contextmanager
def _stop_signals():
    """Turns the first Ctrl-C or SIGTERM into a request to stop after the step; a second one acts at once."""
    stop = _Stop()

    def request(number, frame):
        stop.requested = True
        for name, handler in former.items():
            signal.signal(name, handler)

    former = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    former = {name: handler for name, handler in former.items() if handler is not signal.SIG_IGN}
    for name in former:
        signal.signal(name, request)
    try:
        yield stop
    finally:
        for name, handler in former.items():
            signal.signal(name, handler)
