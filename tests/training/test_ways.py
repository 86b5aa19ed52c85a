"""However a loss is written, training plays back what it does; each right way of the catalogue stands for one."""

import types

import pytest
import torch
from staff.mistakes import Right, entries
from torch import nn

from training import layout
from training.gan import LOSSES, Turn, networks_and_optimizers

SIZE, CLASSES = 6, 10
CPU = torch.device("cpu")
FUNCTIONS = {name for pair in LOSSES.values() for name in pair}
# What leaves torch, prints, or copies a network is called each time.
CALLED = {"labels-drawn-in-numpy", "asarray", "score-printed-first", "fakes-of-a-copy"}


class Generator(nn.Module):
    """Of tiny images, with each kind of layer that the provided ones have."""

    dim_z = 5

    def __init__(self, classes):
        super().__init__()
        self.classes = classes
        self.net = nn.Sequential(
            *(nn.Linear(self.dim_z + classes, 8), nn.BatchNorm1d(8), nn.ReLU()),
            *(nn.Linear(8, 8 * 2 * 2), nn.BatchNorm1d(8 * 2 * 2), nn.ReLU(), nn.Unflatten(1, (8, 2, 2))),
            *(nn.PixelShuffle(2), nn.Conv2d(2, 1, kernel_size=3, padding=1)),
        )

    def forward(self, z, y=None):
        if self.classes:
            z = torch.cat([z, z.new_zeros(len(y), self.classes).scatter(1, y[:, None], 1)], dim=1)
        return self.net(z)


class Discriminator(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.classes = classes
        self.net = nn.Sequential(
            *(nn.Conv2d(1, 4, kernel_size=4, stride=2, padding=1), nn.LeakyReLU(0.1), nn.Flatten()),
            *(nn.Linear(4 * 2 * 2, 8), nn.LeakyReLU(0.1), nn.Linear(8, max(1, classes))),
        )

    def forward(self, x, y=None):
        h = self.net(x)
        return h.gather(1, y[:, None]).squeeze(1) if self.classes else h.squeeze(1)


def turn_of(entry):
    """The turn of the network that the entry's loss trains, both networks, and batches."""
    module = types.ModuleType("gan")
    exec(compile(entry.sources()["gan.py"], entry.name, "exec"), module.__dict__)
    loss = getattr(module, entry.function)
    classes = CLASSES if entry.function.startswith("conditional") else 0
    torch.manual_seed(0)
    networks = Generator(classes), Discriminator(classes)
    for network in networks:
        layout.apply(network)
    batches = [(torch.rand(SIZE, 1, 4, 4) * 2 - 1, torch.randint(CLASSES, (SIZE,))) for _ in range(4)]
    batches = [batch if classes else batch[:1] for batch in batches]
    name = "discriminator" if entry.function.endswith("_d") else "generator"
    parts = networks_and_optimizers(*networks, 1e-3, (0.5, 0.999))
    return Turn(entry.name, lambda *batch: loss(*networks, *batch, device=CPU), parts, name), networks, batches


def taken(function, batch, networks, seed):
    """What a function gives, and what it makes of the networks' state, which is put back, and of the random stream."""
    before = [{name: tensor.clone() for name, tensor in network.state_dict().items()} for network in networks]
    torch.manual_seed(seed)
    results = function(*batch)
    after = [tensor.clone() for network in networks for tensor in network.state_dict().values()]
    for network, state in zip(networks, before, strict=True):
        network.load_state_dict(state)
    return results, [*after, torch.get_rng_state()]


def lies_alike(gradient, parameter):
    """Whether a fused optimiser can go through both; see `replay.loss_and_gradients`."""
    return gradient is None or gradient.stride() == parameter.stride()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("entry", entries(Right, FUNCTIONS), ids=lambda entry: f"{entry.function}-{entry.name}")
def test_a_right_way_is_played_back_as_it_would_be_done(entry):
    turn, networks, batches = turn_of(entry)
    plain = turn.loss_and_gradients
    turn.record(batches[:2])
    assert (turn.loss_and_gradients is plain) == (entry.name in CALLED)
    if entry.name in CALLED:
        assert turn.take(*batches[2]).isfinite()
        return
    tolerance = {} if turn.name == "discriminator" else {"rtol": 0, "atol": 0}  # joined calls round otherwise
    for seed, batch in enumerate(batches):
        given = [tensor.clone() for tensor in batch]
        results, states = zip(
            *(taken(one, batch, networks, seed) for one in (plain, turn.loss_and_gradients)), strict=True
        )
        torch.testing.assert_close(*results, **tolerance)
        assert all(map(lies_alike, results[1][1:], turn.parameters))
        assert all(map(torch.equal, *states))
        assert all(map(torch.equal, given, batch))
        with torch.no_grad():
            for network in networks:
                for parameter in network.parameters():
                    parameter.add_(0.05 * torch.randn_like(parameter))
