"""What the answer key displays for problems 2 to 5 is true, by symbolic algebra, by quadrature, or on a small network.

`covers` names the display that a test checks; none is without a test.
"""

import numpy as np
import pytest
import sympy as sp
import torch
import torch.nn.functional as F
from numpy.testing import assert_allclose
from scipy.optimize import linprog, minimize
from scipy.stats import multivariate_normal, wasserstein_distance
from tests import derivations
from tests.derivations import covers
from tests.quadrature import X, integral, js, kl, normal

from network import Discriminator, Generator


def mixture(*means):
    return sum(normal(mean) for mean in means) / len(means)


def discriminator_loss(data, model, d):
    return integral(-data * np.log(d) - model * np.log1p(-d))


PAIRS = [
    pytest.param(normal(), normal(1.5, 0.7), id="Gaussians"),
    pytest.param(mixture(-2, 2), normal(0.3, 1.6), id="mixture and Gaussian"),
    pytest.param(normal(0.3, 1.6), mixture(-2, 1, 2.5), id="Gaussian and mixture"),
]


# --- the key and its tests ---------------------------------------------------------------------------------------


def test_every_display_of_the_key_has_a_test_that_knows_what_it_says():
    displays = derivations.displays(derivations.KEY.read_text())
    claims = derivations.claims()
    assert sorted(set(displays) - {tag for tag, _, _ in claims}) == [], "displays without a test"
    assert sorted({tag for tag, _, _ in claims} - set(displays)) == [], "tests of displays that are not there"
    for tag, fingerprint, test in claims:
        assert displays[tag] == fingerprint, (
            f"({tag}) has changed: see that {test} still checks what it says, then put {displays[tag]} there"
        )


def test_the_key_displays_nothing_without_a_tag():
    assert derivations.untagged(derivations.KEY.read_text()) == []


def test_a_change_of_sign_in_the_key_is_noticed_and_a_change_of_spacing_is_not():
    text = derivations.KEY.read_text()
    before = derivations.displays(text)
    assert (
        derivations.displays(text.replace(r"= -\E_{\vz}\left[\sigma(h)", r"= \E_{\vz}\left[\sigma(h)"))["2a.1"]
        != before["2a.1"]
    )
    assert derivations.displays(text.replace(r"\qquad ", "\n\\quad  ")) == before
    assert derivations.untagged(text.replace(r"\begin{result}{5a.1}", r"\begin{align*}", 1)) == [r"\begin{align*}"]


# --- 2a ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def game():
    """A generator and a discriminator, those that students train, and noise; float64."""
    torch.manual_seed(0)
    generator, discriminator = Generator(8).double(), Discriminator().double()
    return generator, discriminator, torch.randn(6, 8, dtype=torch.float64)


def gradient(of, generator, **options):
    return torch.cat([part.flatten() for part in torch.autograd.grad(of, generator.parameters(), **options)])


@covers("2a.1", "415cdfba")
@covers("2a.3", "61222e8b")
@pytest.mark.parametrize("shift", [0.0, -3.0])
def test_the_gradients_weigh_each_sample_by_sigma_or_by_one_minus_sigma(game, shift):
    generator, discriminator, z = game
    h = discriminator(generator(z)) + shift
    weight = torch.sigmoid(h).detach()
    minimax = gradient(torch.log1p(-torch.sigmoid(h)).mean(), generator, retain_graph=True)
    assert_allclose(minimax, -gradient((weight * h).mean(), generator, retain_graph=True), rtol=1e-6, atol=1e-12)
    other = gradient(-F.logsigmoid(h).mean(), generator, retain_graph=True)
    assert_allclose(other, -gradient(((1 - weight) * h).mean(), generator), rtol=1e-6, atol=1e-12)


