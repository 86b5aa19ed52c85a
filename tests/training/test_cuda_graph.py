"""A CUDA graph stands for the function only where both give the same.

Without a GPU, what `Graph` makes of a capture is tested with one that a CPU can play.
"""

import pytest
import torch
from tests.training.test_replay import Scale, counts_elsewhere, decides_by_a_value, draws_elsewhere
from torch.distributions import Distribution, Normal

from network import ConditionalDiscriminator, ConditionalGenerator, Discriminator, Generator
from submission import gan as submission
from submission.flow_network import MAF
from training import cuda_graph
from training.cuda_graph import Graph
from training.lines import Lines
from training.replay import Recorder, loss_and_gradients, recorded

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here: CUDA graphs are not tested")
BATCHES = [(x,) for x in torch.randn(4, 5, 2, generator=torch.Generator().manual_seed(0))]


def captured_on_a_cpu(function):
    """What `_captured` does: the same places in memory are read and filled."""
    recorder = Recorder()
    with recorder:
        results = function()
    wanted = [tensor for tensor in results if tensor is not None]
    with torch.no_grad():
        play = Lines(recorder.calls, (), wanted).play

    def launch():
        with torch.no_grad():
            for place, fresh in zip(wanted, play(), strict=True):
                place.copy_(fresh)

    return launch, results


def both(loss):
    module = Scale(loss)
    plain = loss_and_gradients(module.loss, module)
    return module, plain, recorded(plain, [module], BATCHES[:3], Graph)


def counted_and_noisy(module, x):
    module.mask.add_(1)
    return (module.weight * module.mask * (x + torch.randn_like(x))).square().mean()


def test_a_graph_follows_batches_parameters_buffers_and_random_numbers(monkeypatch):
    monkeypatch.setattr(cuda_graph, "_captured", captured_on_a_cpu)
    module, plain, replay = both(counted_and_noisy)
    assert replay is not plain
    assert torch.equal(module.mask, Scale(None).mask)
    with torch.no_grad():
        module.weight.mul_(3)
    found = []
    for function in (plain, replay):
        torch.manual_seed(7)
        module.mask.fill_(2)
        loss, gradient, unused = function(*BATCHES[3])
        assert unused is None
        found.append([loss, gradient.clone(), module.mask.clone(), torch.get_rng_state()])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b)


def test_the_losses_of_several_steps_can_be_kept(monkeypatch):
    monkeypatch.setattr(cuda_graph, "_captured", captured_on_a_cpu)
    _, plain, replay = both(lambda module, x: (module.weight * x).square().mean())
    kept = [replay(*batch)[0] for batch in BATCHES]
    torch.testing.assert_close(kept, [plain(*batch)[0] for batch in BATCHES])


def copies_from_elsewhere(module, x):
    return (module.weight * x + torch.tensor(x.tolist(), device=x.device)).square().mean()


NOT_CAPTURED = [decides_by_a_value, draws_elsewhere, counts_elsewhere, copies_from_elsewhere]


@pytest.mark.parametrize("loss", NOT_CAPTURED)
def test_what_a_graph_cannot_hold_is_done_the_plain_way(loss, monkeypatch):
    monkeypatch.setattr(cuda_graph, "_captured", captured_on_a_cpu)
    _, plain, replay = both(loss)
    assert replay is plain


def test_distributions_do_not_look_at_values_within_a_graph(monkeypatch):
    seen = []

    def captured(function):
        seen.append(Distribution._validate_args)
        return captured_on_a_cpu(function)

    monkeypatch.setattr(cuda_graph, "_captured", captured)
    _, plain, replay = both(lambda module, x: -Normal(x, 1.0).log_prob(module.weight).mean())
    assert seen == [False] and Distribution._validate_args and replay is not plain


def test_what_is_on_a_cpu_is_done_the_plain_way():
    _, plain, replay = both(counted_and_noisy)
    assert replay is plain


