"""bf16 is for the networks alone, and for hardware that has it."""

import copy

import pytest
import torch

from network import ConditionalDiscriminator, Discriminator, Generator
from submission import gan
from training import precision
from training.errors import TrainingStopped

CPU = torch.device("cpu")


@pytest.fixture
def capable(monkeypatch):
    monkeypatch.setattr(precision, "_has_bf16", lambda device: True)


def test_hardware_without_it_is_refused(monkeypatch):
    monkeypatch.setattr(precision, "_has_bf16", lambda device: False)
    with pytest.raises(TrainingStopped, match="--precision bf16 is slower than fp32 here"):
        precision.apply("bf16", Generator(), CPU)
    precision.apply("fp32", Generator(), CPU)


@pytest.mark.parametrize(("instructions", "has"), [("avx512_f", False), ("avx512_bf16", True), ("amx_bf16", True)])
def test_what_onednn_would_only_imitate_is_not_there(monkeypatch, instructions, has):
    able = dict.fromkeys(("avx512_f", "avx512_bf16", "amx_bf16"), False) | {
        "architecture": "x86_64",
        instructions: True,
    }
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    assert precision._has_bf16(CPU) == has


def test_the_network_rounds_and_the_loss_does_not(capable):
    torch.manual_seed(0)
    network = torch.nn.Linear(3, 2)
    x = torch.randn(4, 3)
    expected = (x.bfloat16() @ network.weight.bfloat16().T + network.bias.bfloat16()).float()
    precision.apply("bf16", network, CPU)
    out = network(x)
    assert out.dtype == torch.float32
    torch.testing.assert_close(out, expected, rtol=0.01, atol=0.01)
    assert not torch.equal(out, torch.nn.functional.linear(x, network.weight, network.bias))
    out.sum().backward()
    assert network.weight.grad.dtype == torch.float32


def test_a_network_may_be_called_by_keywords(capable):
    d, x, y = ConditionalDiscriminator(), torch.rand(4, 1, 28, 28), torch.arange(4)
    precision.apply("bf16", d, CPU)
    assert torch.equal(d(y=y, x=x), d(x, y))


@pytest.mark.parametrize("name", ["loss_nonsaturating_d", "loss_wasserstein_gp_d"])
def test_losses_are_near_those_of_fp32(capable, name):
    torch.manual_seed(0)
    g, d = Generator(), Discriminator()
    x = torch.rand(4, 1, 28, 28)
    found = []
    for one in ("fp32", "bf16"):
        for network in (g, d):
            precision.apply(one, network, CPU)
        torch.manual_seed(1)
        loss = getattr(gan, name)(g, d, x, device=CPU)
        found.append((loss.item(), torch.autograd.grad(loss, [d.net[0].weight])[0]))
        assert loss.dtype == torch.float32
    (plain, plain_gradient), (rounded, rounded_gradient) = found
    assert rounded == pytest.approx(plain, rel=0.02) and rounded != plain
    assert torch.nn.functional.cosine_similarity(plain_gradient.flatten(), rounded_gradient.flatten(), dim=0) > 0.98


def test_a_copy_of_a_network_goes_by_its_own_weights(capable):
    network = torch.nn.Linear(3, 2)
    precision.apply("bf16", network, CPU)
    other = copy.deepcopy(network)
    torch.nn.init.zeros_(other.weight)
    torch.nn.init.zeros_(other.bias)
    assert not other(torch.ones(1, 3)).any()
    assert network(torch.ones(1, 3)).any()