@covers("2a.2", "af8b407f")
def test_the_minimax_gradient_vanishes_where_fakes_are_found_out(game):
    generator, discriminator, z = game
    norms, ratios = [], []
    for shift in (0.0, -5.0, -10.0, -20.0):
        h = discriminator(generator(z)) + shift
        d = torch.sigmoid(h).detach()
        assert (d <= h.detach().exp()).all()
        steepness = torch.stack([gradient(one, generator, retain_graph=True).norm() for one in h])
        minimax = gradient(torch.log1p(-torch.sigmoid(h)).mean(), generator, retain_graph=True).norm()
        assert minimax <= (d * steepness).mean() <= d.max() * steepness.mean()
        norms.append(minimax.item())
        ratios.append((minimax / gradient(-F.logsigmoid(h).mean(), generator).norm()).item())
    assert_allclose(norms[3] / norms[2], np.exp(-10), rtol=0.01)  # exponentially fast
    assert norms[3] < 1e-7 * norms[0] and ratios[3] < 1e-7


# --- 3 -----------------------------------------------------------------------------------------------------------


@covers("3a.1", "2486c36d")
def test_the_pointwise_loss_is_convex_with_its_minimum_at_the_share_of_the_data():
    a, b, t = sp.symbols("a b t", positive=True)
    f = -a * sp.log(t) - b * sp.log(1 - t)
    assert sp.simplify(sp.diff(f, t) - (-a / t + b / (1 - t))) == 0
    assert sp.solve(sp.diff(f, t), t) == [a / (a + b)]
    assert sp.simplify(sp.diff(f, t, 2) - (a / t**2 + b / (1 - t) ** 2)) == 0


def test_an_unconstrained_discriminator_learns_the_share_of_the_data():
    x = np.linspace(-6, 6, 301)
    data, model = 0.5 * normal(-2, 1, x) + 0.5 * normal(2, 1, x), np.where(abs(x) < 3, 1 / 6, 0.0)

    def loss(h):
        d = 1 / (1 + np.exp(-h))
        value = data @ np.logaddexp(0, -h) + model @ np.logaddexp(0, h)
        return value, -data * (1 - d) + model * d

    h = minimize(
        loss, np.zeros_like(x), jac=True, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 5000}
    ).x
    inside = model > 0
    assert_allclose(1 / (1 + np.exp(-h[inside])), (data / (data + model))[inside], atol=1e-4)
    assert (h[~inside & (data > 1e-3)] > 5).all()  # where the model has no density, 1 is approached and not attained


@pytest.mark.parametrize("data, model", PAIRS)
@covers("3a.2", "718c6a2b")
@covers("3a.3", "238b49c5")
def test_the_loss_of_any_discriminator_exceeds_that_of_the_best_by_a_divergence(data, model):
    best = data / (data + model)
    least = discriminator_loss(data, model, np.clip(best, 1e-300, 1 - 1e-16))
    assert_allclose(least, np.log(4) - 2 * js(data, model), atol=1e-9)
    assert 0 <= least <= np.log(4)
    for d in (np.full_like(X, 0.5), 1 / (1 + np.exp(-X)), 0.5 + 0.4 * np.sin(3 * X)):
        coins = best * np.log(np.where(best > 0, best, 1) / d) + (1 - best) * np.log(
            np.where(best < 1, 1 - best, 1) / (1 - d)
        )
        gap = integral((data + model) * coins)
        assert_allclose(discriminator_loss(data, model, d) - least, gap, atol=1e-8)
        assert gap > 0


@covers("3b.1", "ef8a0de6")
def test_the_best_logit_is_the_log_of_the_ratio():
    p, q = sp.symbols("p_data p_model", positive=True)
    h = sp.Symbol("h", real=True)
    best = p / (p + q)
    assert sp.simplify(1 / best - 1 - q / p) == 0
    (solved,) = sp.solve(sp.Eq(1 / (1 + sp.exp(-h)), best), h)
    for expected in (sp.log(p / q), sp.log(best / (1 - best))):
        assert sp.simplify(sp.exp(solved) - sp.exp(expected)) == 0


