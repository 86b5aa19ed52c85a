"""metrics.json: what a run measured, and under which conditions; runs.json: several runs together."""

import json
import math
import platform
from dataclasses import asdict

import numpy as np
import torch

from training.files import written_beside
from training.loop import mean_of_last


def write_metrics(path, loop, device, measured):
    """Writes the figures of a finished run.

    Args:
        path: JSON file to write.
        loop: the Loop that trained it.
        device: the torch.device it ran on.
        measured: dict of figures of the model's own, as `Run.finish` gives them.
    """
    settings = {
        name: value
        for name, value in asdict(loop.settings).items()
        if value is not None and name not in ("resume", "cache")
    }
    metrics = {
        **_json_value(measured),
        "final_losses": {name: mean_of_last(values) for name, values in loop.losses.items()},  # of 100 steps
        "steps": loop.step,
        "seconds": round(loop.seconds, 3),
        "seed": loop.settings.seed,
        "settings": settings,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
    }
    with written_beside(path) as file:
        file.write(json.dumps(metrics, indent=2, default=str).encode() + b"\n")


def write_summary(path, measured):
    """Writes and prints mean and standard error of the figures of several runs.

    Args:
        path: JSON file to write.
        measured: for each run, as `Run.finish` gives them; two or more.
    """
    summary = {}
    rows = [dict(_numbers(one)) for one in measured]
    for name in rows[0]:
        values = [one[name] for one in rows]
        with np.errstate(invalid="ignore"):  # of what is infinite
            mean, error = np.mean(values), np.std(values, ddof=1) / math.sqrt(len(values))
        summary[name] = {
            "mean": _json_value(float(mean)),
            "standard_error": _json_value(float(error)),
            "n": len(values),
        }
        print(f"{name}: {mean:.4f} +- {error:.4f} (mean and standard error of {len(values)} runs)")
    with written_beside(path) as file:
        file.write(json.dumps(summary, indent=2).encode() + b"\n")


def described(value):
    """A figure in words; several as NAME VALUE."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {described(one)}" for name, one in value.items())
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _numbers(measured, before=""):
    """(name, number) of all figures, those in groups too."""
    for name, value in measured.items():
        if isinstance(value, dict):
            yield from _numbers(value, f"{before}{name}_")
        elif isinstance(value, float):
            yield f"{before}{name}", value


def _json_value(value):
    """JSON knows no infinity."""
    if isinstance(value, dict):
        return {name: _json_value(one) for name, one in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
