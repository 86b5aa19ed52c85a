"""A recording gives the same bits as the function, or is not used."""

import itertools
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from submission.flow_network import MAF
from training.lines import Lines
from training.replay import Script, loss_and_gradients, recorded

PLAYERS = [Script, Lines]
BATCHES = torch.randn(4, 5, 2, generator=torch.Generator().manual_seed(0))


class Scale(torch.nn.Module):
    """A module with a loss that a test chooses."""

    def __init__(self, loss):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([0.5, -1.5]))
        self.unused = torch.nn.Parameter(torch.ones(3))
        self.register_buffer("mask", torch.tensor([1.0, 2.0]))
        self.loss = lambda x: loss(self, x)


def both(loss, player=Script):
    """The plain function and what is made of it."""
    module = Scale(loss)
    plain = loss_and_gradients(module.loss, module)
    return module, plain, recorded(plain, [module], [(x,) for x in BATCHES[:3]], player)


def same(a, b):
    return all((x is None and y is None) or torch.equal(x, y) for x, y in zip(a, b, strict=True))


def written_in_place(module, x):
    total = torch.zeros(len(x))
    total += (module.weight * module.mask * x).sum(dim=1)
    return total.square().mean() + np.log(2 * np.pi) * torch.tensor(2.0)


def noisy(module, x):
    return (module.weight * (x + torch.randn_like(x))).square().mean()


def accumulated_on_a_constant(module, x):
    total = torch.tensor(0.0)
    for point in x:
        total += (module.weight * point).sum().square()
    return total


def counted(module, x):
    module.mask.add_(1)  # as batch norm keeps its means
    return (module.weight * module.mask * x).mean()


def in_bfloat16(module, x):
    total = 0.0
    for part in x.split(2):
        total = total + (module.weight.bfloat16() * part.bfloat16()).float().square().sum()
    return total


def used_after_a_sum(module, x):
    double = (module.weight * x).double()
    total = double + x.double()
    return (double * total).mean().float()


def draws_for_nothing(module, x):
    torch.randn(3)
    torch.nn.functional.batch_norm(x, module.mask, torch.ones(2), training=True)
    return (module.weight * module.mask * x).mean()


FOLLOWED = [
    written_in_place,
    noisy,
    accumulated_on_a_constant,
    counted,
    in_bfloat16,
    used_after_a_sum,
]


@pytest.mark.parametrize(
    "loss, player",
    [*itertools.product(FOLLOWED, PLAYERS), (draws_for_nothing, Lines)],  # TorchScript leaves such draws out
)
def test_a_recording_follows_parameters_buffers_and_random_numbers(loss, player):
    module, plain, replay = both(loss, player)
    assert replay is not plain
    with torch.no_grad():
        module.weight.mul_(3)
        module.mask.add_(1)
    states = []
    for function in (plain, replay):
        torch.manual_seed(7)
        before = module.mask.clone()
        states.append([*function(BATCHES[3]), module.mask.clone(), torch.get_rng_state()])
        module.mask.copy_(before)
    assert same(*states)
    assert replay(BATCHES[3])[2] is None  # what nothing depends on has no gradient


def decides_by_a_value(module, x):
    return (module.weight * x).mean() * (1 if x[0, 0] > 0 else 2)


def leaves_torch(module, x):
    return (module.weight * torch.from_numpy(np.square(x.numpy()))).mean()


def draws_elsewhere(module, x):
    return (module.weight * x).mean() * (random.random() + np.random.rand())


def counts_elsewhere(module, x):
    module.calls = getattr(module, "calls", 0) + 1
    return (module.weight * x).mean() * module.calls


def prints(module, x):
    print(x.shape)
    return (module.weight * x).mean()


def leaves_a_mode(module, x):
    module.eval()
    return (module.weight * x).mean()


def freezes(module, x):
    module.unused.requires_grad_(False)
    return (module.weight * x).mean()


NOT_RECORDED = [decides_by_a_value, leaves_torch, draws_elsewhere, counts_elsewhere, prints, leaves_a_mode, freezes]


@pytest.mark.parametrize("player", PLAYERS)
@pytest.mark.parametrize("loss", NOT_RECORDED)
def test_what_cannot_be_recorded_is_done_the_plain_way(loss, player):
    _, plain, replay = both(loss, player)
    assert replay is plain


@pytest.mark.parametrize("player", PLAYERS)
def test_recording_leaves_the_state_alone(player):
    module, plain, replay = both(counted, player)
    assert replay is not plain
    assert torch.equal(module.mask, torch.tensor([1.0, 2.0]))


@pytest.mark.parametrize("player", PLAYERS)
def test_a_recording_that_fails_leaves_the_state_alone(player):
    module, plain, replay = both(lambda module, x: counted(module, x) * float(x[0, 0]), player)
    assert replay is plain
    assert torch.equal(module.mask, torch.tensor([1.0, 2.0]))