@pytest.mark.parametrize("data, model", PAIRS)
@covers("3c.1", "0798de8c")
@covers("3c.2", "c45eaaf0")
def test_the_sum_of_both_losses_is_a_divergence_for_the_best_discriminator_only(data, model):
    core = model > 1e-200  # beyond, both underflow
    best_h = np.where(core, np.log(data / model, where=core, out=np.zeros_like(X)), 0)

    def generator_loss(h):  # E[log(1 - D)] - E[log D]
        return integral(model * (-np.logaddexp(0, h) + np.logaddexp(0, -h)))

    assert_allclose(generator_loss(best_h), kl(model, data), atol=1e-9)
    for h in (np.zeros_like(X), np.sin(X), best_h / 2 + 1):
        assert_allclose(generator_loss(h), -integral(model * h), atol=1e-9)
        assert_allclose(generator_loss(h), kl(model, data) + integral(model * (best_h - h)), atol=1e-9)
        assert abs(generator_loss(h) - kl(model, data)) > 0.1


@covers("3c.3", "511a1a58")
def test_its_gradient_with_the_best_discriminator_held_fixed_is_that_of_the_divergence():
    data, theta, step = mixture(-2, 2), 0.4, 1e-4
    model, up, down = (normal(theta + shift, 1.3) for shift in (0, step, -step))
    slope = (up - down) / (2 * step)
    held = integral(slope * np.log(model / data, where=model > 0, out=np.zeros_like(X)))
    assert_allclose(held, (kl(up, data) - kl(down, data)) / (2 * step), rtol=1e-5)
    assert abs(held) > 0.01


@pytest.mark.parametrize("data, model", PAIRS)
@covers("3d.1", "dbfdec77")
def test_the_negative_log_likelihood_is_the_other_divergence_plus_the_entropy(data, model):
    def mean_log(p):
        return integral(data * np.log(p, where=data > 1e-200, out=np.zeros_like(X)))

    assert_allclose(-mean_log(model), kl(data, model) - mean_log(data), atol=1e-9)
    assert abs(kl(data, model) - kl(model, data)) > 1e-3  # and that is not 3c's


@covers("3d.2", "ab2d8d65")
def test_one_direction_covers_both_bumps_and_the_other_picks_one():
    x = np.linspace(-25, 25, 4001)
    data = 0.5 * normal(-3, 1, x) + 0.5 * normal(3, 1, x)
    log_data = np.logaddexp(-((x + 3) ** 2) / 2, -((x - 3) ** 2) / 2) + np.log(0.5) - np.log(2 * np.pi) / 2

    def log_model(at):
        return -((x - at[0]) ** 2) / (2 * np.exp(at[1])) - at[1] / 2 - np.log(2 * np.pi) / 2

    def forward(at):
        return integral(data * (log_data - log_model(at)), x)

    def reverse(at):
        return integral(np.exp(log_model(at)) * (log_model(at) - log_data), x)

    starts = [(m, v) for m in (-4, -0.1, 2) for v in (-0.5, 2)]
    covering = [minimize(forward, start, tol=1e-9) for start in starts]
    assert_allclose([(one.x[0], np.exp(one.x[1])) for one in covering], [(0, 10)] * len(starts), atol=1e-3)
    picking = sorted((minimize(reverse, start, tol=1e-9) for start in starts), key=lambda one: one.fun)[:2]
    assert_allclose([(abs(one.x[0]), np.exp(one.x[1])) for one in picking], [(2.98, 1.05)] * 2, atol=0.005)
    assert_allclose(picking[0].fun, 0.689, atol=5e-4)
    assert picking[0].fun < np.log(2)


@covers("3d.3", "99da97b1")
def test_the_bound_adds_the_gap_of_the_encoder():
    # z ~ N(0, 1), x | z ~ N(w z, s^2); an encoder that is wrong; data of two bumps
    w, s, slope, offset, spread = 1.3, 0.8, 0.4, 0.2, 0.7
    x, z = np.linspace(-12, 12, 601), np.linspace(-10, 10, 501)[:, None]
    data = 0.5 * normal(-2, 1, x) + 0.5 * normal(2, 1, x)
    encoder = normal(slope * x + offset, spread, z)
    joint = normal(0, 1, z) * normal(w * z, s, x)
    model = normal(0, np.hypot(w, s), x)

    def over_z(values):
        return np.trapezoid(values, z, axis=0)

    elbo = over_z(encoder * (np.log(normal(w * z, s, x) + 1e-300) - np.log(encoder / normal(0, 1, z) + 1e-300)))
    gap = over_z(encoder * np.log((encoder + 1e-300) / (joint / model + 1e-300)))
    entropy, divergence = -integral(data * np.log(data), x), integral(data * np.log(data / model), x)
    assert_allclose(-integral(data * elbo, x), divergence + entropy + integral(data * gap, x), rtol=1e-6)
    assert integral(data * gap, x) > 0.1