@pytest.mark.parametrize(
    "other, agrees",
    [
        ([torch.tensor([1.0, 1.001]), None], True),
        ([torch.tensor([1.0, 1.1]), None], False),
        ([torch.tensor([1.0, float("nan")]), None], False),
        ([torch.tensor([1.0, 1.0]), torch.zeros(2)], False),
    ],
)
def test_results_may_differ_by_rounding_alone(other, agrees):
    assert Graph.agree([torch.ones(2), None], other) == agrees


def test_a_gradient_that_is_nothing_but_rounding_may_differ():
    largest = torch.full((100,), 10.0)
    assert Graph.agree([largest, torch.tensor(1e-7)], [largest, torch.tensor(-1e-7)])
    assert not Graph.agree([largest, torch.tensor(3)], [largest, torch.tensor(4)])


def test_a_wrong_gradient_is_seen_beside_large_buffers(monkeypatch):
    def captured_wrongly(function):
        launch, results = captured_on_a_cpu(function)
        return lambda: (launch(), results[1].mul_(2)), results

    module = Scale(lambda module, x: 1e-3 * (module.weight * x).square().mean())
    module.mask = torch.tensor(1e6)
    plain = loss_and_gradients(module.loss, module)
    for captured, is_played in (captured_on_a_cpu, True), (captured_wrongly, False):
        monkeypatch.setattr(cuda_graph, "_captured", captured)
        assert (recorded(plain, [module], BATCHES[:3], Graph) is not plain) == is_played


LOSSES = {
    "loss_nonsaturating": (Generator, Discriminator, False),
    "loss_wasserstein_gp": (Generator, Discriminator, False),
    "conditional_loss_nonsaturating": (ConditionalGenerator, ConditionalDiscriminator, True),
}


@needs_gpu
@pytest.mark.parametrize("side", ["d", "g"])
@pytest.mark.parametrize("name", LOSSES)
def test_on_a_gpu_the_losses_of_gans_are_captured(name, side):
    generator, discriminator, conditional = LOSSES[name]
    g, d = generator().cuda(), discriminator().cuda()
    images = torch.rand(3, 8, 1, 28, 28, device="cuda") * 2 - 1
    labels = torch.randint(10, (3, 8), device="cuda")
    batches = list(zip(images, labels, strict=True)) if conditional else [(x,) for x in images]
    function = getattr(submission, f"{name}_{side}")
    plain = loss_and_gradients(lambda *batch: function(g, d, *batch, device=images.device), d if side == "d" else g)
    replay = recorded(plain, [g, d], batches[:2], Graph)
    assert replay is not plain
    found = []
    for one in (plain, replay):
        torch.manual_seed(3)
        found.append([tensor.clone() for tensor in one(*batches[2]) if tensor is not None])
    assert Graph.agree(*found)


@needs_gpu
def test_on_a_gpu_the_flow_is_captured():
    flow = MAF(2, 100, 1, 5).cuda()
    plain = loss_and_gradients(flow.loss, flow)
    assert recorded(plain, [flow], [(x.cuda(),) for (x,) in BATCHES[:2]], Graph) is not plain


@needs_gpu
@pytest.mark.parametrize("loss", NOT_CAPTURED)
def test_on_a_gpu_what_a_graph_cannot_hold_is_done_the_plain_way_and_torch_is_left_in_order(loss):
    module = Scale(loss).cuda()
    plain = loss_and_gradients(module.loss, module)
    assert recorded(plain, [module], [(x.cuda(),) for (x,) in BATCHES[:3]], Graph) is plain
    assert torch.randn(3, device="cuda").isfinite().all()
    assert plain(BATCHES[3][0].cuda())[0].isfinite()


@needs_gpu
def test_on_a_gpu_a_capture_that_fails_leaves_torch_in_order():
    def waits(module, x):
        torch.cuda.synchronize()
        return (module.weight * x + torch.randn_like(x)).square().mean()

    test_on_a_gpu_what_a_graph_cannot_hold_is_done_the_plain_way_and_torch_is_left_in_order(waits)
