"""What the answer key displays for the further problems X1 to X4 is true."""

from itertools import product

import numpy as np
import pytest
import sympy as sp
import torch
from numpy.testing import assert_allclose
from scipy.optimize import linprog
from scipy.special import erf, xlogy
from tests.derivations import covers
from tests.quadrature import X, integral, js, kl, normal

from submission.flow_network import MADE

# --- X1 ----------------------------------------------------------------------------------------------------------


def excess(s, x):
    """One factor of r."""
    return (1 + s**2) / (s * np.sqrt(2 + s**2)) * np.exp(x**2 / ((1 + s**2) * (2 + s**2)))


@covers("X1a.1", "af06da64")
@pytest.mark.parametrize("s, x", [(0.5, (0.3, -1.2)), (1.5, (2.0, 0.0))])
def test_the_variance_of_a_mean_over_the_prior(s, x):
    relative = 1.0
    for one in x:
        likelihood = normal(one, s)  # p(x | z) over z
        second, first = integral(normal() * likelihood**2), integral(normal() * likelihood)
        assert_allclose(first, normal(0, np.hypot(1, s), np.array(one)))
        assert_allclose(second / first**2, excess(s, one))
        assert excess(s, one) > 1
        relative *= second / first**2
    rng, n = np.random.default_rng(0), 50
    draws = np.prod([normal(one, s, rng.normal(size=(4000, n))) for one in x], axis=0).mean(axis=1)
    assert_allclose(draws.var() / draws.mean() ** 2, (relative - 1) / n, rtol=0.15)  # standard error: about 0.03


@covers("X1a.2", "1fc7269a")
def test_the_number_of_draws_grows_exponentially():
    needed = [100 * (excess(0.1, 0.0) ** d - 1) for d in (1, 10, 20)]
    assert [f"{one:.1e}" for one in needed] == ["6.1e+02", "3.4e+10", "1.1e+19"]
    assert round(needed[0]) == 612


@covers("X1a.3", "2c3eb14d")
def test_a_draw_from_the_posterior_has_no_variance_and_the_logarithm_is_biased():
    s, x = 0.7, 1.1
    posterior = normal(x / (1 + s**2), s / np.sqrt(1 + s**2))
    core = posterior > 1e-100
    weights = normal(x, s)[core] * normal()[core] / posterior[core]
    assert_allclose(weights, normal(0, np.hypot(1, s), np.array(x)), rtol=1e-9)
    n = 200
    estimates = normal(x, s, np.random.default_rng(0).normal(size=(20_000, n))).mean(axis=1)
    bias = np.log(estimates).mean() - np.log(weights[0])
    assert_allclose(bias, -(excess(s, x) - 1) / (2 * n), rtol=0.35)  # standard error: about a tenth of it
    assert bias < 0


@covers("X1b.1", "ede89cb2")
def test_the_elbo_falls_short_by_the_divergence_to_the_posterior():
    likelihood = 0.3 / (1 + np.exp(-2 * X)) + 0.1  # of one observation, over z
    evidence = integral(normal() * likelihood)
    posterior = normal() * likelihood / evidence
    for q in (normal(0.5, 0.8), 0.4 * normal(-1) + 0.6 * normal(1.5, 0.5), posterior):
        elbo = integral(q * np.log(likelihood)) - kl(q, normal())
        assert_allclose(integral(xlogy(q, likelihood * normal()) - xlogy(q, q)), elbo, atol=1e-9)
        assert_allclose(elbo, np.log(evidence) - kl(q, posterior), atol=1e-9)


def test_a_step_may_raise_the_elbo_and_lower_the_likelihood():
    # x | z ~ N(w z, 1) at x = 2, and q far off at N(0, 1): from w = 1 towards 0 the bound rises
    def elbo(w):  # log-likelihood averaged over q, the prior itself
        return -(4 + w**2) / 2 - np.log(2 * np.pi) / 2

    def likelihood(w):
        return np.log(normal(0, np.hypot(1, w), np.array(2.0)))

    assert elbo(0.5) > elbo(1.0) and likelihood(0.5) < likelihood(1.0)


