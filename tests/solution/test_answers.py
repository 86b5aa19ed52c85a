"""The answers' gradients are those of their values, by finite differences in float64; their facts, by other means."""

import numpy as np
import pytest

from grading import cases
from solution import fgan, flow_network, gan, image_flow, vae

STEP = 1e-6


def slope(function, arguments, name):
    """The derivative of function(**arguments) by an argument, entry by entry."""
    array = np.array(arguments[name], dtype=float)
    result = np.zeros(array.shape)
    for index in np.ndindex(array.shape):
        values = []
        for sign in (1, -1):
            moved = array.copy()
            moved[index] += sign * STEP
            values.append(function(**{**arguments, name: moved}))
        result[index] = (values[0] - values[1]) / (2 * STEP)
    return result


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (gan.loss_nonsaturating_d, ["weight", "curvature", "bias"]),
        (gan.loss_nonsaturating_g, ["images"]),
        (gan.loss_minimax_g, ["images"]),
        (gan.loss_wasserstein_gp_g, ["images"]),
        (gan.loss_wasserstein_gp_d, ["weight", "curvature", "bias"]),
    ],
)
def test_gradients_of_losses(rng, function, names):
    case = cases.random_images(rng, 3, (2, 2, 2))
    if function is gan.loss_wasserstein_gp_d:
        case["mixed"] = rng.normal(size=(3, 2, 2, 2))
    answer = function(**case)
    for name in names:
        np.testing.assert_allclose(
            answer[f"grad_{name}"], slope(lambda **c: function(**c)["value"], case, name), atol=1e-7
        )


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (gan.conditional_loss_nonsaturating_d, ["gain", "weight", "bias"]),
        (gan.conditional_loss_nonsaturating_g, ["tags", "amplitude"]),
    ],
)
def test_gradients_of_conditional_losses(rng, function, names):
    case = cases.random_labelled(rng, 4)
    answer = function(**case)
    for name in names:
        np.testing.assert_allclose(
            answer[f"grad_{name}"], slope(lambda **c: function(**c)["value"], case, name), atol=1e-7
        )


def test_values_far_out_are_finite_and_right(rng):
    h = np.array([-1000.0, -100, 0, 100, 1000])
    np.testing.assert_allclose(gan.softplus(h), [0, 0, np.log(2), 100, 1000], atol=1e-40)
    np.testing.assert_allclose(gan.sigmoid(h), [0, 3.7200759760208356e-44, 0.5, 1, 1], rtol=1e-12)


def test_the_losses_are_the_equations(rng):
    """Written out with sigma and log, at moderate logits."""
    case = cases.random_images(rng, 5, (1, 2, 2))
    d = {
        name: 1 / (1 + np.exp(-gan.Quadratic(case["weight"], case["curvature"], case["bias"])(case[name])))
        for name in ("real", "images")
    }
    assert np.isclose(
        gan.loss_nonsaturating_d(**case)["value"], -np.log(d["real"]).mean() - np.log(1 - d["images"]).mean()
    )
    assert np.isclose(gan.loss_nonsaturating_g(**case)["value"], -np.log(d["images"]).mean())


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_inverse_undoes_forward_and_log_dets_are_of_the_jacobian(rng, n):
    weight, bias = cases.random_network(rng, n)
    z = rng.normal(size=(3, n))
    there = flow_network.forward(flow_network.linear_network(weight, bias), z)
    back = flow_network.inverse(weight, bias, there["output"])
    np.testing.assert_allclose(back["output"], z, atol=1e-10)
    np.testing.assert_allclose(back["log_det"], -there["log_det"], atol=1e-10)
    for row, log_det in zip(there["output"], back["log_det"], strict=True):
        jacobian = np.stack(
            [
                slope(lambda x, i=i: flow_network.inverse(weight, bias, x[None])["output"][0, i], {"x": row}, "x")
                for i in range(n)
            ]
        )
        assert np.isclose(np.linalg.slogdet(jacobian)[1], log_det, atol=1e-6)


def test_gradients_of_the_inverse(rng):
    weight, bias = cases.random_network(rng, 3)
    x, pull = rng.normal(size=(2, 4, 3))
    pull_log_det = rng.normal(size=4)
    arguments = {"weight": weight, "bias": bias, "x": x}

    def total(weight, bias, x):
        result = flow_network.inverse(weight, bias, x)
        return (pull * result["output"]).sum() + (pull_log_det * result["log_det"]).sum()

    answer = flow_network.inverse(**arguments, pull=pull, pull_log_det=pull_log_det)
    for name in arguments:
        slopes = slope(total, arguments, name)
        if name == "weight":  # masked
            slopes *= np.tile(np.tril(np.ones((3, 3)), k=-1), (2, 1))
        np.testing.assert_allclose(answer[f"grad_{name}"], slopes, atol=1e-6)


