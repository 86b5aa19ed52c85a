"""What the network of a coupling was given is told where it was called once, with all images."""

from types import SimpleNamespace

import numpy as np
import pytest
from torch import nn

from grading.probes.image_flow import coupling

X = np.array([[1.0, 2, 3, -1], [4, 5, 6, 7]]).reshape(2, 1, 2, 2)
MASK = np.array([[1.0, 0], [0, 1]]).reshape(1, 1, 2, 2)


@pytest.fixture(autouse=True)
def on_one_device(monkeypatch):
    """These modules have no file that could be loaded again for another device."""
    monkeypatch.setattr("grading.probes.image_flow.watched_elsewhere", lambda *_: None)


def called(*inputs):
    """What the probe tells of a coupling that calls its network with what functions make of (mask, z)."""

    class AffineCoupling(nn.Module):
        def __init__(self, mask, net):
            super().__init__()
            self.net = net
            self.register_buffer("mask", mask)

        def forward(self, z):
            for make in inputs:
                log_scale, _ = self.net(make(self.mask, z))
            return z + log_scale.sum(), z.sum(dim=(1, 2, 3)) + log_scale.sum()

    case = {
        "weight": np.ones((8, 4)),
        "bias": np.zeros(8),
        "x": X,
        "pull": np.ones(X.shape),
        "pull_log_det": np.ones(2),
    }
    return coupling(SimpleNamespace(AffineCoupling=AffineCoupling), "forward", MASK, **case)


@pytest.mark.parametrize(
    ("make", "given"), [(lambda mask, z: mask * z, MASK * X), (lambda mask, z: z, X)], ids=["what stays", "all"]
)
def test_what_the_network_was_given_is_told(make, given):
    np.testing.assert_array_equal(called(make)["net_given"], given)


def test_of_several_calls_nothing_is_told():
    assert "net_given" not in called(lambda mask, z: z, lambda mask, z: mask * z)
    assert "net_given" not in called(lambda mask, z: (mask * z)[:1])