@covers("X1c.1", "1daa07c9")
@covers("X1c.2", "6c324340")
def test_the_divergence_of_diagonal_gaussians():
    mu, m = np.array([0.3, -1.0, 2.0]), np.array([0.0, 1.0, 1.5])
    sigma, tau = np.array([0.5, 1.2, 2.0]), np.array([1.0, 0.8, 2.5])

    def closed(m, tau):
        return (sigma**2 / tau**2 + (mu - m) ** 2 / tau**2 - 1 - np.log(sigma**2 / tau**2)).sum() / 2

    def measured(m, tau):
        return sum(
            integral(normal(a, s) * (((X - b) / t) ** 2 / 2 - ((X - a) / s) ** 2 / 2 + np.log(t / s)))
            for a, s, b, t in zip(mu, sigma, m, tau, strict=True)
        )

    assert_allclose(measured(m, tau), closed(m, tau), rtol=1e-9)
    standard = (sigma**2 + mu**2 - 1 - np.log(sigma**2)).sum() / 2
    assert_allclose(measured(np.zeros(3), np.ones(3)), standard, rtol=1e-9)


@covers("X1d.1", "9ebcf17d")
def test_the_variances_of_two_estimates_of_one_gradient():
    mu, s, e = sp.symbols("mu s e", real=True)

    def mean(expression):  # over e ~ N(0, 1)
        moments = {k: sp.factorial2(k - 1) if k else 1 for k in range(0, 13, 2)}
        return sum(c * moments.get(k, 0) for (k,), c in sp.Poly(sp.expand(expression), e).terms())

    z = mu + s * e
    reparameterised, scored = 2 * z, z**2 * e / s  # the score of N(mu, s^2) is (z - mu)/s^2 = e/s
    for estimate, variance in ((reparameterised, 4 * s**2), (scored, mu**4 / s**2 + 14 * mu**2 + 15 * s**2)):
        assert sp.simplify(mean(estimate) - 2 * mu) == 0
        assert sp.simplify(mean(estimate**2) - 4 * mu**2 - variance) == 0


# --- X2 ----------------------------------------------------------------------------------------------------------


@covers("X2a.1", "8e1ca743")
def test_the_value_of_the_best_discriminator():
    for data, model in ((normal(), normal(1, 2)), (normal(-1), normal(-1))):
        total = data + model
        value = integral(xlogy(data, data) - xlogy(data, total) + xlogy(model, model) - xlogy(model, total))
        assert_allclose(value, -np.log(4) + 2 * js(data, model), atol=1e-9)
        assert value >= -np.log(4) - 1e-9
    assert_allclose(value, -np.log(4), atol=1e-9)  # data and model were the same


@covers("X2a.2", "93db7b36")
def test_simultaneous_steps_spiral_outwards():
    theta, phi, eta = sp.symbols("theta phi eta", real=True)
    after = theta - eta * sp.diff(theta * phi, theta), phi + eta * sp.diff(theta * phi, phi)
    assert after == (theta - eta * phi, phi + eta * theta)
    assert sp.expand(after[0] ** 2 + after[1] ** 2 - (1 + eta**2) * (theta**2 + phi**2)) == 0


@covers("X2b.1", "2f698b8a")
def test_the_best_reply_to_a_discriminator_is_where_it_is_largest():
    rng = np.random.default_rng(0)
    for _ in range(5):
        d = rng.uniform(0.05, 0.95, size=7)
        for cost, best in ((-np.log(d), -np.log(d.max())), (np.log1p(-d), np.log1p(-d.max()))):
            reply = linprog(cost, A_eq=np.ones((1, 7)), b_eq=[1.0])
            assert_allclose(reply.fun, best, atol=1e-9)
            assert_allclose(reply.x, d == d.max(), atol=1e-9)


