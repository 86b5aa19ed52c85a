"""What a recording is relieved of changes no bit."""

import pytest
import torch
import torch.nn.functional as F
from tests.training.test_replay import BATCHES, both, same

from training.lines import Lines
from training.optimizer import Adam
from training.replay import Recorder
from training.simplify import kept_as


def leaky(module, x):
    return F.leaky_relu(F.leaky_relu(x @ module.weight.diag(), 0.1) @ module.weight.diag(), 0.1).square().mean()


def relu_behind_views(module, x):
    return F.relu((x @ module.weight.diag()).t().reshape(-1)).square().mean()


def of_what_is_given(module, x):
    return (F.leaky_relu(x, 0.1) * F.relu(module.weight)).mean()


def of_a_part(module, x):
    product = x @ module.weight.diag()
    return (F.relu(product[:, 0]) * product.sum(dim=1)).mean()


def of_all_parts(module, x):
    one, other = (x @ module.weight.diag()).unsafe_chunk(2)
    return (F.relu(one).sum() + F.leaky_relu(other, 0.1).sum()).square()


def of_what_is_needed_again(module, x):
    product = x @ module.weight.diag()
    return (F.leaky_relu(product, 0.1) + product).square().mean()


def of_one_number_for_many(module, x):
    return F.relu((x @ module.weight).mean().expand(3)).square().sum()


def with_a_slope_that_turns(module, x):
    return F.leaky_relu(x @ module.weight.diag(), -0.5).square().mean()


def changed_by_the_loss(module, x):
    hidden = F.leaky_relu(x @ module.weight.diag(), 0.1)
    with torch.no_grad():
        hidden.mul_(-1)
    return hidden.square().mean()


def there_and_back(module, x):
    return (module.weight * x).bfloat16().float().bfloat16().float().square().mean()


def there_changed_and_back(module, x):
    wide = (module.weight * x).bfloat16().float()
    return (wide.bfloat16().float() + wide.mul(1.001).bfloat16().float()).square().mean()


def differentiated_twice(module, x):
    points = x.requires_grad_()
    hidden = F.leaky_relu(F.leaky_relu(points * module.weight, 0.1) * module.weight, 0.1)
    (slope,) = torch.autograd.grad(hidden.sum(), points, create_graph=True)
    return (slope.norm(dim=1) - 1).square().mean()


def zeros_counted_up(module, x):
    return (module.weight * x + torch.zeros_like(x).add_(1)).square().mean()


def zeros_written_by_parts(module, x):
    shift = torch.zeros_like(x)
    for part in shift.t().split(1):
        part.fill_(2.0)
    return (module.weight * x + shift).square().mean()


def zeros_copied_into(module, x):
    shift = torch.zeros_like(x)
    shift[:, 0].copy_(x[:, 1])
    return (module.weight * x + shift).square().mean()


def written_behind_zeros(module, x):
    product = module.weight * x
    total = product + torch.zeros_like(x)
    with torch.no_grad():
        total.mul_(2)
    return (total * product).mean()


def written_in_front_of_zeros(module, x):
    product = module.weight * x
    total = product + torch.zeros_like(x)
    with torch.no_grad():
        product.t().mul_(2)
    return (total * product.detach()).mean()


def zeros_that_widen(module, x):
    product = module.weight * x
    exact = (product + torch.zeros_like(x, dtype=torch.float64)) / 3
    return (product.sum() + torch.zeros(3)).sum() + exact.mean().float()


ZEROS = [  # losses that add zeros, and what seem to be some
    *(differentiated_twice, zeros_counted_up, zeros_written_by_parts, zeros_copied_into, written_behind_zeros),
    *(written_in_front_of_zeros, zeros_that_widen),
]


@pytest.mark.parametrize(
    "loss",
    [
        *ZEROS,
        *(leaky, relu_behind_views, of_what_is_given, of_a_part, of_all_parts, of_what_is_needed_again),
        *(of_one_number_for_many, with_a_slope_that_turns, there_and_back, there_changed_and_back),
    ],
)
def test_results_take_the_place_only_of_what_nobody_needs(loss):
    module, plain, replay = both(loss, Lines)
    assert replay is not plain
    for x in BATCHES:
        given = x.clone()
        assert same(plain(x), replay(x))
        assert torch.equal(x, given)


def test_nothing_goes_back_that_is_known_to_be_zero():
    _, plain, replay = both(differentiated_twice, Lines)
    operations = []
    for function in (plain, replay):
        with Recorder() as recorder:
            function(BATCHES[3].clone())
        operations.append([operation for operation, *_ in recorder.calls])
    there, left = (sum("zeros" in operation.name() for operation in some) for some in operations)
    assert there == 2
    assert left == 0
    assert len(operations[1]) < 0.8 * len(operations[0])


def test_a_loss_that_changes_what_a_layer_gave_is_done_right():
    _, plain, replay = both(changed_by_the_loss, Lines)
    assert all(same(plain(x), replay(x)) for x in BATCHES)


def test_images_are_activated_where_they_lie():
    layer = torch.nn.Conv2d(1, 2, 3)
    images = torch.randn(2, 1, 5, 5)
    with torch.no_grad(), Recorder() as recorder:
        wanted = F.leaky_relu(layer(images), 0.1)
    play = Lines(recorder.calls, (images, layer.weight, layer.bias), [wanted]).play
    with Recorder() as played:
        play(images, layer.weight, layer.bias)
    assert torch.ops.aten.leaky_relu_.default in [operation for operation, *_ in played.calls]


def test_a_parameter_in_another_dtype_is_kept_until_it_changes():
    parameter = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    first = kept_as(parameter, torch.bfloat16)
    assert kept_as(parameter, torch.bfloat16) is first
    optimizer = Adam([parameter], lr=1.0)
    parameter.grad = torch.ones(2)
    optimizer.step()
    assert torch.equal(kept_as(parameter, torch.bfloat16), parameter.bfloat16())
    assert kept_as(parameter, torch.float16).dtype == torch.float16


def test_a_loss_that_writes_into_its_copy_of_a_parameter_does_not_spoil_the_next():
    def writes(module, x):
        weight = module.weight.double()
        with torch.no_grad():
            weight.t().mul_(2)
        return (weight * x).square().mean().float()

    _, plain, replay = both(writes, Lines)
    assert replay is not plain
    for x in BATCHES:  # nothing changes the parameter in between
        assert same(plain(x), replay(x))


def test_a_copy_is_made_again_where_a_loss_clips_the_parameter():
    def clips(module, x):
        module.weight.data.clamp_(-1, 1)
        return (module.weight.double() * x).square().mean().float()

    module, plain, replay = both(clips, Lines)
    assert replay is not plain
    found = []
    for function in (replay, plain):
        with torch.no_grad():
            module.weight.fill_(3.0)
        kept_as(module.weight, torch.float64)  # as the other network's turn does
        found.append(function(BATCHES[3]))
    assert same(*found)
