"""The table of problem 8 is what its definitions say, row by row, by numbers: suprema, quadrature, derivatives."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.special import wrightomega
from tests.quadrature import integral, normal

from submission import fgan, gan
from submission.fgan import NAMES, Divergence

pytestmark = pytest.mark.usefixtures("float64")

PARAMETERS = {"weighted_jensen_shannon": (0.3, 0.5, 0.8), "alpha_below_one": (-1.5, 0.5), "alpha_above_one": (1.5, 2.0)}
ROWS = [Divergence(name, a) for name in NAMES for a in PARAMETERS.get(name, (None,))]
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name}-{row.a}" if row.a else row.name)

RATIOS = torch.logspace(-9, 9, 40_001)
X = np.linspace(-8, 8, 4001)
# Two Gaussians between which all of the divergences are finite.
P, Q = normal(0.0, 1.0, X), normal(0.3, 1.1, X)


def slope(row, u):
    """f'(u)."""
    u = u.clone().requires_grad_()
    return torch.autograd.grad(fgan.f(row, u).sum(), u)[0]


def inner_slopes(row):
    """Numbers t at which the supremum is well inside the grid of ratios."""
    if row.name == "total_variation":
        return torch.linspace(-0.49, 0.49, 9)
    return slope(row, torch.linspace(0.05, 4, 9))


@every_row
def test_f_is_convex_and_zero_at_one(row):
    u = torch.linspace(0.01, 6, 500)
    f = fgan.f(row, u)
    assert (f[2:] - 2 * f[1:-1] + f[:-2] > -1e-12).all()
    at_one = fgan.f(row, torch.ones(()))
    assert abs(at_one - (-math.log(4) if row.name == "gan" else 0)) < 1e-12


@every_row
def test_the_conjugate_is_the_supremum(row):
    t = inner_slopes(row)
    supremum = (t[:, None] * RATIOS - fgan.f(row, RATIOS)).max(dim=1).values
    torch.testing.assert_close(fgan.conjugate(row, t), supremum, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("row", [Divergence("pearson"), Divergence("alpha_above_one", 1.5)], ids=str)
def test_below_every_slope_the_supremum_is_at_zero(row):
    t = torch.tensor([-3.0, -50.0])
    supremum = (t[:, None] * RATIOS - fgan.f(row, RATIOS)).max(dim=1).values
    torch.testing.assert_close(fgan.conjugate(row, t), supremum, atol=1e-6, rtol=1e-6)


@every_row
def test_the_conjugate_of_the_conjugate_is_f(row):
    lower, upper = fgan.domain(row)
    t = torch.cat([slope(row, torch.logspace(-3, 2, 5_001)), torch.linspace(-0.5, 0.5, 3)])
    t = t[(t >= max(lower, -1e9)) & (t < upper)] if row.name != "total_variation" else torch.linspace(-0.5, 0.5, 3)
    u = torch.tensor([0.02, 0.3, 1.0, 2.5, 20.0])
    supremum = (t * u[:, None] - fgan.conjugate(row, t)).max(dim=1).values
    torch.testing.assert_close(supremum, fgan.f(row, u), atol=1e-6, rtol=1e-5)


@every_row
def test_the_activation_rises_from_one_end_of_the_domain_to_the_other(row):
    v = torch.linspace(-30, 30, 601)
    t = fgan.activation(row, v)
    lower, upper = fgan.domain(row)
    assert (t.diff() >= 0).all() and (t.diff()[200:400] > 0).all()
    assert lower <= t.min() and t.max() <= upper
    assert abs(t[0] - lower) < 1e-9 if math.isfinite(lower) else t[0] < -25
    assert abs(t[-1] - upper) < 1e-9 if math.isfinite(upper) else t[-1] > 25


@every_row
def test_the_slope_at_one_is_the_derivative(row):
    expected = 0.0 if row.name == "total_variation" else slope(row, torch.ones(())).item()
    assert abs(float(fgan.slope_at_one(row)) - expected) < 1e-12


@every_row
def test_the_two_in_one_formula_are_one_after_the_other(row):
    v = torch.linspace(-6, 6, 41, requires_grad=True)
    both, apart = fgan.conjugate_of_activation(row, v), fgan.conjugate(row, fgan.activation(row, v))
    torch.testing.assert_close(both, apart, rtol=1e-9, atol=1e-9)
    gradients = [torch.autograd.grad(values.sum(), v)[0] for values in (both, apart)]
    torch.testing.assert_close(*gradients, rtol=1e-7, atol=1e-9)


@every_row
def test_the_bound_is_the_divergence_at_the_best_t_and_less_at_others(row):
    """D_f of two Gaussians by quadrature, beside E_p[T] - E_q[f*(T)] at T = f'(p / q)."""
    ratio = torch.from_numpy(P / Q)
    divergence = integral(Q * fgan.f(row, ratio).numpy(), X)
    best = slope(row, ratio) if row.name != "total_variation" else (ratio - 1).sign() / 2

    def bound(t):
        return integral(P * t.numpy() - Q * fgan.conjugate(row, t).numpy(), X)

    assert abs(bound(best) - divergence) < 1e-6
    at_one = torch.full_like(best, float(fgan.slope_at_one(row)))
    for share in (0.0, 0.5, 0.9):  # within the domain, which is convex
        assert bound(share * best + (1 - share) * at_one) < divergence - 1e-7


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kl", lambda: integral(P * np.log(P / Q), X)),
        ("reverse_kl", lambda: integral(Q * np.log(Q / P), X)),
        ("jeffrey", lambda: integral((P - Q) * np.log(P / Q), X)),
        ("total_variation", lambda: integral(abs(P - Q), X) / 2),
        ("pearson", lambda: integral((P - Q) ** 2 / Q, X)),
        ("neyman", lambda: integral((P - Q) ** 2 / P, X)),
        ("squared_hellinger", lambda: integral((np.sqrt(P) - np.sqrt(Q)) ** 2, X)),
    ],
)
def test_the_rows_are_the_divergences_of_their_names(name, expected):
    assert abs(integral(Q * fgan.f(Divergence(name), torch.from_numpy(P / Q)).numpy(), X) - expected()) < 1e-9