@covers("X2b.2", "800192aa")
def test_both_orders_of_the_game_have_one_value():
    data = np.array([0.2, 0.5, 0.3])
    # max over D of the worst the generator can do, all discriminators on a grid that holds 1/2
    worst = max(
        (data @ np.log(d) + np.log1p(-max(d)), d) for d in product(np.linspace(0.02, 0.98, 49).round(10), repeat=3)
    )
    assert_allclose(worst[0], -np.log(4), atol=1e-9)
    assert_allclose(worst[1], 0.5)
    # min over the generator of the best discriminator's value, which is convex with its minimum at the data
    rng = np.random.default_rng(0)
    for model in [data, *rng.dirichlet(np.ones(3), 50)]:
        value = data @ np.log(data / (data + model)) + model @ np.log(model / (data + model))
        assert value >= -np.log(4) - 1e-12
        assert np.isclose(value, -np.log(4)) == np.array_equal(model, data)


@covers("X2c.1", "05c2651d")
def test_whose_gradient_the_generator_follows():
    data, theta, step = (normal(-2) + normal(2)) / 2, 0.4, 1e-4
    model, up, down = (normal(theta + shift, 1.3) for shift in (0, step, -step))
    best = data / (data + model)

    def slope(of):
        return (of(up) - of(down)) / (2 * step)

    assert_allclose(slope(lambda p: integral(xlogy(p, 1 - best))), slope(lambda p: 2 * js(data, p)), rtol=1e-4)
    assert_allclose(
        slope(lambda p: -integral(xlogy(p, best))), slope(lambda p: kl(p, data) - 2 * js(data, p)), rtol=1e-4
    )


@covers("X2d.1", "a5771701")
def test_the_score_gives_the_gradient_without_a_derivative_of_the_sample():
    torch.manual_seed(0)
    logits, reward = torch.randn(6, dtype=torch.float64, requires_grad=True), torch.randn(6, dtype=torch.float64)
    p = logits.softmax(0)
    (direct,) = torch.autograd.grad(p @ reward, logits, retain_graph=True)
    scores = [torch.autograd.grad(one, logits, retain_graph=True)[0] for one in p.log()]
    assert_allclose(sum(w * r * score for w, r, score in zip(p.detach(), reward, scores, strict=True)), direct)


