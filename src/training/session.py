"""One run from start to end: device, data, training, figures, and a plain line for whatever goes wrong."""

import importlib
import sys
import tempfile

import torch

from data import DataError, load_images
from imports import uncollected
from training import checkpoint
from training.errors import Interrupted, TrainingStopped, explain
from training.loop import Loop, way_on
from training.memory import keep_freed_memory
from training.metrics import described, write_metrics, write_summary
from training.settings import INTERRUPTED, POINT_SETS

RUNS = {
    "flow": "training.flow:FlowRun",
    "gan": "training.gan:GanRun",
    "cgan": "training.gan:GanRun",
    "compare": "training.compare:CompareRun",
    "vae": "training.vae:VaeRun",
    "fgan": "training.fgan:fgan_run",
    "image_flow": "training.image_flow:ImageFlowRun",
}


def run(settings):
    """Does what the settings say.

    Args:
        settings: a Settings.

    Returns:
        Exit status: 0 when done, 130 when interrupted, 1 when stopped by an error that a line explains.
    """
    try:
        if settings.cache:
            _fetch(settings)
        elif settings.runs == 1:
            _train(settings)
        else:
            _train_all(settings)
        return 0
    except Interrupted as stop:
        return _report(stop, INTERRUPTED)
    except (DataError, TrainingStopped) as error:
        return _report(error, 1)
    except Exception as error:
        explanation = explain(error)
        if explanation is None:
            raise
        return _report(explanation, 1)


def _report(message, status):
    print(f"\n{message}", file=sys.stderr)
    return status


def _fetch(settings):
    if settings.dataset in (None, *POINT_SETS):
        print("Points are made when they are needed; --model gan --cache fetches Fashion-MNIST.")
    else:
        data = load_images(settings.dataset, settings.data_dir)
        print(f"{settings.dataset} is at hand: {len(data.train_images)} images from {data.source}")


def _train_all(settings):
    """Several runs, and what they measured on average."""
    measured = []
    for one in settings.each_run():
        print(f"--seed {one.seed}:")
        try:
            measured.append(_train(one))
        except Interrupted as stop:
            raise Interrupted(f"Stopped within the run of --seed {one.seed}, and saved. {way_on(settings)}") from stop
    write_summary(settings.out_dir / "runs.json", measured)


def _train(settings):
    """One run; returns what it measured."""
    device = _device(settings.device)
    _check_writable(settings.out_dir)
    checkpoint.seed_everything(settings.seed)
    keep_freed_memory()
    model_run = _model_run(settings, device)
    loop = Loop(model_run)
    torch.set_num_threads(model_run.threads or torch.get_num_threads())
    if settings.resume and loop.step == 0:
        print(f"There is no {loop.path} yet: starting from the beginning.", file=sys.stderr)
    loop.train()
    measured = model_run.finish(loop.losses, loop.curves)
    write_metrics(settings.out_dir / "metrics.json", loop, device, measured)
    for name, value in measured.items():
        print(f"{name}: {described(value)}")
    print(f"Trained {loop.step} steps in {loop.seconds:.0f} s. Pictures and metrics.json are in {settings.out_dir}/")
    return measured


def _model_run(settings, device):
    """The model's own part; each is imported only when it is asked for, since imports take seconds."""
    module, name = RUNS["compare" if settings.compare else settings.model].split(":")
    with uncollected():
        model_run = getattr(importlib.import_module(module), name)
    return model_run(settings, device)


def _device(name):
    if name == "gpu" and not torch.cuda.is_available():
        print("--device gpu: torch sees no CUDA device here, so this runs on the CPU.", file=sys.stderr)
        name = "cpu"
    elif name == "gpu":
        try:
            torch.ones(1, device="cuda").item()  # there may be one that this torch has no kernels for
        except RuntimeError as error:
            said = str(error).splitlines()[0].rstrip(".")
            print(f"--device gpu: torch cannot use this one ({said}), so this runs on the CPU.", file=sys.stderr)
            name = "cpu"
    return torch.device("cuda" if name == "gpu" else "cpu")


def _check_writable(out_dir):
    """Better now than after an hour of training."""
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out_dir):
            pass
    except OSError as error:
        raise TrainingStopped(f"--out_dir {out_dir} cannot be written to: {error.strerror or error}.") from error
