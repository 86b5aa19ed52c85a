"""Features in another order make the same network."""

import copy

import pytest
import torch
from torch import nn

import network as provided
from training import feature_order

LABELS = torch.arange(8) % 10
NOISE = torch.randn(8, 64, generator=torch.Generator().manual_seed(0))
IMAGES = torch.randn(8, 1, 28, 28, generator=torch.Generator().manual_seed(1))
NETWORKS = {
    provided.Generator: (NOISE,),
    provided.Discriminator: (IMAGES,),
    provided.ConditionalGenerator: (NOISE, LABELS),
    provided.ConditionalDiscriminator: (IMAGES, LABELS),
}
UNTOUCHED = {provided.MlpGenerator: (NOISE,), provided.MlpDiscriminator: (IMAGES,)}


def both(kind):
    """A network whose every number is its own, and what is made of it."""
    torch.manual_seed(2)
    network = kind()
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor.uniform_(0.05, 0.1)  # batch norms too
    reordered = copy.deepcopy(network).to(memory_format=torch.channels_last)
    feature_order.apply(reordered)
    return network, reordered


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind, inputs", NETWORKS.items())
def test_values_and_gradients_are_the_same(kind, inputs, training):
    found = []
    for network in both(kind):
        network.double().train(training)
        x = inputs[0].double().requires_grad_()
        value = network(x, *inputs[1:])
        value.square().mean().backward()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.copy_(parameter.grad)  # a state dict brings them into one order
        found.append((value, x.grad, dict(network.state_dict())))
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_state_dict_is_in_the_order_of_the_layers(kind):
    network, reordered = both(kind)
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert any(not torch.equal(own, state[name]) for name, own in reordered.named_parameters())
    for name, tensor in reordered.state_dict().items():
        assert torch.equal(tensor, state[name]), name


@pytest.mark.parametrize("kind, inputs", NETWORKS.items())
def test_a_state_dict_of_the_layers_can_be_loaded(kind, inputs):
    network, reordered = both(kind)
    torch.manual_seed(3)
    other = kind()
    state = other.state_dict()
    kept = {name: tensor.clone() for name, tensor in state.items()}
    reordered.load_state_dict(state)
    assert all(torch.equal(state[name], tensor) for name, tensor in kept.items())
    torch.testing.assert_close(reordered(*inputs), other(*inputs), rtol=1e-4, atol=1e-5)


def test_a_state_dict_of_other_shapes_is_refused_as_by_torch():
    _, reordered = both(provided.Generator)
    state = reordered.state_dict()
    state["net.3.weight"] = state["net.3.weight"][:-1]
    with pytest.raises(RuntimeError, match="size mismatch for net.3.weight"):
        reordered.load_state_dict(state)


@pytest.mark.parametrize("kind", NETWORKS)
def test_no_layer_is_left_that_goes_by_channels_first(kind):
    _, network = both(kind)
    assert not any(type(layer) in (nn.Flatten, nn.Unflatten, nn.PixelShuffle) for layer in network.modules())


def test_gradients_come_back_as_the_images_came():
    chain = nn.Sequential(nn.Conv2d(1, 8, 4), nn.LeakyReLU(), nn.Flatten(), nn.Linear(8 * 36, 2))
    chain.to(memory_format=torch.channels_last)
    feature_order.apply(chain)
    seen = []
    chain[0].register_full_backward_hook(lambda module, of_inputs, of_outputs: seen.append(of_outputs[0]))
    chain(torch.randn(2, 1, 9, 9, requires_grad=True)).sum().backward()
    assert seen[0].is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("kind, inputs", UNTOUCHED.items())
def test_networks_without_convolutions_stay_as_they_are(kind, inputs):
    network, reordered = both(kind)
    network.eval(), reordered.eval()
    assert torch.equal(network(*inputs), reordered(*inputs))
    assert [type(layer) for layer in network.net] == [type(layer) for layer in reordered.net]


def test_images_become_numbers_and_numbers_images_without_a_copy():
    images = torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last)
    numbers = feature_order.Flatten()(images)
    again = feature_order.Unflatten((3, 4, 4))(numbers)
    assert numbers.data_ptr() == again.data_ptr() == images.data_ptr()
    assert torch.equal(again, images)
