"""The provided networks have the shapes and sizes of earlier years."""

import pytest
import torch

from network import (
    Autoencoder,
    ConditionalDiscriminator,
    ConditionalGenerator,
    Discriminator,
    Generator,
    MlpDiscriminator,
    MlpGenerator,
    ShallowDiscriminator,
    ShallowGenerator,
)


def n_parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_sizes_are_those_of_earlier_years():
    inner = 512 * 3136 + 3136 + 2 * (512 + 3136 + 32) + (16 * 9 + 1) * 32 + 8 * 9 + 1
    outer = (16 + 1) * 32 + (32 * 16 + 1) * 64 + (3136 + 1) * 512
    assert n_parameters(Generator()) == 64 * 512 + 512 + inner
    assert n_parameters(ConditionalGenerator()) == 74 * 512 + 512 + inner
    assert n_parameters(Discriminator()) == outer + 513
    assert n_parameters(ConditionalDiscriminator()) == outer + 513 * 10


@pytest.mark.parametrize("batch", [2, 5])
def test_generators_give_images_and_discriminators_numbers(batch):
    z, y = torch.randn(batch, 64), torch.arange(batch)
    assert Generator()(z).shape == ConditionalGenerator()(z, y).shape == (batch, 1, 28, 28)
    x = torch.randn(batch, 1, 28, 28)
    assert Discriminator()(x).shape == ConditionalDiscriminator()(x, y).shape == (batch,)


def kinds(network):
    return [type(layer).__name__ for layer in network.net]


def test_the_layers_stand_in_the_order_of_earlier_years():
    dense = ["Linear", "BatchNorm1d", "ReLU"]
    last = ["Unflatten", "PixelShuffle", "Conv2d", "BatchNorm2d", "ReLU", "PixelShuffle", "Conv2d"]
    assert kinds(Generator()) == kinds(ConditionalGenerator()) == dense + dense + last
    convolution = ["Conv2d", "LeakyReLU"]
    last = ["Flatten", "Linear", "LeakyReLU", "Linear"]
    assert kinds(Discriminator()) == kinds(ConditionalDiscriminator()) == convolution + convolution + last
    slopes = {layer.negative_slope for layer in Discriminator().net if isinstance(layer, torch.nn.LeakyReLU)}
    assert slopes == {0.1}


def test_the_output_is_not_squashed():
    generator = Generator()
    with torch.no_grad():
        generator.net[-1].bias.fill_(50.0)
    assert generator(torch.randn(3, 64)).mean() > 40


def test_the_class_is_a_one_hot_vector_behind_the_noise():
    generator = ConditionalGenerator().eval()
    z, y = torch.randn(3, 64), torch.tensor([0, 9, 4])
    one_hot = torch.eye(10)[y]
    assert torch.equal(generator(z, y), generator.net(torch.cat([z, one_hot], dim=1)))


def test_the_conditional_discriminator_picks_the_class_of_a_linear_layer():
    """Equation (20): h(x, y) = y^T (A phi(x) + b)."""
    discriminator = ConditionalDiscriminator()
    x, y = torch.randn(4, 1, 28, 28), torch.tensor([3, 0, 9, 3])
    phi = discriminator.net[:-1](x)
    last = discriminator.net[-1]
    expected = (torch.eye(10)[y] * (phi @ last.weight.T + last.bias)).sum(dim=1)
    torch.testing.assert_close(discriminator(x, y), expected)


def test_fully_connected_networks_have_the_layers_of_the_handout():
    block = ["Linear", "BatchNorm1d", "LeakyReLU", "Dropout"]
    assert kinds(MlpGenerator()) == 4 * block + ["Linear", "Tanh", "Unflatten"]
    assert kinds(MlpDiscriminator()) == ["Flatten", *2 * ["Linear", "LeakyReLU", "Dropout"], "Linear"]
    assert kinds(ShallowGenerator()) == ["Linear", "LeakyReLU", "Linear", "Tanh", "Unflatten"]
    assert kinds(ShallowDiscriminator()) == ["Flatten", "Linear", "LeakyReLU", "Linear"]
    for generator, discriminator in ((MlpGenerator, MlpDiscriminator), (ShallowGenerator, ShallowDiscriminator)):
        x = generator()(torch.randn(3, 64))
        assert x.shape == (3, 1, 28, 28) and x.abs().max() <= 1
        assert discriminator()(x).shape == (3,)


def test_an_autoencoder_has_the_sizes_of_the_handout():
    model = Autoencoder(784, 10, (300, 300), torch.nn.ELU)
    sizes = [[layer.in_features, layer.out_features] for layer in model.encoder if isinstance(layer, torch.nn.Linear)]
    assert sizes == [[784, 300], [300, 300], [300, 20]]
    sizes = [[layer.in_features, layer.out_features] for layer in model.decoder if isinstance(layer, torch.nn.Linear)]
    assert sizes == [[10, 300], [300, 300], [300, 784]]
    m, v = model.encode(torch.rand(5, 2, 784))
    assert m.shape == v.shape == (5, 2, 10) and v.min() > 0
    assert model.decode(m).shape == (5, 2, 784)
