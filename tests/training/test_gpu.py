"""Every model trains on a GPU from start to end, and on from a checkpoint: no tensor is left where the others are not.

PyTorch's "meta" device stands in for the GPU: it refuses to mix as a GPU does. It has no numbers, so that each that is
asked of it is 1.
"""

import sys

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from training import gan, session
from training.settings import Settings

aten = torch.ops.aten
META = torch.device("meta")
DIGITS = {"dataset": "digits", "batch_size": 600, "n_epochs": 1}  # two steps
CLOTHES = {"batch_size": 30_000, "n_epochs": 1}  # costs nothing where there are no numbers
POINTS = {"batch_size": 8000, "n_epochs": 1}
RUNS = {
    "flow": {"model": "flow", **POINTS},
    "gan": {"model": "gan", "animate": True, **CLOTHES},
    "wgan-gp": {"model": "gan", "loss_type": "wasserstein_gp", **DIGITS},
    "mlp": {"model": "gan", "arch": "mlp", **DIGITS},
    "cgan": {"model": "cgan", **CLOTHES},
    "compare": {"compare": ("minimax", "nonsaturating"), "arch": "shallow", **DIGITS},
    "vae": {"model": "vae", "dataset": "digits", "dim_z": 2, "n_steps": 2},
    "fgan of numbers": {"model": "fgan", "divergence": "kl", **POINTS},
    "fgan of points": {"model": "fgan", "dataset": "moons", **POINTS},
    "fgan of images": {"model": "fgan", "divergence": "kl", **DIGITS},
    "image flow": {"model": "image_flow", **DIGITS},
}


class StandIn(TorchDispatchMode):
    """Answers for the meta device where numbers are asked for."""

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if not (args and isinstance(args[0], torch.Tensor) and args[0].is_meta):
            return operation(*args, **kwargs)
        if operation is aten._to_copy.default and str(kwargs.get("device")) == "cpu":
            return torch.ones(args[0].shape, dtype=kwargs.get("dtype") or args[0].dtype)
        if operation is aten.nonzero.default:
            return torch.zeros(args[0].numel(), args[0].dim(), dtype=torch.long, device=META)
        if operation is aten._local_scalar_dense.default:
            return torch.ones((), dtype=args[0].dtype).item()
        if operation in (aten.allclose.default, aten.equal.default) and args[1].is_meta:
            return True
        return operation(*args, **kwargs)


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    monkeypatch.setattr(session, "_device", lambda name: META)
    monkeypatch.setitem(sys.modules, "triton", None)  # torch would import it for meta, and it complains at the end
    adam = sys.modules[torch.optim.Adam.__module__]
    monkeypatch.setattr(adam, "_device_dtype_check_for_fused", lambda *_, **__: None)  # which does not know meta
    with StandIn():
        yield


def train(tmp_path, **flags):
    return session._train(Settings.from_flags({"out_dir": tmp_path, **flags}))


@pytest.mark.parametrize("name", RUNS)
def test_all_tensors_of_a_run_are_on_its_device(name, tmp_path, fashion_mnist):
    train(tmp_path, **RUNS[name])
    train(tmp_path, resume=True, **RUNS[name])
    assert (tmp_path / "metrics.json").exists()


def test_a_label_that_is_left_on_the_cpu_is_refused(tmp_path, monkeypatch, fashion_mnist):
    """So these tests can fail."""

    def careless(g, d, x_real, *, device):
        fakes = g(torch.randn(len(x_real), g.dim_z, device=device))
        return (d(fakes) - d(x_real) * torch.ones(len(x_real))).mean()

    monkeypatch.setattr(gan.submission, "loss_nonsaturating_d", careless)
    with pytest.raises(RuntimeError, match="device"):
        train(tmp_path, **RUNS["gan"])
