"""Calls that are joined give the same, and what cannot be joined is not."""

import pytest
import torch
from torch import nn
from torch.nn.functional import logsigmoid

from training.joined_calls import recorded_with_joined_calls
from training.layout import WideLinear
from training.replay import Recorder, loss_and_gradients
from training.simplify import PRODUCT

SIZE = 6


class Generator(nn.Module):
    """With batch norm, whose averages move at each call."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 5))

    def forward(self, z):
        return self.net(z)


class Discriminator(nn.Module):
    """Of points and labels."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 8), nn.LeakyReLU(0.1), nn.Linear(8, 3))

    def forward(self, x, y):
        return self.net(x).gather(1, y[:, None]).squeeze(1)


def two_calls(g, d, x, y):
    fake = g(torch.randn(len(x), 3))
    return -logsigmoid(d(x, y)).mean() - logsigmoid(-d(fake, y)).mean()


def fakes_first_and_by_keywords(g, d, x, y):
    fake = g(torch.randn(len(x), 3)).detach()
    on_fakes = d(y=torch.randint(3, (len(x),)), x=fake)
    return -logsigmoid(-on_fakes).mean() - logsigmoid(d(y=y, x=x)).mean()


def drawn_after_the_first_call(g, d, x, y):
    real = d(x, y)
    return d(g(torch.randn(len(x), 3)), y).mean() - real.mean()


def more_fakes_than_images(g, d, x, y):
    return d(g(torch.randn(2 * len(x), 3)), torch.cat([y, y])).mean() - d(x, y).square().mean()


def with_a_penalty(g, d, x, y):
    fake = g(torch.randn(len(x), 3)).detach()
    mixed = torch.lerp(x, fake, torch.rand(len(x), 1)).requires_grad_()
    (slope,) = torch.autograd.grad(d(mixed, y).sum(), mixed, create_graph=True)
    return d(fake, y).mean() - d(x, y).mean() + 10 * (slope.norm(dim=1) - 1).square().mean()


JOINED = {  # loss -> rows of each call of the network
    two_calls: [2 * SIZE],
    fakes_first_and_by_keywords: [2 * SIZE],
    drawn_after_the_first_call: [2 * SIZE],
    more_fakes_than_images: [3 * SIZE],
    with_a_penalty: [SIZE, 2 * SIZE],
}


def joined(loss):
    """Networks, the plain function, what is made of it, and batches."""
    torch.manual_seed(0)
    g, d = Generator(), Discriminator()
    batches = [(torch.randn(SIZE, 5), torch.randint(3, (SIZE,))) for _ in range(3)]
    plain = loss_and_gradients(lambda x, y: loss(g, d, x, y), d)
    return g, d, plain, recorded_with_joined_calls(plain, d, [g, d], batches[:2]), batches


@pytest.mark.parametrize("loss", JOINED, ids=lambda loss: loss.__name__)
def test_joined_calls_give_the_same(loss):
    g, d, plain, replay, batches = joined(loss)
    with torch.no_grad():
        for parameter in d.parameters():
            parameter.mul_(2)
    found = []
    for function in (plain, replay):
        torch.manual_seed(1)
        before = {name: tensor.clone() for name, tensor in g.state_dict().items()}
        found.append([*function(*batches[2]), *map(torch.clone, g.state_dict().values()), torch.get_rng_state()])
        g.load_state_dict(before)
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("loss, rows", JOINED.items(), ids=lambda value: getattr(value, "__name__", None))
def test_the_network_is_called_once_on_all_examples(loss, rows):
    _, d, _, replay, batches = joined(loss)
    with Recorder() as played:
        replay(*batches[2])
    products = [args for operation, args, *_ in played.calls if operation is torch.ops.aten.addmm.default]
    assert sorted(len(images) for bias, images, _ in products if bias.shape == d.net[0].bias.shape) == rows


@pytest.mark.skipif(PRODUCT is None, reason="this torch has no such product")
def test_a_weight_has_one_product_for_its_gradient():
    torch.manual_seed(0)
    g, d = Generator(), Discriminator()
    d.net[0].__class__ = WideLinear
    batches = [(torch.randn(SIZE, 5), torch.randint(3, (SIZE,))) for _ in range(3)]
    plain = loss_and_gradients(lambda x, y: with_a_penalty(g, d, x, y), d)
    replay = recorded_with_joined_calls(plain, d, [g, d], batches[:2])
    lengths, found = [], []
    for function in (plain, replay):
        torch.manual_seed(1)
        with Recorder() as recorder:
            found.append(function(*batches[2]))
        products = [(args, result) for operation, args, _, result in recorder.calls if operation is PRODUCT]
        by_weight = [args for args, result in products if {*result.shape} == {*d.net[0].weight.shape}]
        lengths.append([x.shape[1] for x, *_ in by_weight])
    assert lengths == [[SIZE] * 4, [3 * SIZE]]  # real images, fakes, the penalty's two, of which one is zero
    torch.testing.assert_close(*found)


def one_call(g, d, x, y):
    fake = g(torch.randn(len(x), 3))
    return d(torch.cat([x, fake]), torch.cat([y, y])).mean()


def one_needs_the_other(g, d, x, y):
    return d(x + d(x, y)[:, None].detach(), y).square().mean()


def points_that_depend_on_parameters(g, d, x, y):
    return d(x, y).mean() - d(x * d.net[0].weight.mean(), y).mean()


def many_calls(g, d, x, y):
    return sum(d(x[k : k + 1], y[k : k + 1]).square().sum() for k in range(len(x)))


def written_in_place(g, d, x, y):
    return d(x, y).mul_(2).mean() + d(2 * x, y).mean()


def one_without_gradients(g, d, x, y):
    with torch.no_grad():
        base = d(g(torch.randn(len(x), 3)), y).mean()
    return (d(x, y) - 0.001 * base).mean()


def clamped_behind(g, d, x, y):
    loss = d(x, y).mean() - d(g(torch.randn(len(x), 3)), y).square().mean()
    for parameter in d.parameters():
        parameter.data.clamp_(-3, 3)  # of which nothing is to be seen at first
    return loss


NOT_JOINED = [
    *(one_call, one_needs_the_other, points_that_depend_on_parameters, many_calls, written_in_place),
    *(one_without_gradients, clamped_behind),
]


@pytest.mark.parametrize("loss", NOT_JOINED, ids=lambda loss: loss.__name__)
def test_what_cannot_be_joined_is_not(loss):
    assert joined(loss)[3] is None


def test_examples_that_are_not_each_by_themselves_are_not_joined():
    torch.manual_seed(0)
    d = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
    plain = loss_and_gradients(lambda x: d(x).mean() - d(2 * x + 1).square().mean(), d)
    assert recorded_with_joined_calls(plain, d, [d], [(torch.randn(SIZE, 5),) for _ in range(2)]) is None


def test_a_network_is_left_as_it_was():
    _, d, *_ = joined(two_calls)
    assert d.forward.__func__ is Discriminator.forward