# --- 4a ----------------------------------------------------------------------------------------------------------


@covers("4a.1", "3be2cab3")
def test_the_quadratic_terms_cancel():
    phi, mu, hat = (sp.Matrix(sp.symbols(f"{name}1:4", real=True)) for name in ("phi", "mu", "hat"))
    first = -(phi - mu).dot(phi - mu) / 2 + (phi - hat).dot(phi - hat) / 2
    last = (mu - hat).dot(phi) + (hat.dot(hat) - mu.dot(mu)) / 2
    assert sp.expand(first - last) == 0
    assert sp.Poly(sp.expand(first), *phi).total_degree() == 1


@covers("4a.2", "10de420b")
@covers("4a.3", "1a7e9cc1")
@pytest.mark.parametrize("seed", range(3))
def test_the_best_conditional_logit_is_linear_in_the_features(seed):
    rng = np.random.default_rng(seed)
    classes, size = 4, 3
    mu, hat = rng.normal(size=(2, classes, size))
    root = rng.normal(size=(size, size))
    p_data, p_model = rng.dirichlet(np.ones(classes), 2)
    for covariance, priors in (
        (np.eye(size), np.zeros(classes)),
        (root @ root.T + np.eye(size), np.log(p_data / p_model)),
    ):
        inverse = np.linalg.inv(covariance)
        a = (mu - hat) @ inverse
        b = (np.einsum("ij,jk,ik->i", hat, inverse, hat) - np.einsum("ij,jk,ik->i", mu, inverse, mu)) / 2 + priors
        for phi in rng.normal(size=(5, size)):
            for y, one_hot in enumerate(np.eye(classes)):
                data, model = (multivariate_normal(mean[y], covariance).logpdf(phi) for mean in (mu, hat))
                assert_allclose(one_hot @ (a @ phi + b), data - model + priors[y], atol=1e-9)
        if np.array_equal(covariance, np.eye(size)):
            assert_allclose(a, mu - hat)
            assert_allclose(b, ((hat**2).sum(1) - (mu**2).sum(1)) / 2)


# --- 5 -----------------------------------------------------------------------------------------------------------

THETA, THETA_0, U = sp.symbols("theta theta_0 u", real=True)
EPSILON = sp.Symbol("epsilon", positive=True)
DIVERGENCE = (THETA - THETA_0) ** 2 / (2 * EPSILON**2)


@covers("5a.1", "392c551e")
def test_the_divergence_of_two_gaussians_of_equal_width():
    x = THETA + EPSILON * U  # u has mean 0 and variance 1

    def mean(expression):
        return sum(
            coefficient * {0: 1, 1: 0, 2: 1}[power]
            for (power,), coefficient in sp.Poly(sp.expand(expression), U).terms()
        )

    for line in ((x - THETA_0) ** 2 - (x - THETA) ** 2, 2 * (x - THETA) * (THETA - THETA_0) + (THETA - THETA_0) ** 2):
        assert sp.simplify(mean(line / (2 * EPSILON**2)) - DIVERGENCE) == 0
    for theta, theta_0, epsilon in ((1.0, -0.5, 0.8), (-2.0, 1.0, 0.3)):
        expected = (theta - theta_0) ** 2 / (2 * epsilon**2)
        log_ratio = ((X - theta_0) ** 2 - (X - theta) ** 2) / (2 * epsilon**2)
        assert_allclose(integral(normal(theta, epsilon) * log_ratio), expected, rtol=1e-9)
        assert_allclose(integral(normal(theta_0, epsilon) * -log_ratio), expected, rtol=1e-9)  # the other direction