def test_the_rows_that_are_related_are_so():
    """Twice Jensen-Shannon is GAN's row and log 4; weighted by 1/2, half of it; alpha = 2 is half of Pearson's."""
    u = torch.linspace(0.1, 5, 50)
    f = {row: fgan.f(row, u) for row in ROWS}
    js = f[Divergence("jensen_shannon")]
    torch.testing.assert_close(f[Divergence("gan")] + math.log(4), js + (1 - u) * math.log(2))  # E_q[1 - p / q] = 0
    torch.testing.assert_close(f[Divergence("weighted_jensen_shannon", 0.5)], js / 2)
    torch.testing.assert_close(f[Divergence("alpha_above_one", 2.0)], f[Divergence("pearson")] / 2)


def test_wright_omega_is_scipys():
    s = torch.linspace(-60, 2000, 999, requires_grad=True)
    w = fgan.wright_omega(s)
    expected = wrightomega(s.detach().numpy())
    np.testing.assert_allclose(w.detach().numpy(), expected, rtol=1e-12)
    (gradient,) = torch.autograd.grad(w.sum(), s)
    np.testing.assert_allclose(gradient.numpy(), expected / (1 + expected), rtol=1e-9)


@pytest.mark.parametrize("name", ["gan", "jensen_shannon", "total_variation", "pearson", "reverse_kl"])
def test_values_far_out_are_finite_with_their_gradients(name):
    torch.set_default_dtype(torch.float32)
    v = torch.tensor([-60.0, 60.0, 100.0], requires_grad=True)
    for function in (fgan.activation, fgan.conjugate_of_activation):
        values = function(Divergence(name), v)
        assert values.isfinite().all() and torch.autograd.grad(values.sum(), v)[0].isfinite().all()


@pytest.mark.parametrize(("a", "most"), [(0.1, 120), (0.3, 120), (0.5, 80), (-1.5, 120)])
def test_values_far_out_are_those_of_double_precision(a, most):
    """On paper and in double precision: (1 - pi) log((1 - pi) / (1 - sigma(v)^(1/pi))), and likewise for alpha."""
    v = torch.linspace(-120, most, 241, dtype=torch.float32, requires_grad=True)
    exact = v.detach().double().requires_grad_()
    lost = F.softplus(-exact)
    right = {"alpha_below_one": (((1 - a) * lost) ** (a / (a - 1)) - 1) / a}
    if a > 0:
        right["weighted_jensen_shannon"] = (1 - a) * (math.log(1 - a) - (-torch.expm1(-lost / a)).log())
    for name, expected in right.items():
        values = fgan.conjugate_of_activation(Divergence(name, a), v)
        torch.testing.assert_close(values.double(), expected, rtol=1e-4, atol=1e-6)
        (gradient,), (slopes,) = (
            torch.autograd.grad(of.sum(), at, retain_graph=True) for of, at in ((values, v), (expected, exact))
        )
        torch.testing.assert_close(gradient.double(), slopes, rtol=1e-4, atol=1e-6)


class Noise(torch.nn.Module):
    dim_z = 2

    def forward(self, z):
        return z + 0.5


def test_the_losses_of_the_gan_row_are_those_of_problem_2():
    """Minus the bound is the loss of the discriminator, and the part of the generator its minimax loss."""
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(1))
    d = lambda x: x.sum(dim=1)  # noqa: E731
    losses = {}
    for function in (fgan.f_gan_loss_d, fgan.f_gan_loss_g):
        torch.manual_seed(0)
        losses[function.__name__] = function(Divergence("gan"), Noise(), d, x, device="cpu")
    torch.manual_seed(0)
    torch.testing.assert_close(losses["f_gan_loss_d"], gan.loss_nonsaturating_d(Noise(), d, x, device="cpu"))
    torch.manual_seed(0)
    h = d(Noise()(torch.randn(50, 2)))
    torch.testing.assert_close(losses["f_gan_loss_g"], torch.log(1 - torch.sigmoid(h)).mean())


@every_row
def test_the_losses_are_the_two_sides_of_the_bound(row):
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(1))
    g = Noise()
    scale = torch.ones((), requires_grad=True)
    d = lambda x: scale * x.sum(dim=1) / 2  # noqa: E731
    torch.manual_seed(0)
    v_fake = d(g(torch.randn(50, 2)))
    bound = fgan.activation(row, d(x)).mean() - fgan.conjugate(row, fgan.activation(row, v_fake)).mean()
    torch.manual_seed(0)
    loss = fgan.f_gan_loss_d(row, g, d, x, device="cpu")
    torch.testing.assert_close(loss, -bound)
    torch.manual_seed(0)
    part = fgan.f_gan_loss_g(row, g, d, x, device="cpu")
    torch.testing.assert_close(part, bound - fgan.activation(row, d(x)).mean())