@covers("X2e.1", "1d73a81a")
def test_batch_norm_ties_a_batch_together():
    size = 5
    a = torch.randn(size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def normed(a):
        return (a - a.mean()) / a.std(correction=0)

    y, s = normed(a), a.std(correction=0)
    layer = torch.nn.functional.batch_norm(a[:, None], None, None, training=True, eps=1e-300)[:, 0]
    assert_allclose(layer, y)
    expected = (torch.eye(size, dtype=a.dtype) - 1 / size - torch.outer(y, y) / size) / s
    assert_allclose(torch.autograd.functional.jacobian(normed, a), expected, atol=1e-12)
    batches = np.random.default_rng(0).exponential(size=(40_000, size))  # any law, not just a normal one
    y = (batches - batches.mean(1, keepdims=True)) / batches.std(1, keepdims=True)
    assert_allclose(np.corrcoef(y[:, 0], y[:, 1])[0, 1], -1 / (size - 1), atol=0.025)  # five standard errors


@covers("X2e.2", "307fd4ed")
def test_given_their_own_activations_two_samples_move_together():
    size, v = 7, 2.3
    centring = np.eye(size) - 1 / size
    covariance = centring @ np.diag([0, 0] + [v] * (size - 2)) @ centring.T  # the first two are given
    assert_allclose(covariance[0, 1], (size - 2) / size**2 * v)


# --- X3 ----------------------------------------------------------------------------------------------------------


@covers("X3a.1", "c2cd9130")
@pytest.mark.parametrize("a, b", [(-8, 1), (1, 27), (sp.Rational(-1, 2), 3)])
def test_the_density_of_a_cube_root(a, b):
    x = sp.Symbol("x", real=True)
    density = 3 * x**2 / (b - a)
    low, high = sp.real_root(a, 3), sp.real_root(b, 3)
    assert sp.simplify(sp.integrate(density, (x, low, high))) == 1
    # P(root of z < x) = P(z < x^3), for z uniform
    assert sp.simplify(sp.diff((x**3 - a) / (b - a), x) - density) == 0
    z = np.random.default_rng(0).uniform(float(a), float(b), 100_000)
    share = np.mean((np.cbrt(z) > 0.2) & (np.cbrt(z) < 0.9))
    measured = float(sp.integrate(density, (x, max(low, sp.Rational(1, 5)), sp.Rational(9, 10)))) if low < 0.9 else 0.0
    assert_allclose(share, measured, atol=0.008)  # five standard errors


@covers("X3a.2", "55f0a25f")
def test_the_density_of_a_cube_has_no_bound_at_zero_and_integrates_to_one():
    alpha, beta = -2, 3
    z = sp.Symbol("z", positive=True)
    density = z ** sp.Rational(-2, 3) / (3 * (beta - alpha))  # of |z|
    assert sp.integrate(density, (z, 0, -(alpha**3))) + sp.integrate(density, (z, 0, beta**3)) == 1
    assert sp.simplify(sp.diff(z ** sp.Rational(1, 3) / (beta - alpha), z) - density) == 0  # P(x^3 < z) - P(x < 0)
    assert sp.limit(density, z, 0, "+") == sp.oo


@covers("X3b.1", "e45cc52c")
def test_the_determinant_of_made_is_the_product_of_its_diagonal(float64):
    torch.manual_seed(0)
    made, x = MADE(4, 16, 1), torch.randn(1, 4)
    jacobian = torch.autograd.functional.jacobian(lambda x: made.inverse(x)[0][0], x)[:, 0]
    assert_allclose(jacobian, jacobian.tril(), atol=1e-12)
    log_det = jacobian.slogdet().logabsdet
    alpha = made.net(x)[0, 4:]
    assert_allclose(log_det, jacobian.diagonal().abs().log().sum())
    assert_allclose(log_det, -alpha.sum().item())


@covers("X3c.1", "99b8c050")
def test_narrow_peaks_on_discrete_data_have_no_bound():
    rng = np.random.default_rng(0)
    n, centres = 3, rng.integers(0, 4, size=(5, 3)).astype(float)
    k = len(centres)
    last = -np.inf
    for s in (1.0, 0.1, 1e-3, 1e-6):
        squares = ((centres[:, None] - centres) ** 2).sum(-1) / (2 * s**2)
        logs = np.log(np.exp(-squares).mean(axis=1)) - n * np.log(s * np.sqrt(2 * np.pi))
        assert (logs >= -np.log(k) - n * np.log(s * np.sqrt(2 * np.pi)) - 1e-9).all()
        assert logs.min() > last
        last = logs.min()
    assert last > 30


@covers("X3c.2", "362f7218")
def test_noise_bounds_the_likelihood_by_the_entropy():
    values, data = np.arange(4), np.array([0.1, 0.4, 0.3, 0.2])
    u = np.linspace(0, 1, 20_001)
    entropy = -(data @ np.log(data))
    rng = np.random.default_rng(0)
    for deviation in (2.0, 0.5, 0.05):
        means, weights = rng.uniform(0, 4, 6), rng.dirichlet(np.ones(6))
        floor = 1e-3 * normal(2, 3, values[:, None] + u)  # so that no logarithm is too large
        parts = sum(w * normal(m, deviation, values[:, None] + u) for w, m in zip(weights, means, strict=True))
        density = 0.999 * parts + floor

        def below(x, mean, deviation):
            return (1 + erf((x - mean) / (deviation * np.sqrt(2)))) / 2

        cubes = 0.999 * sum(
            w * (below(values + 1, m, deviation) - below(values, m, deviation))
            for w, m in zip(weights, means, strict=True)
        ) + 1e-3 * (below(values + 1, 2, 3) - below(values, 2, 3))
        noisy = data @ np.trapezoid(np.log(density), u, axis=1)
        assert_allclose(np.trapezoid(density, u, axis=1), cubes, rtol=1e-4)
        assert noisy <= data @ np.log(cubes) + 1e-9 <= -entropy + 1e-9


# --- X4 ----------------------------------------------------------------------------------------------------------

W, T = sp.Symbol("w", positive=True), sp.Symbol("t", real=True)
# name: f(u), its conjugate, a range of t within its domain, the best T as a function of u = p/q
FAMILIES = {
    "KL": (W * sp.log(W), sp.exp(T - 1), (-3, 3), 1 + sp.log(W)),
    "reverse KL": (-sp.log(W), -1 - sp.log(-T), (-4, -0.1), -1 / W),
    "Pearson": ((W - 1) ** 2, sp.Piecewise((T + T**2 / 4, T >= -2), (-1, True)), (-6, 3), 2 * (W - 1)),
    "Hellinger": ((sp.sqrt(W) - 1) ** 2, T / (1 - T), (-4, 0.7), 1 - sp.sqrt(1 / W)),
    "GAN": (W * sp.log(W) - (W + 1) * sp.log(W + 1), -sp.log(1 - sp.exp(T)), (-4, -0.1), sp.log(W / (W + 1))),
}


@covers("X4b.1", "07f8f471")
@covers("X4c.1", "c1575aa0")
@pytest.mark.parametrize("name", FAMILIES)
def test_conjugates_and_best_functions(name):
    f, conjugate, (low, high), best = FAMILIES[name]
    u = np.geomspace(1e-9, 1e4, 400_001)
    values = sp.lambdify(W, f)(u)
    for t in np.linspace(low, high, 9):
        assert_allclose(float(conjugate.subs(T, t)), (t * u - values).max(), atol=1e-5)
    assert sp.simplify(sp.diff(f, W) - best) == 0
    for one in (sp.Rational(1, 3), 1, 7):  # where Fenchel's inequality is an equality
        assert abs(sp.N((f - (W * best - conjugate.subs(T, best))).subs(W, one))) < 1e-12
    assert (f.subs(W, 1) == 0) == (name != "GAN")
    assert sp.simplify(sp.diff(f, W, 2)).subs(W, sp.Rational(3, 2)) > 0


@covers("X4a.1", "34f9ec9a")
@pytest.mark.parametrize("name", FAMILIES)
def test_every_function_gives_a_lower_bound_and_the_best_one_attains_it(name):
    f, conjugate, (low, high), best = (
        sp.lambdify((W, T), one) if isinstance(one, sp.Basic) else one for one in FAMILIES[name]
    )
    x = np.linspace(-8, 8, 20_001)
    p, q = normal(0.5, 1, x), (normal(-0.5, 1.2, x) + normal(1, 1.4, x)) / 2
    exact = integral(q * f(p / q, None), x)

    def bound(t):
        return integral(p * t - q * conjugate(None, t), x)

    assert_allclose(bound(best(p / q, None)), exact, atol=1e-6)
    middle, half = (low + high) / 2, (high - low) / 2
    for t in (np.full_like(x, middle), middle + half * np.tanh(x), middle + half * np.sin(2 * x)):
        assert bound(t) < exact


def test_the_gan_objective_is_the_bound_of_its_own_divergence():
    v = np.linspace(-8, 8, 101)
    d = 1 / (1 + np.exp(-v))
    conjugate = sp.lambdify(T, FAMILIES["GAN"][1])
    assert_allclose(-conjugate(np.log(d)), np.log(1 - d), rtol=1e-9)


@covers("X4c.2", "4d77729e")
def test_that_divergence_is_twice_jensen_shannon_less_a_constant():
    p, q = normal(0.5), normal(-0.5, 1.2)
    u = np.divide(p, q, where=q > 1e-200, out=np.ones_like(p))
    assert_allclose(integral(q * (xlogy(u, u) - (u + 1) * np.log(u + 1))), 2 * js(p, q) - np.log(4), atol=1e-9)
    assert_allclose(integral(q * (xlogy(u, u) - (u + 1) * np.log((u + 1) / 2))), 2 * js(p, q), atol=1e-9)
