"""A network arranged for speed computes what it did."""

import copy

import pytest
import torch

from network import Discriminator, Generator
from training import layout

WIDE = (512, 2048)  # in, out


def test_networks_give_what_they_gave():
    torch.manual_seed(0)
    for network, inputs in ((Generator(), torch.randn(64, 64)), (Discriminator(), torch.randn(64, 1, 28, 28))):
        arranged = copy.deepcopy(network)
        layout.apply(arranged)
        torch.testing.assert_close(arranged(inputs), network(inputs), rtol=1e-4, atol=1e-5)
        assert {*arranged.state_dict()} == {*network.state_dict()}


def test_only_wide_layers_are_changed():
    network = torch.nn.Sequential(torch.nn.Linear(*WIDE), torch.nn.Linear(64, 512))
    layout.apply(network)
    assert [type(layer) for layer in network] == [layout.WideLinear, torch.nn.Linear]


@pytest.mark.parametrize("shape", [(1,), (layout.FEW,), (layout.FEW + 1,), (2, 3)])
def test_a_wide_layer_has_the_same_values_and_first_and_second_derivatives(shape):
    torch.manual_seed(0)
    plain = torch.nn.Linear(*WIDE)
    wide = copy.deepcopy(plain)
    layout.apply(wide)
    x = torch.randn(*shape, WIDE[0])
    found = []
    for layer in (plain, wide):
        inputs = x.clone().requires_grad_()
        value = layer(inputs).tanh().sum()
        (slope,) = torch.autograd.grad(value, inputs, create_graph=True)
        slope.square().sum().backward()
        found.append((value, slope, layer.weight.grad, layer.bias.grad, inputs.grad))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(theirs, ours, rtol=1e-4, atol=1e-4)


def test_few_rows_go_the_other_way_round(monkeypatch):
    layer = torch.nn.Linear(*WIDE)
    layout.apply(layer)
    calls = []
    addmm = torch.addmm
    monkeypatch.setattr(torch, "addmm", lambda *matrices: calls.append(matrices) or addmm(*matrices))
    for rows in (layout.FEW, layout.FEW + 1):
        layer(torch.randn(rows, WIDE[0]))
    assert len(calls) == 1