@covers("5b.1", "fa8b1be6")
def test_divergence_and_derivative_diverge_like_one_over_the_variance():
    gap = sp.Symbol("gap", positive=True)
    derivative = sp.diff(DIVERGENCE, THETA)
    assert sp.simplify(derivative - (THETA - THETA_0) / EPSILON**2) == 0
    for sign in (1, -1):
        apart = {THETA: THETA_0 + sign * gap}
        assert sp.limit(DIVERGENCE.subs(apart), EPSILON, 0, "+") == sp.oo
        assert sp.limit(derivative.subs(apart), EPSILON, 0, "+") == sign * sp.oo
        assert sp.simplify(EPSILON**2 * DIVERGENCE.subs(apart)) == gap**2 / 2  # a rate of exactly 2
        assert sp.simplify(EPSILON**2 * derivative.subs(apart)) == sign * gap
    assert DIVERGENCE.subs(THETA, THETA_0) == derivative.subs(THETA, THETA_0) == 0


@covers("5b.2", "98eb714c")
def test_gradient_descent_on_it_runs_away_unless_the_rate_is_below_twice_the_variance():
    eta = sp.Symbol("eta", positive=True)
    after = THETA - eta * sp.diff(DIVERGENCE, THETA)
    assert sp.simplify(after - THETA_0 - (1 - eta / EPSILON**2) * (THETA - THETA_0)) == 0
    variance = 0.01
    for rate, runs_away in ((1.9 * variance, False), (2.1 * variance, True)):
        theta = 1.0
        for _ in range(300):
            theta -= rate * theta / variance  # towards theta_0 = 0
        assert (abs(theta) > 1e6) == runs_away


@covers("5b.3", "e9f5e0ef")
def test_the_best_logit_is_a_line_that_gets_ever_steeper():
    x = sp.Symbol("x", real=True)
    ratio = (-((x - THETA_0) ** 2) + (x - THETA) ** 2) / (2 * EPSILON**2)
    best = (THETA_0 - THETA) * (2 * x - THETA - THETA_0) / (2 * EPSILON**2)
    assert sp.simplify(ratio - best) == 0
    assert sp.simplify(sp.diff(best, x) - (THETA_0 - THETA) / EPSILON**2) == 0


@covers("5b.4", "51169120")
def test_jensen_shannon_becomes_constant_instead():
    shortfalls, slopes = [], []
    for epsilon in (2.0, 1.0, 0.5, 0.25):
        shortfalls.append(np.log(2) - js(normal(1, epsilon), normal(-1, epsilon)))
        assert -1e-9 <= shortfalls[-1] <= np.log(2) * np.exp(-4 / (8 * epsilon**2))
        slopes.append(js(normal(1.01, epsilon), normal(-1, epsilon)) - js(normal(0.99, epsilon), normal(-1, epsilon)))
    assert shortfalls[0] > 0.1 and shortfalls[-1] < 1e-3
    assert 0 < slopes[-1] < 1e-2 * slopes[0]


@covers("5b.5", "7df00a1a")
def test_the_minimax_gradient_at_the_best_discriminator_rises_and_then_vanishes():
    slopes = []
    for epsilon in (2.0, 1.0, 0.5, 0.25):
        model, data = normal(1, epsilon), normal(-1, epsilon)
        mean_of_best = integral(model * data / (model + data + 1e-300))
        bound = integral(np.sqrt(model * data)) / 2
        assert bound == pytest.approx(np.exp(-4 / (8 * epsilon**2)) / 2)
        assert mean_of_best <= bound
        slopes.append(2 / epsilon**2 * mean_of_best)
        ahead, behind = (js(normal(1 + step, epsilon), data) for step in (1e-3, -1e-3))
        assert 2 * (ahead - behind) / 2e-3 == pytest.approx(slopes[-1], rel=1e-3)
    assert slopes[0] < slopes[1] > slopes[2] > 50 * slopes[3]