def test_the_likelihood_of_a_stack_is_that_of_its_gaussian(rng):
    """With constant alpha and linear mu, x is Gaussian: its log density, written out, is what the blocks come to."""
    count, n = 3, 3
    weights, biases = (np.stack(a) for a in zip(*[cases.random_network(rng, n) for _ in range(count)], strict=True))
    weights[:, n:] = 0
    x = rng.normal(size=(4, n))
    blocks = flow_network.blocks(weights, biases, x)
    moved, offset = np.eye(n), np.zeros(n)
    for weight, bias in zip(weights, biases, strict=True):
        step = np.exp(-bias[n:])[:, None] * (np.eye(n) - weight[:n])
        moved, offset = (step @ moved)[::-1], (step @ offset - np.exp(-bias[n:]) * bias[:n])[::-1]
    z = x @ moved.T + offset
    expected = -0.5 * (z**2).sum(axis=1) - 0.5 * n * np.log(2 * np.pi) + np.linalg.slogdet(moved)[1]
    assert np.isclose(flow_network.log_probs(x, **blocks)["value"], expected.mean())


def test_gradients_of_a_stack(rng):
    weights, biases = (np.stack(a) for a in zip(*[cases.random_network(rng, 2) for _ in range(3)], strict=True))
    x = rng.normal(size=(4, 2))

    def value(shifts):
        """The blocks one after the other, with numbers added to their outputs."""
        z, log_det = x, 0
        for weight, bias, shift in zip(weights, biases, shifts, strict=True):
            moved = flow_network.inverse(weight, bias, z)
            z, log_det = (moved["output"] + shift)[:, ::-1], log_det + moved["log_det"]
        return (-0.5 * (z**2).sum(axis=1) - np.log(2 * np.pi) + log_det).mean()

    answer = flow_network.log_probs(x, **flow_network.blocks(weights, biases, x))
    assert np.isclose(answer["value"], value(np.zeros((3, 2))))
    np.testing.assert_allclose(answer["grad_shifts"], slope(value, {"shifts": np.zeros((3, 2))}, "shifts"), atol=1e-6)


@pytest.mark.parametrize(("n", "hidden_size", "n_hidden"), [(1, 3, 1), (2, 5, 2), (4, 9, 1), (5, 3, 3)])
def test_masks_let_an_output_see_what_comes_before_and_nothing_else(n, hidden_size, n_hidden):
    seen = np.eye(n)
    for mask in flow_network.masks(n, hidden_size, n_hidden):
        seen = mask @ seen
    assert seen.shape == (2 * n, n)
    reach = np.tril(np.ones((n, n)), k=-1)
    if hidden_size >= n - 1:
        np.testing.assert_array_equal(seen > 0, np.tile(reach, (2, 1)) > 0)
    else:
        assert not (seen * (1 - np.tile(reach, (2, 1)))).any()


@pytest.mark.parametrize(
    ("function", "sizes", "names"),
    [
        (vae.kl_normal, dict.fromkeys(("qm", "qv", "pm", "pv"), (3, 2)), ["qm", "qv", "pm", "pv"]),
        (vae.log_bernoulli_with_logits, dict.fromkeys(("x", "logits"), (3, 2)), ["logits"]),
    ],
)
def test_gradients_of_the_parts_of_a_vae(rng, function, sizes, names):
    case = {name: 0.2 + rng.random(size) for name, size in sizes.items()}
    pull = rng.normal(size=3)
    answer = function(**case, pull=pull)
    for name in names:
        slopes = slope(lambda **c: (pull * function(**c, pull=pull)["value"]).sum(), case, name)
        np.testing.assert_allclose(answer[f"grad_{name}"], slopes, atol=1e-7)


@pytest.mark.parametrize(
    ("function", "value", "count"), [(vae.negative_elbo_bound, "nelbo", ()), (vae.negative_iwae_bound, "value", (4,))]
)
def test_gradients_of_the_bounds_of_a_vae(rng, function, value, count):
    x, coefficients = cases.random_autoencoder(rng, 3, width=2, n_pixels=5)
    noise = rng.normal(size=(3, *count, 2))
    answer = function(x, noise, **coefficients)
    for name in coefficients:
        slopes = slope(lambda **c: function(x, noise, **c)[value], coefficients, name)
        np.testing.assert_allclose(answer[f"grad_{name}"], slopes, atol=1e-6)


def test_the_kl_divergence_is_its_integral():
    z = np.linspace(-30, 30, 200_001)

    def density(m, v):
        return np.exp(-((z - m) ** 2) / (2 * v)) / np.sqrt(2 * np.pi * v)

    q, p = density(0.5, 0.3), density(-1.0, 2.0)
    integral = np.trapezoid(q * np.log(q / p, where=q > 0, out=np.zeros(z.shape)), z)
    parts = (np.array([[value]]) for value in (0.5, 0.3, -1.0, 2.0))
    assert np.isclose(vae.kl_normal(*parts, pull=np.ones(1))["value"][0], integral, atol=1e-8)


