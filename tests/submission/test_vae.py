"""Problem 6's functions are what their equations say, with the right gradients."""

import math

import pytest
import torch
from torch import nn

from network import Autoencoder
from submission import vae

pytestmark = pytest.mark.usefixtures("float64")


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Autoencoder(n_pixels=6, dim_z=2, hidden=(5,), activation=nn.Tanh)


@pytest.fixture
def x():
    return torch.randint(2, (4, 6), generator=torch.Generator().manual_seed(1)).double()


def gaussians(*shape):
    generator = torch.Generator().manual_seed(2)
    qm, pm = torch.randn(2, *shape, generator=generator)
    qv, pv = 0.2 + torch.rand(2, *shape, generator=generator)
    return qm, qv, pm, pv


@pytest.mark.parametrize("shape", [(2,), (1, 1), (5, 3), (2, 4, 3)])
def test_the_kl_divergence_is_the_librarys(shape):
    qm, qv, pm, pv = gaussians(*shape)
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(qm, qv.sqrt()), normal(pm, pv.sqrt())).sum(-1)
    torch.testing.assert_close(vae.kl_normal(qm, qv, pm, pv), expected)


@pytest.mark.parametrize("scale", [1, 100])
def test_the_likelihood_is_the_librarys_and_finite_far_out(x, scale):
    logits = scale * torch.randn(3, 4, 6, generator=torch.Generator().manual_seed(3))
    expected = torch.distributions.Bernoulli(logits=logits).log_prob(x).sum(-1)
    found = vae.log_bernoulli_with_logits(x, logits)
    torch.testing.assert_close(found, expected)
    assert found.shape == (3, 4) and found.isfinite().all()


def test_log_normal_is_the_librarys():
    x, v, m, _ = gaussians(4, 3)
    torch.testing.assert_close(vae.log_normal(x, m, v), torch.distributions.Normal(m, v.sqrt()).log_prob(x).sum(-1))


def test_samples_have_the_moments_asked_for_and_follow_both_of_them():
    m, v = torch.tensor([1.0, -2]).repeat(100_000, 1), torch.tensor([0.25, 9]).repeat(100_000, 1)
    m.requires_grad_(), v.requires_grad_()
    torch.manual_seed(0)
    z = vae.sample_gaussian(m, v)
    assert (z.mean(0) - m[0]).abs().max() < 0.05 and (z.var(0) / v[0] - 1).abs().max() < 0.05
    by_m, by_v = torch.autograd.grad(z.sum(), (m, v))
    torch.testing.assert_close(by_m, torch.ones_like(m))
    torch.testing.assert_close(by_v, ((z - m) / (2 * v)).detach())


def test_the_bound_is_the_sum_of_its_parts(model, x):
    nelbo, kl, rec = vae.negative_elbo_bound(model, x)
    torch.testing.assert_close(nelbo, kl + rec)
    m, v = model.encode(x)
    torch.testing.assert_close(kl, vae.kl_normal(m, v, torch.zeros_like(m), torch.ones_like(v)).mean())
    assert nelbo.shape == kl.shape == rec.shape == () and rec > 0


@pytest.mark.parametrize(
    "bound", [lambda *a: vae.negative_elbo_bound(*a)[0], lambda *a: vae.negative_iwae_bound(*a, 3)]
)
def test_gradients_are_right_for_the_noise_that_is_drawn(model, x, bound):
    names, values = zip(*_Bound(model, bound).named_parameters(), strict=True)

    def value(*values):
        torch.manual_seed(4)
        return torch.func.functional_call(_Bound(model, bound), dict(zip(names, values, strict=True)), (x,))

    assert torch.autograd.gradcheck(value, values)


def test_more_samples_tighten_the_bound_to_the_likelihood(model, x):
    torch.manual_seed(0)
    with torch.no_grad():
        elbo = sum(vae.negative_elbo_bound(model, x)[0] for _ in range(400)) / 400
        bounds = [sum(vae.negative_iwae_bound(model, x, k) for _ in range(400)) / 400 for k in (1, 5, 50)]
        z = torch.randn(200_000, 2)  # few pixels: the prior itself is good enough to sample from
        logits = model.decode(z)
        exact = -torch.stack(
            [vae.log_bernoulli_with_logits(row, logits).logsumexp(0) - math.log(len(z)) for row in x]
        ).mean()
    assert abs(bounds[0] - elbo) < 0.1
    assert bounds[0] > bounds[1] > bounds[2] > exact - 0.02
    assert bounds[2] - exact < 0.05


def test_a_batch_of_one_works_and_inputs_are_left_alone(model, x):
    before = x.clone()
    for value in (vae.negative_elbo_bound(model, x[:1])[0], vae.negative_iwae_bound(model, x[:1], 2)):
        value.backward()
    assert torch.equal(x, before)


def test_unlikely_images_keep_a_finite_bound(x):
    model = Autoencoder(6, 2, (5,), nn.ReLU)
    with torch.no_grad():
        model.decoder[-1].bias.copy_(1e4 * (0.5 - x[0]))
    assert vae.negative_iwae_bound(model, x[:1], 5) > 1e4


def test_every_tensor_is_made_on_the_device_of_the_images(x):
    """The meta device stands in for a GPU: mixing it with the CPU is an error."""
    model = Autoencoder(6, 2, (5,), nn.ReLU).to("meta")
    assert vae.negative_elbo_bound(model, x.to("meta"))[0].device.type == "meta"
    assert vae.negative_iwae_bound(model, x.to("meta"), 3).device.type == "meta"


class _Bound(nn.Module):
    """A bound on a model as the forward of a module, for functional_call."""

    def __init__(self, model, bound):
        super().__init__()
        self.model, self.bound = model, bound

    def forward(self, x):
        return self.bound(self.model, x)