@covers("5c.1", "61a49880")
@covers("5c.2", "22c8baa1")
@pytest.mark.parametrize("theta, theta_0", [(1.0, -0.5), (-2.0, 1.0)])
def test_without_a_bound_on_its_slope_no_critic_is_best(theta, theta_0):
    def loss(critic, epsilon):
        return integral((normal(theta, epsilon) - normal(theta_0, epsilon)) * critic(X))

    def bent(x):
        return np.sin(x) + x**2

    assert_allclose(loss(bent, 0.01), bent(theta) - bent(theta_0), atol=1e-3)
    for c in (1.0, 10.0, 1e6):
        for epsilon in (0.01, 0.5, 2.0):
            value = loss(lambda x, c=c: -c * (theta - theta_0) * (x - theta_0), epsilon)
            assert_allclose(value, -c * (theta - theta_0) ** 2, rtol=1e-6)
    programme = linprog([1, -1], bounds=[(None, None)] * 2)  # minimise D(theta) - D(theta_0)
    assert programme.status == 3, "the solver should find it unbounded"


class Dual:
    """The best critic of slope at most 1 on a grid, as a linear programme."""

    x = np.linspace(-2, 2, 33)

    def __init__(self, model, data):
        self.loss = model - data
        slope = np.diff(np.eye(len(self.x)), axis=0)
        self.bounded = np.vstack([slope, -slope]), np.tile(np.diff(self.x), 2)
        self.least = self._solve(self.loss).fun

    def _solve(self, objective, **optimal):
        solved = linprog(objective, *self.bounded, bounds=[(None, None)] * len(self.x), **optimal)
        assert solved.status == 0, solved.message
        return solved

    def range(self, functional):
        """Least and greatest value of a functional that does not feel a constant, over all optimal critics."""
        pinned = np.vstack([self.loss, np.eye(len(self.x))[0]])
        optimal = {"A_eq": pinned, "b_eq": [self.least, 0.0]}
        return self._solve(functional, **optimal).fun, -self._solve(-functional, **optimal).fun


@covers("5d.1", "eb52ba86")
@covers("5d.2", "1e41cfcf")
@covers("5d.3", "9ad70f2f")
@covers("5d.4", "fb02a459")
@pytest.mark.parametrize("theta, theta_0", [(-1.0, 0.5), (1.25, -0.25)])
def test_the_best_critics_climb_from_model_to_data_and_are_free_outside(theta, theta_0):
    points = np.eye(len(Dual.x))
    x = Dual.x
    model, data = points[np.argmin(abs(x - theta))], points[np.argmin(abs(x - theta_0))]
    dual = Dual(model, data)
    sign = np.sign(theta_0 - theta)
    assert_allclose(dual.least, -abs(theta - theta_0), atol=1e-7)
    assert_allclose(dual.loss @ (3.0 + sign * x), dual.least)  # a line attains it
    low, high = sorted((theta, theta_0))
    for cell in range(len(x) - 1):
        slopes = np.array(dual.range((points[cell + 1] - points[cell]) / (x[1] - x[0])))
        between = low <= (x[cell] + x[cell + 1]) / 2 <= high
        assert_allclose(slopes, [sign, sign] if between else [-1, 1], atol=1e-6)
        if cell and x[cell] < low:
            distance, end = low - x[cell], points[np.argmin(abs(x - low))]
            assert_allclose(dual.range(points[cell] - end), [-distance, distance], atol=1e-6)
    # The generator's loss -D(theta), the critic held, as theta moves a cell towards theta_0.
    moved, step = points[np.argmin(abs(x - theta)) + int(sign)], sign * (x[1] - x[0])
    assert_allclose(dual.range(-(moved - model) / step), [np.sign(theta - theta_0)] * 2, atol=1e-6)


def test_a_critic_with_a_kinkless_turn_outside_is_as_good():
    theta, theta_0 = -1.0, 0.5

    def critic(x):  # slope 1 up to the data, then the sine's cosine
        return np.where(x < theta_0, x, theta_0 + np.sin(x - theta_0))

    assert_allclose(critic(np.array(theta)) - critic(np.array(theta_0)), -abs(theta - theta_0))
    slope = np.gradient(critic(X), X)
    assert abs(slope).max() <= 1 + 1e-6 and slope.min() < -0.99 and abs(np.diff(slope)).max() < 2e-3


def test_the_dual_is_the_wasserstein_distance():
    rng = np.random.default_rng(0)
    for _ in range(3):
        model, data = rng.dirichlet(np.ones(len(Dual.x)), 2)
        assert_allclose(-Dual(model, data).least, wasserstein_distance(Dual.x, Dual.x, model, data), atol=1e-7)
