"""The flow of problem 1 is what its equations say, for every size."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd.functional import jacobian

from submission.flow_network import MADE, MAF, MaskedLinear, PermuteLayer

pytestmark = pytest.mark.usefixtures("float64")

sizes = {"n": st.integers(1, 9), "hidden": st.integers(1, 20), "n_hidden": st.integers(0, 3)}
seeds = st.integers(0, 2**31)


def random_made(n, hidden, n_hidden, seed=0, scale=1.5):
    """A MADE far enough from its initialisation that mistakes show."""
    torch.manual_seed(seed)
    made = MADE(n, hidden, n_hidden)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(scale)
    return made


def random_maf(n, hidden=8, n_hidden=1, n_flows=3, seed=0):
    torch.manual_seed(seed)
    return MAF(n, hidden, n_hidden, n_flows)


def log_density(flow, points):
    """Log density of each point, though `log_probs` gives means only."""
    return torch.func.vmap(lambda x: flow.log_probs(x[None]))(points)


def test_masked_linear_multiplies_the_weight_by_the_mask():
    mask = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    layer = MaskedLinear(3, 2, mask)
    x = torch.randn(4, 3)
    expected = x.numpy() @ (layer.weight.detach().numpy() * mask.numpy()).T + layer.bias.detach().numpy()
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-12)
    assert "mask" in dict(layer.named_buffers())


@given(n=st.integers(1, 12), batch=st.integers(1, 4))
def test_permute_layer_reverses_both_ways(n, batch):
    layer, x = PermuteLayer(n), torch.randn(batch, n)
    for direction in (layer.forward, layer.inverse):
        permuted, log_det = direction(x)
        assert torch.equal(permuted, x.flip(1))
        assert torch.equal(log_det, torch.zeros(batch))


@given(**sizes, seed=seeds)
@settings(max_examples=40, deadline=None)
def test_mu_and_alpha_of_a_coordinate_depend_on_those_before_it_alone(n, hidden, n_hidden, seed):
    made = random_made(n, hidden, n_hidden, seed)
    slopes = jacobian(lambda x: made.net(x[None])[0], torch.randn(n))  # (2n, n)
    for half in slopes.split(n):
        assert torch.equal(half.triu(), torch.zeros(n, n))


@pytest.mark.parametrize("n", [2, 3, 7, 64])
@pytest.mark.parametrize("n_hidden", [0, 1, 3])
def test_every_earlier_coordinate_is_connected(n, n_hidden):
    made = MADE(n, max(100, n), n_hidden)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.fill_(1e-2)  # all positive: no path can cancel another
    slopes = jacobian(lambda x: made.net(x[None])[0], torch.ones(n))
    for half in slopes.split(n):
        assert torch.equal(half != 0, torch.ones(n, n).tril(-1).bool())


def test_masks_follow_the_degrees_of_the_contract():
    """Input i has degree i, hidden unit k degree k mod (n - 1), output i degree i - 1; above >= below connects."""
    n, hidden = 4, 7
    masks = [layer.mask.tolist() for layer in MADE(n, hidden, 1).net[::2]]
    degree = [k % (n - 1) for k in range(hidden)]
    assert masks[0] == [[float(degree[k] >= i) for i in range(n)] for k in range(hidden)]
    assert masks[1] == [[float(degree[k] >= degree[j]) for j in range(hidden)] for k in range(hidden)]
    assert masks[2] == 2 * [[float(i - 1 >= degree[k]) for k in range(hidden)] for i in range(n)]


def test_a_permute_layer_follows_every_made():
    kinds = [type(layer).__name__ for layer in MAF(2, 4, 1, 3).nf]
    assert kinds == ["MADE", "PermuteLayer"] * 3


def test_net_is_a_chain_of_masked_linear_and_relu_with_n_hidden_inner_layers():
    for n_hidden in range(4):
        kinds = [type(layer).__name__ for layer in MADE(3, 5, n_hidden).net]
        assert kinds == ["MaskedLinear", "ReLU"] * (n_hidden + 1) + ["MaskedLinear"]


@given(**sizes, batch=st.integers(1, 4), seed=seeds)
@settings(max_examples=40, deadline=None)
def test_forward_and_inverse_undo_each_other(n, hidden, n_hidden, batch, seed):
    made = random_made(n, hidden, n_hidden, seed, scale=1.0)
    z = torch.randn(batch, n)
    x, forward_log_det = made.forward(z)
    z_again, inverse_log_det = made.inverse(x)
    assert x.shape == (batch, n) and forward_log_det.shape == inverse_log_det.shape == (batch,)
    torch.testing.assert_close(z_again, z, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(inverse_log_det, -forward_log_det, rtol=1e-8, atol=1e-8)


@given(**sizes, seed=seeds)
@settings(max_examples=30, deadline=None)
def test_log_dets_are_those_of_the_jacobians(n, hidden, n_hidden, seed):
    made = random_made(n, hidden, n_hidden, seed, scale=1.0)
    point = torch.randn(n)
    for direction in (made.forward, made.inverse):
        slopes = jacobian(lambda v, direction=direction: direction(v[None])[0][0], point)
        expected = torch.linalg.slogdet(slopes).logabsdet
        torch.testing.assert_close(direction(point[None])[1][0], expected, rtol=1e-8, atol=1e-8)


def test_inverse_is_its_equation():
    made = random_made(5, 11, 1)
    x = torch.randn(6, 5)
    mu, alpha = made.net(x).detach().numpy()[:, :5], made.net(x).detach().numpy()[:, 5:]
    z, log_det = made.inverse(x)
    np.testing.assert_allclose(z.detach().numpy(), (x.numpy() - mu) / np.exp(alpha), rtol=1e-10)
    np.testing.assert_allclose(log_det.detach().numpy(), -alpha.sum(1), rtol=1e-10)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_log_probs_of_blocks_without_weights_is_a_gaussian(n):
    """Weights of zero leave z_i = (x_i - mu_i) exp(-alpha_i) with constants: a Gaussian known in closed form."""
    flow = random_maf(n, n_flows=3)
    mean, log_std = np.zeros(n), np.zeros(n)
    shifts = []
    with torch.no_grad():
        for made in list(flow.nf)[::2]:
            for parameter in made.parameters():
                parameter.zero_()
            mu, alpha = torch.randn(n), 0.3 * torch.randn(n)
            made.net[-1].bias.copy_(torch.cat([mu, alpha]))
            shifts.append((mu.numpy(), alpha.numpy()))
    for mu, alpha in reversed(shifts):  # from noise to data
        mean, log_std = mean[::-1], log_std[::-1]
        mean, log_std = mu + np.exp(alpha) * mean, alpha + log_std
    x = np.random.default_rng(0).normal(size=(7, n))
    expected = -0.5 * ((x - mean) / np.exp(log_std)) ** 2 - log_std - 0.5 * np.log(2 * np.pi)
    value = flow.log_probs(torch.from_numpy(x))
    assert value.shape == ()
    np.testing.assert_allclose(value.item(), expected.sum(1).mean(), rtol=1e-10)
    assert flow.loss(torch.from_numpy(x)).item() == -value.item()

    samples = flow.sample("cpu", 40_000)
    assert isinstance(samples, np.ndarray) and samples.shape == (40_000, n)
    np.testing.assert_allclose(samples.mean(0), mean, atol=5 * np.exp(log_std).max() / 200)
    np.testing.assert_allclose(samples.std(0), np.exp(log_std), rtol=0.03)


@given(seed=st.integers(0, 1000), n_flows=st.integers(1, 4), n_hidden=st.integers(0, 2))
@settings(max_examples=10, deadline=None)
def test_the_density_integrates_to_one(seed, n_flows, n_hidden):
    flow = random_maf(2, n_flows=n_flows, n_hidden=n_hidden, seed=seed)
    ticks = torch.linspace(-12, 12, 481)
    grid = torch.cartesian_prod(ticks, ticks)
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter.mul_(0.7)  # tails light enough for the window
        density = log_density(flow, grid).exp().nan_to_num(0.0)  # z overflows far outside, where it is zero
    mass = density.sum() * (ticks[1] - ticks[0]) ** 2
    assert abs(mass.item() - 1) < 1e-3


def test_samples_follow_the_density():
    """Monte Carlo: E_q[p_0(x) / q(x)] = 1 for x drawn from q, whatever the density p_0."""
    flow = random_maf(2, seed=3)
    torch.manual_seed(0)
    x = torch.from_numpy(flow.sample("cpu", 20_000))
    with torch.no_grad():
        log_ratio = -0.5 * ((x / 0.5).square() + math.log(2 * math.pi * 0.25)).sum(1) - log_density(flow, x)
    ratio = log_ratio.exp()
    error = ratio.std() / math.sqrt(len(ratio))
    assert abs(ratio.mean() - 1) < 5 * error < 0.2


def test_gradients_are_right():
    made = random_made(3, 5, 1, scale=1.0)
    point = torch.randn(2, 3, requires_grad=True)
    flow = random_maf(3, hidden=5, n_flows=2)
    assert torch.autograd.gradcheck(made.forward, point)
    assert torch.autograd.gradcheck(made.inverse, point)
    assert torch.autograd.gradcheck(flow.log_probs, point)
    for function in (lambda: made.forward(point), lambda: made.inverse(point), lambda: flow.log_probs(point)):
        module = flow if function().__class__ is torch.Tensor else made
        parameters = tuple(module.parameters())
        assert torch.autograd.gradcheck(lambda *_, function=function: function(), parameters)


@pytest.mark.parametrize(("n", "batch"), [(1, 1), (2, 1), (64, 1), (64, 3)])
def test_any_dimension_and_a_batch_of_one_work(n, batch):
    flow = random_maf(n, hidden=70, n_hidden=0, n_flows=2)
    x = torch.randn(batch, n)
    before = x.clone()
    loss = flow.loss(x)
    loss.backward()
    assert loss.isfinite() and torch.equal(x, before)
    x, _ = flow.nf[0].forward(before)
    assert x.shape == (batch, n)
    assert flow.sample("cpu", batch).shape == (batch, n)


@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_made_leaves_its_input_alone(direction):
    x = torch.randn(3, 4)
    before = x.clone()
    getattr(random_made(4, 6, 1), direction)(x)
    assert torch.equal(x, before)


def test_every_tensor_is_made_on_the_device_of_the_input():
    """The meta device stands in for a GPU: mixing it with the CPU is an error."""
    flow = MAF(3, 8, 1, 2).to("meta")
    x = torch.empty(5, 3, device="meta")
    for result in (*flow.nf[0].forward(x), *flow.nf[0].inverse(x), *flow.nf[1].forward(x), flow.log_probs(x)):
        assert result.device.type == "meta"
