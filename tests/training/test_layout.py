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


@pytest.mark.parametrize("shape", [(1,), (64,), (200,), (2, 3)])
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
        slope, by_weight = torch.autograd.grad(value, (inputs, layer.weight), create_graph=True)
        slope.square().sum().backward()
        found.append((value, slope, by_weight, layer.weight.grad, layer.bias.grad, inputs.grad))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(theirs, ours, rtol=1e-4, atol=1e-4)


def test_only_the_products_that_are_asked_for_are_taken(monkeypatch):
    layer = torch.nn.Linear(*WIDE)
    layout.apply(layer)
    x = torch.randn(4, WIDE[0], requires_grad=True)
    taken = []
    product = torch.ops.mkldnn._linear_pointwise
    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", lambda *given: taken.append(given) or product(*given))
    for inputs, count in (([x], 2), ([layer.weight], 2), ([layer.bias], 1), ([x, layer.weight], 3)):
        taken.clear()
        layer(x).square().sum().backward(inputs=inputs)
        assert len(taken) == count


@pytest.mark.parametrize(
    "options",
    [
        dict(kernel_size=4, stride=2, padding=1),
        dict(kernel_size=3),
        dict(kernel_size=(2, 5), stride=(3, 1), padding=(0, 2)),
    ],
)
@pytest.mark.parametrize("last", [True, False])
def test_a_convolution_of_one_channel_has_the_same_values_and_first_and_second_derivatives(options, last):
    torch.manual_seed(0)
    plain = torch.nn.Conv2d(1, 5, **options).double()
    ours = copy.deepcopy(plain)
    layout.apply(ours)
    assert type(ours) is layout.OneChannelConv
    x = torch.randn(3, 1, 8, 9, dtype=torch.float64)
    x = x.to(memory_format=torch.channels_last) if last else x
    found = []
    for layer in (plain, ours):
        inputs = x.clone().requires_grad_()
        value = layer(inputs).tanh().sum()
        slope, by_weight = torch.autograd.grad(value, (inputs, layer.weight), create_graph=True)
        (slope.square().sum() + by_weight.pow(3).sum()).backward()
        found.append((value, slope, by_weight, layer.weight.grad, layer.bias.grad, inputs.grad))
    for theirs, own in zip(*found, strict=True):
        torch.testing.assert_close(own, theirs)


def test_a_convolution_of_one_channel_follows_autocast():
    torch.manual_seed(0)
    plain = torch.nn.Conv2d(1, 5, 3)
    ours = copy.deepcopy(plain)
    layout.apply(ours)
    x = torch.randn(3, 1, 8, 9)
    found = []
    for layer in (plain, ours):
        inputs = x.clone().requires_grad_()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            value = layer(inputs)
        value.float().tanh().sum().backward()
        found.append((value, inputs.grad, layer.weight.grad, layer.bias.grad))
    for theirs, own in zip(*found, strict=True):
        assert own.dtype == theirs.dtype
        torch.testing.assert_close(own, theirs, rtol=0.02, atol=0.1)


def test_within_autocast_the_background_of_images_stays_on_its_side_of_zero():
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(1, 32, 4)
    with torch.no_grad():
        layer.bias.copy_(layer.weight.sum((1, 2, 3)) + 1e-4)  # images of -1 give 1e-4
    layout.apply(layer)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = layer(torch.full((1, 1, 28, 28), -1.0))
    assert value.dtype == torch.bfloat16
    assert (value > 0).all()


@pytest.mark.parametrize(
    "options",
    [dict(in_channels=2), dict(dilation=2), dict(padding="same"), dict(padding_mode="circular"), dict(bias=False)],
)
def test_other_convolutions_stay_as_they_are(options):
    layer = torch.nn.Conv2d(**{"in_channels": 1, "out_channels": 2, "kernel_size": 3, **options})
    layout.apply(layer)
    assert type(layer) is torch.nn.Conv2d


def test_where_onednn_has_no_product_the_layer_stays_as_it_is(monkeypatch):
    monkeypatch.setattr(layout, "_has_product", lambda: False)
    layer = torch.nn.Linear(*WIDE)
    layout.apply(layer)
    assert type(layer) is torch.nn.Linear
