"""What stands in for the student's table is linear, also where float32 leaves nothing of its slopes."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from grading.probes.fgan import _Table
from solution import fgan

DIVERGENCE = ("total_variation", None)
DIVERGENCE_OF_ARRAYS = ("total_variation", np.nan)


def test_the_conjugate_of_a_flat_activation_is_flat():
    v = np.array([-100.0, 0.5, 100])
    module = SimpleNamespace(activation=None, conjugate=None)
    at = torch.tensor(v, dtype=torch.float32, requires_grad=True)
    with _Table(module, "conjugate_of_activation", *DIVERGENCE_OF_ARRAYS, **fgan.known("total_variation", np.nan, v)):
        value = module.conjugate(divergence=DIVERGENCE, t=module.activation(divergence=DIVERGENCE, v=at))
    right, slopes = fgan.conjugate_of_activation("total_variation", np.nan, v)
    (gradient,) = torch.autograd.grad(value.sum(), at)
    np.testing.assert_allclose(value.detach(), right, atol=1e-6)
    np.testing.assert_allclose(gradient, slopes, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "a", "end"),
    [
        ("jensen_shannon", np.nan, np.inf),
        ("squared_hellinger", np.nan, np.inf),
        ("neyman", np.nan, 2),
        ("total_variation", np.nan, 0.5),
        ("weighted_jensen_shannon", 0.3, np.inf),
        ("alpha_below_one", 0.5, np.inf),
        ("alpha_below_one", -1.0, 1),
    ],
)
def test_at_the_end_of_the_domain_the_conjugate_is_what_it_tends_to(name, a, end):
    np.testing.assert_allclose(fgan.known(name, a, np.array([100.0]))["conjugates"], [end])


def test_where_the_conjugate_is_infinite_it_is_the_students_own():
    module = SimpleNamespace(activation=None, conjugate=lambda divergence, t: 7 * t)
    v, row = np.array([-1.0, 100]), ("gan", np.nan)
    with _Table(module, "conjugate_of_activation", *row, **fgan.known(*row, v)):
        t = module.activation(("gan", None), torch.tensor(v, dtype=torch.float32))
        torch.testing.assert_close(module.conjugate(("gan", None), t), 7 * t)
        assert abs(module.conjugate(("gan", None), t[:1]).item() - 0.3132617) < 1e-6


def test_of_another_row_the_functions_are_the_students_own():
    module = SimpleNamespace(activation=lambda divergence, v: divergence)
    with _Table(module, "f_gan_loss_g", *DIVERGENCE_OF_ARRAYS, **fgan.known("total_variation", np.nan, np.zeros(1))):
        assert isinstance(module.activation(DIVERGENCE, torch.zeros(1)), torch.Tensor)
        for other in (("kl", None), ("total_variation", 0.5), "total_variation"):
            assert module.activation(other, torch.zeros(1)) == other


def test_elsewhere_the_functions_are_the_students_own():
    module = SimpleNamespace(activation=lambda divergence, v: 5 * v)
    with _Table(module, "f_gan_loss_g", *DIVERGENCE_OF_ARRAYS, **fgan.known("total_variation", np.nan, np.ones(1))):
        assert module.activation(DIVERGENCE, torch.ones(1)) < 1
        assert module.activation(DIVERGENCE, -torch.ones(1)) == -5
        for at, slope in (
            (-torch.ones(3), 5.0),
            (torch.ones(3), float(fgan.activation(*DIVERGENCE_OF_ARRAYS, 1.0)[1])),
        ):
            slopes = torch.func.vmap(torch.func.grad(lambda v: module.activation(DIVERGENCE, v)))(at)
            torch.testing.assert_close(slopes, torch.full((3,), slope))