@pytest.mark.parametrize("player", PLAYERS)
def test_a_recording_that_fails_within_a_pause_ends_the_pause(player):
    def pauses(module, x):
        module.weight.requires_grad_(False)
        module.eval()
        pause = float((module.weight * x).mean())
        module.train()
        module.weight.requires_grad_(True)
        return (module.weight * x).square().mean() + pause

    module, plain, replay = both(pauses, player)
    assert replay is plain
    assert module.training
    assert module.weight.requires_grad


def test_the_flow_is_recorded_to_the_bit_over_many_steps():
    torch.manual_seed(0)
    flow = MAF(2, 10, 1, 2)
    plain = loss_and_gradients(flow.loss, flow)
    replay = recorded(plain, [flow], [(x,) for x in BATCHES[:2]], Script)
    assert replay is not plain
    for step in range(20):
        assert same(plain(BATCHES[step % 4]), replay(BATCHES[step % 4]))
        with torch.no_grad():
            for parameter, gradient in zip(flow.parameters(), replay(BATCHES[step % 4])[1:], strict=True):
                parameter.sub_(0.1 * gradient)


def test_one_batch_is_not_enough_to_trust_a_recording():
    module = Scale(written_in_place)
    plain = loss_and_gradients(module.loss, module)
    assert recorded(plain, [module], [(BATCHES[0],)], Script) is plain


def test_recording_leaves_the_random_stream_alone():
    before = torch.get_rng_state()
    both(written_in_place)
    assert torch.equal(torch.get_rng_state(), before)


def test_checks_of_distributions_are_left_out_of_a_recording_and_of_nothing_else():
    def checked(module, x):
        return -torch.distributions.Normal(module.weight, 1.0).log_prob(x).mean()

    module, plain, replay = both(checked)
    assert replay is not plain
    with torch.no_grad():
        module.weight.fill_(float("nan"))
    with pytest.raises(ValueError, match="constraint"):
        plain(BATCHES[0])


def test_recording_does_not_import_the_compiler():
    record = """
import sys, torch
from training.replay import Script, loss_and_gradients, recorded
layer = torch.nn.Linear(3, 1)
plain = loss_and_gradients(lambda x: layer(x).square().mean(), layer)
found = recorded(plain, [layer], [(torch.randn(4, 3),), (torch.randn(4, 3),)], Script)
sys.exit(found is plain or "torch._dynamo" in sys.modules)
"""
    src = Path(__file__).resolve().parents[2] / "src"
    subprocess.run([sys.executable, "-c", record], cwd=src, check=True, timeout=300)


def picks_by_a_mask(module, x):
    one_sided = (module.weight * x)[x > -100]  # all, at first
    return one_sided.square().mean()


def compares(module, x):
    return (module.weight * x).mean() * (2.0 if torch.equal(x, x.round()) else 1.0)


def lists(module, x):
    return (module.weight * x).mean() * (2.0 if max(x.flatten().tolist()) > 100 else 1.0)


def swallows(module, x):
    try:
        weight = x.mean().item()
    except Exception:
        weight = 0.0
    return (module.weight * x).mean() * weight


def seeds(module, x):
    torch.manual_seed(0)
    return (module.weight * (x + torch.randn_like(x))).square().mean()


def clamps_what_is_small_at_first(module, x):
    module.weight.data = module.weight.data.clamp(-1.6, 1.6)
    return (module.weight * x).mean()


def goes_by_a_threshold(module, x):
    return (module.weight * x).mean() * (1.0 if np.abs(module.weight.detach().numpy()).max() < 1.55 else 2.0)


@pytest.mark.parametrize("player", PLAYERS)
@pytest.mark.parametrize(
    "loss",
    [picks_by_a_mask, compares, lists, swallows, seeds, clamps_what_is_small_at_first, goes_by_a_threshold],
)
def test_what_may_go_another_way_later_is_not_recorded(loss, player):
    _, plain, replay = both(loss, player)
    assert replay is plain


def test_a_hook_is_removed_though_a_recording_cannot_be_trusted():
    def hooked(module, x):
        hook = module.register_forward_hook(lambda *_: None)
        scale = x.mean().item()
        hook.remove()
        return (module.weight * x).mean() * scale

    module, plain, replay = both(hooked, Lines)
    assert replay is plain
    assert not module._forward_hooks


def test_data_are_left_as_they_are():
    before = BATCHES.clone()

    def noisy_in_place(module, x):
        x += 0.1
        return (module.weight * x).mean()

    both(noisy_in_place, Lines)
    assert torch.equal(BATCHES, before)


def test_a_copy_that_is_written_into_stays_one():
    def clamps_its_copy(module, x):
        wide = (module.weight * x).detach()
        own = wide.double().float()
        own.clamp_(-3, 3)
        return (module.weight * x).mean() * (wide - own).abs().sum()

    module, plain, replay = both(clamps_its_copy, Lines)
    with torch.no_grad():
        module.weight.fill_(5.0)
    assert same(plain(BATCHES[3]), replay(BATCHES[3]))
