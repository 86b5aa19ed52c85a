"""The losses of problems 2, 4, 5 and 7 are what their equations say, with the right gradients."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.func import functional_call

from network import ConditionalDiscriminator, ConditionalGenerator, Discriminator, Generator
from submission import gan

pytestmark = pytest.mark.usefixtures("float64")

DIM_Z, PIXELS, CLASSES = 3, 4, 10
PLAIN = ["loss_nonsaturating_d", "loss_nonsaturating_g", "loss_wasserstein_gp_d", "loss_wasserstein_gp_g"]
PLAIN += ["loss_minimax_g"]
CONDITIONAL = ["conditional_loss_nonsaturating_d", "conditional_loss_nonsaturating_g"]


class SmallGenerator(nn.Module):
    """Noise to 1x2x2 images; smooth, so that numerical derivatives are good."""

    def __init__(self):
        super().__init__()
        self.dim_z = DIM_Z
        self.linear = nn.Linear(DIM_Z, PIXELS)
        self.embedding = nn.Embedding(CLASSES, PIXELS)

    def forward(self, z, y=None):
        x = self.linear(z) if y is None else self.linear(z) + self.embedding(y)
        return torch.tanh(x).reshape(-1, 1, 2, 2)


class SmallDiscriminator(nn.Module):
    """1x2x2 images to numbers (B,), smooth."""

    def __init__(self):
        super().__init__()
        self.inner, self.outer = nn.Linear(PIXELS, 5), nn.Linear(5, CLASSES)

    def forward(self, x, y=None):
        h = self.outer(torch.tanh(self.inner(x.flatten(1))))
        return h[:, 0] if y is None else h.gather(1, y[:, None])[:, 0]


class Constant(nn.Module):
    """Logits of +-size: plus for images above zero, minus below; the slope of the images is `slope`."""

    def __init__(self, size):
        super().__init__()
        self.size = nn.Parameter(torch.tensor(float(size)))

    def forward(self, x, y=None):
        return self.size * torch.sign(x.flatten(1).sum(1)) + 0 * x.flatten(1).sum(1)


class Signed(nn.Module):
    """A generator that gives the same image for any noise."""

    def __init__(self, value):
        super().__init__()
        self.dim_z, self.value = DIM_Z, nn.Parameter(torch.tensor(float(value)))

    def forward(self, z, y=None):
        return self.value * torch.ones(len(z), 1, 2, 2)


def small_networks(seed=0):
    torch.manual_seed(seed)
    return SmallGenerator(), SmallDiscriminator()


def batch_for(name, size=6, seed=1):
    generator = torch.Generator().manual_seed(seed)
    batch = (torch.randn(size, 1, 2, 2, generator=generator),)
    if name in CONDITIONAL:
        batch += (torch.randint(CLASSES, (size,), generator=generator),)
    return batch


def call(name, g, d, *batch, seed=2):
    torch.manual_seed(seed)
    return getattr(gan, name)(g, d, *batch, device="cpu")


def noise_drawn(size, seed=2):
    torch.manual_seed(seed)
    return torch.randn(size, DIM_Z)


def sigmoid(h):
    return 1 / (1 + np.exp(-h.detach().numpy()))


@given(size=st.integers(1, 9), seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize("name", PLAIN[:2] + CONDITIONAL)
def test_nonsaturating_losses_equal_their_equations(name, size, seed):
    g, d = small_networks(seed)
    x, *labels = batch_for(name, size, seed)
    z = noise_drawn(size)
    real, fake = sigmoid(d(x, *labels)), sigmoid(d(g(z, *labels), *labels))
    expected = -np.log(fake).mean()
    if name.endswith("_d"):
        expected = -np.log(real).mean() - np.log(1 - fake).mean()
    loss = call(name, g, d, x, *labels)
    assert loss.shape == ()
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-10)


def test_the_minimax_loss_equals_its_equation_and_its_gradient_vanishes_where_fakes_are_found_out():
    g, d = small_networks()
    expected = np.log(1 - sigmoid(d(g(noise_drawn(6))))).mean()
    np.testing.assert_allclose(call("loss_minimax_g", g, d, *batch_for("")).item(), expected, rtol=1e-12)
    for logit, slope in ((-100.0, 0.0), (0.0, -0.5), (100.0, -1.0)):
        h = torch.full((6,), logit, requires_grad=True)
        (gradient,) = torch.autograd.grad(call("loss_minimax_g", g, lambda x, h=h: h, *batch_for("")), h)
        np.testing.assert_allclose(gradient.sum().item(), slope, atol=1e-30)


def test_wasserstein_generator_loss_equals_its_equation():
    g, d = small_networks()
    expected = -d(g(noise_drawn(6))).mean().item()
    np.testing.assert_allclose(call("loss_wasserstein_gp_g", g, d, *batch_for("")).item(), expected, rtol=1e-12)


@pytest.mark.parametrize("norm", [0.0, 0.2, 1.0, 3.0])
def test_penalty_of_a_linear_critic_needs_no_mixing_weights(norm):
    """d(x) = w.x has the slope w everywhere, so the penalty is 10 (|w| - 1)^2."""
    g, _ = small_networks()
    w = torch.tensor([1.0, -2.0, 2.0, 0.5])
    w = (w / w.norm() * norm).requires_grad_()
    (x,) = batch_for("")
    loss = call("loss_wasserstein_gp_d", g, lambda images: images.flatten(1) @ w, x)
    fake = g(noise_drawn(6)).flatten(1).mean(0)
    expected = (fake - x.flatten(1).mean(0)) @ w + 10 * (norm - 1) ** 2
    np.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-10)
    (slope,) = torch.autograd.grad(loss, w)
    assert slope.isfinite().all()


def test_penalty_is_taken_on_segments_with_one_uniform_weight_an_image():
    (x,) = batch_for("", size=2000)
    seen = []

    def critic(images):
        seen.append(images)
        return 0.5 * images.flatten(1).square().sum(1)  # slope: the image itself

    g = SmallGenerator()
    loss = call("loss_wasserstein_gp_d", g, critic, x)
    fake = g(noise_drawn(2000)).detach()
    mixed = next(images for images in seen if images.requires_grad and images.is_leaf).detach()
    weights = ((mixed - x) * (fake - x)).sum((1, 2, 3)) / (fake - x).square().sum((1, 2, 3))
    torch.testing.assert_close(mixed, x + weights.reshape(-1, 1, 1, 1) * (fake - x))
    ranks = torch.arange(1, 2001) / 2000
    assert (weights.sort().values - ranks).abs().max() < 0.04  # Kolmogorov-Smirnov, p < 0.003
    penalty = (mixed.flatten(1).norm(dim=1) - 1).square().mean()
    values = [0.5 * images.flatten(1).square().sum(1).mean() for images in (fake, x)]
    np.testing.assert_allclose(loss.item(), (values[0] - values[1] + 10 * penalty).item(), rtol=1e-10)


@pytest.mark.parametrize("name", PLAIN + CONDITIONAL)
def test_gradients_are_right_and_of_second_order_too(name):
    """For the gradient penalty the first order already holds a derivative of a derivative."""
    g, d = small_networks()
    batch = batch_for(name, size=3)
    network = d if name.endswith("_d") else g
    names, values = zip(*network.named_parameters(), strict=True)

    def loss(*values):
        def patched(*inputs):
            return functional_call(network, dict(zip(names, values, strict=True)), inputs)

        patched.dim_z = DIM_Z
        return call(name, *((g, patched) if network is d else (patched, d)), *batch)

    assert torch.autograd.gradcheck(loss, values)
    assert torch.autograd.gradgradcheck(loss, values)


@pytest.mark.parametrize("name", [n for n in PLAIN + CONDITIONAL if n.endswith("_g")])
def test_generator_losses_do_not_look_at_the_real_images(name):
    g, d = small_networks()
    x, *labels = batch_for(name)
    assert call(name, g, d, x, *labels).item() == call(name, g, d, 100 * x, *labels).item()


@pytest.mark.parametrize("logit", [100.0, -100.0, 1e4])
@pytest.mark.parametrize("name", PLAIN[:2] + CONDITIONAL)
def test_logits_of_a_hundred_give_finite_values_and_gradients(name, logit):
    g, d = Signed(1.0), Constant(logit)
    torch.set_default_dtype(torch.float32)
    g, d = g.float(), d.float()
    batch = [tensor.float() if tensor.is_floating_point() else tensor for tensor in batch_for(name)]
    batch[0] = batch[0].abs()
    loss = call(name, g, d, *batch)
    loss.backward()
    if name.endswith("_d"):
        expected = abs(logit)  # real and fake get the same logit, and so one of the two is all wrong
    else:
        expected = max(-logit, 0.0)
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-6, atol=1e-30)
    assert d.size.grad.isfinite()


@pytest.mark.parametrize("name", PLAIN + CONDITIONAL)
def test_inputs_are_left_alone_and_a_batch_of_one_works(name):
    g, d = small_networks()
    batch = batch_for(name, size=1)
    before = [tensor.clone() for tensor in batch]
    call(name, g, d, *batch).backward()
    assert all(torch.equal(a, b) for a, b in zip(batch, before, strict=True))
    assert not batch[0].requires_grad


@pytest.mark.parametrize("name", PLAIN + CONDITIONAL)
def test_every_tensor_is_made_on_the_device_asked_for(name):
    """The meta device stands in for a GPU: mixing it with the CPU is an error."""
    g, d = (
        (ConditionalGenerator(), ConditionalDiscriminator()) if name in CONDITIONAL else (Generator(), Discriminator())
    )
    batch = [torch.empty(4, 1, 28, 28, device="meta")]
    if name in CONDITIONAL:
        batch.append(torch.zeros(4, dtype=torch.int64, device="meta"))
    loss = getattr(gan, name)(g.to("meta"), d.to("meta"), *batch, device="meta")
    loss.backward()
    assert loss.device.type == "meta"
