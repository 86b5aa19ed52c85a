"""Problem 9's parts are what their equations say: determinants by Jacobians, densities by integrals."""

import math

import pytest
import torch
from torch import nn

from network import CouplingNet
from submission import image_flow
from training.image_flow import build_flow

pytestmark = pytest.mark.usefixtures("float64")


class SmoothNet(nn.Module):
    """Log scales and shifts of images of 4 values; smooth."""

    def __init__(self, n_dims):
        super().__init__()
        self.linear = nn.Linear(n_dims, 2 * n_dims)

    def forward(self, x):
        return tuple(part.view(x.shape) for part in torch.tanh(self.linear(x.flatten(1))).chunk(2, dim=1))


LAYERS = {
    "checkerboard": lambda: image_flow.AffineCoupling(image_flow.checkerboard_mask(2, 4), SmoothNet(8)),
    "other colour": lambda: image_flow.AffineCoupling(1 - image_flow.checkerboard_mask(2, 4), SmoothNet(8)),
    "logit": image_flow.Logit,
    "squeeze": image_flow.Squeeze,
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_undone_and_its_log_dets_are_of_the_jacobian(name):
    torch.manual_seed(0)
    layer = LAYERS[name]().double()
    x = torch.rand(3, 1, 2, 4)
    z, log_det = layer.inverse(x)
    again, log_det_back = layer.forward(z)
    torch.testing.assert_close(again, x)
    torch.testing.assert_close(log_det_back, -log_det)
    for row, expected in zip(x, log_det, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda x: layer.inverse(x[None])[0].flatten(), row)
        torch.testing.assert_close(torch.linalg.slogdet(jacobian.reshape(8, 8))[1], expected)


def test_squeezing_makes_channels_of_blocks():
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    z, _ = image_flow.Squeeze().inverse(x)
    assert z.shape == (1, 4, 2, 2) and z[0, :, 0, 0].tolist() == [0, 1, 4, 5]


def test_the_density_of_two_values_integrates_to_one():
    torch.manual_seed(0)
    mask = image_flow.checkerboard_mask(1, 2)
    couplings = [image_flow.AffineCoupling(m, SmoothNet(2)) for m in (mask, 1 - mask)]
    flow = image_flow.ImageFlow([image_flow.Logit(), *couplings], (1, 1, 2)).double()
    ticks = torch.linspace(-0.0101, 1.0101, 801)  # the margin of Logit lets samples go a little beyond [0, 1]
    ticks = ticks.clamp(-0.010203, 1.010203)
    v = torch.cartesian_prod(ticks, ticks).reshape(-1, 1, 1, 2)
    with torch.no_grad():
        density = flow.log_prob(v).exp().reshape(801, 801)
    assert abs(torch.trapezoid(torch.trapezoid(density, ticks), ticks) - 1) < 5e-3


def test_the_bound_of_a_density_that_is_flat_within_levels_is_its_probability():
    """A histogram has no gap to its bound: log P(x) = log p(v) - D log 256."""
    shares = torch.rand(256).softmax(dim=0)
    x = torch.tensor([0, 7, 255])
    log_density = torch.log(shares * 256)[x]
    torch.testing.assert_close(image_flow.log_likelihood_bound(log_density, 1), shares[x].log())
    bits = image_flow.bits_per_dim(torch.full((5,), -784 * 8 * math.log(2)), 784)
    assert bits.shape == () and abs(bits.item() - 8) < 1e-12  # all images alike: 8 bits a value


def test_noise_fills_each_level_and_is_new_each_time():
    torch.set_default_dtype(torch.float32)
    x = torch.arange(256, dtype=torch.uint8).repeat(100).reshape(100, 1, 16, 16)
    first, second = image_flow.dequantise(x), image_flow.dequantise(x)
    noise = first * 256 - x
    assert 0 <= noise.min() < 1e-3 and 1 - 1e-3 < noise.max() <= 1
    assert abs(noise.mean() - 0.5) < 0.01 and not torch.equal(first, second)
    assert torch.equal((first * 256).floor().clamp(max=255).to(torch.uint8), x)


def test_a_flow_that_moves_nothing_has_the_density_of_a_logistic_image():
    torch.set_default_dtype(torch.float32)
    flow = build_flow(2, 8)
    v = torch.rand(4, 1, 28, 28)
    z, log_det = image_flow.Logit().inverse(v)
    expected = (-0.5 * z.square() - 0.5 * math.log(2 * math.pi)).flatten(1).sum(1) + log_det
    torch.testing.assert_close(flow.log_prob(v), expected)


def test_what_is_built_is_undone_and_samples_are_levels():
    torch.set_default_dtype(torch.float32)
    torch.manual_seed(0)
    flow = build_flow(2, 8)
    for module in flow.modules():
        if isinstance(module, CouplingNet):
            nn.init.normal_(module.net[-1].weight, std=0.05)
    v = torch.rand(3, 1, 28, 28)
    z = v
    for layer in flow.layers:
        z, _ = layer.inverse(z)
    for layer in reversed(flow.layers):
        z, _ = layer.forward(z)
    torch.testing.assert_close(z, v, atol=1e-4, rtol=1e-3)
    samples = flow.sample(5, device="cpu")
    assert samples.shape == (5, 1, 28, 28) and samples.dtype == torch.uint8 and not samples.requires_grad