def test_the_importance_weighted_bound_goes_from_the_elbo_to_the_likelihood(rng):
    """With one sample it is the ELBO on average; with many it is log p(x), here by quadrature."""
    x, coefficients = cases.random_autoencoder(rng, 1, width=1, n_pixels=3)
    noise = rng.normal(size=(1, 200_000, 1))
    each = [vae.negative_iwae_bound(x, noise[:, k : k + 1], **coefficients)["value"] for k in range(3000)]
    parts = [vae.negative_elbo_bound(x, noise[:, k], **coefficients)["nelbo"] for k in range(3000)]
    assert abs(np.mean(each) - np.mean(parts)) < 6 * np.std(np.subtract(each, parts)) / np.sqrt(3000)
    z = np.linspace(-10, 10, 20_001)[:, None]
    likelihood = vae.log_bernoulli_with_logits(x, z @ coefficients["weight"].T + coefficients["bias"], np.ones(len(z)))[
        "value"
    ]
    exact = -np.log(np.trapezoid(np.exp(likelihood - z[:, 0] ** 2 / 2) / np.sqrt(2 * np.pi), z[:, 0]))
    many = vae.negative_iwae_bound(x, noise, **coefficients)["value"]
    assert abs(many - exact) < 0.02 < np.mean(each) - exact


def test_what_stands_in_for_functions_of_a_vae_is_what_they_come_to(rng):
    x, coefficients = cases.random_autoencoder(rng, 2, width=2, n_pixels=4)
    noise = rng.normal(size=(2, 3, 2))
    known = vae.known(x, noise, **coefficients)
    encoder = {name: array for name, array in coefficients.items() if "_" in name}
    m, v = vae.encoded(x, **encoder)
    np.testing.assert_allclose(known["sample_gaussian_values"], m[:, None] + np.sqrt(v)[:, None] * noise)
    slopes = slope(lambda v: (m[:, None] + np.sqrt(v)[:, None] * noise).sum(), {"v": v}, "v")
    np.testing.assert_allclose(known["sample_gaussian_slopes_1"].sum(axis=1), slopes, atol=1e-6)
    z = known["sample_gaussian_values"].reshape(6, 2)
    np.testing.assert_allclose(
        known["log_bernoulli_with_logits_points_1"], z @ coefficients["weight"].T + coefficients["bias"]
    )


F_GAN_ROWS = [
    *[(name, np.nan) for name in ("total_variation", "kl", "reverse_kl", "pearson", "neyman", "squared_hellinger")],
    *[("jeffrey", np.nan), ("jensen_shannon", np.nan), ("gan", np.nan), ("weighted_jensen_shannon", 0.3)],
    *[("alpha_below_one", 0.5), ("alpha_below_one", -1.2), ("alpha_above_one", 1.5)],
]


@pytest.mark.parametrize(("name", "a"), F_GAN_ROWS)
def test_derivatives_of_the_table_of_f_divergences(rng, name, a):
    u = np.exp(rng.normal(size=5))
    columns = {"f": u, "activation": rng.normal(size=5), "conjugate_of_activation": rng.normal(size=5)}
    columns["conjugate"] = rng.uniform(-0.4, 0.4, 5) if name == "total_variation" else fgan.f(name, a, u)[1]
    for function, at in columns.items():
        call = getattr(fgan, function)
        slopes = slope(lambda x, call=call: call(name, a, x)[0].sum(), {"x": at}, "x")
        np.testing.assert_allclose(call(name, a, at)[1], slopes, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(("name", "a"), F_GAN_ROWS)
def test_gradients_of_f_gan_losses(rng, name, a):
    case = cases.random_images(rng, 3, (1, 2, 2))
    for function, names in ((fgan.f_gan_loss_d, ["weight", "curvature", "bias"]), (fgan.f_gan_loss_g, ["images"])):
        answer = function(name, a, **case)
        for argument in names:
            slopes = slope(lambda call=function, **c: call(name, a, **c)["value"], case, argument)
            np.testing.assert_allclose(answer[f"grad_{argument}"], slopes, atol=1e-6, rtol=1e-5)


def test_the_logit_and_its_log_dets_undo_each_other(rng):
    v = rng.random((3, 1, 2, 2))
    there = image_flow.provided(v, v)
    back = image_flow.provided(v, there["logit"])
    assert np.allclose(back["from_logit"], v)
    assert np.allclose(back["from_logit_log_det"], -there["logit_log_det"])
    step = (image_flow.provided(v + STEP, v)["logit"] - image_flow.provided(v - STEP, v)["logit"]) / (2 * STEP)
    assert np.allclose(there["logit_log_det"], np.log(step).sum(axis=(1, 2, 3)))


def test_squeezing_takes_every_second_value_of_every_second_row():
    v = np.arange(48.0).reshape(1, 2, 4, 6)
    squeezed = image_flow.provided(v / 48, v)["squeezed"] * 48
    assert squeezed.shape == (1, 8, 2, 3)
    assert np.allclose(squeezed[0, 0], v[0, 0, ::2, ::2])
    assert np.allclose(squeezed[0, 7], v[0, 1, 1::2, 1::2])
