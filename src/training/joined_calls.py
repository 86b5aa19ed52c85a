"""Several calls of a network as one, on all their batches: its weights are read once, and its products are larger.

A discriminator's loss calls it on real images and on fakes, however the loss is written. In a recording of it (see
`replay.recorded`) nothing stands in the way of making both calls at once, provided that neither needs the other.
"""

from contextlib import contextmanager
from itertools import combinations, count

import torch
from torch.utils._pytree import tree_leaves, tree_map, tree_map_only

from training.lines import Lines
from training.replay import Recorder, put_back, recorded

TOLERANCE = 1e-2  # bfloat16 keeps 8 bits
MOST = 3  # calls in a loss; with more, there are too many ways to join some of them


def recorded_with_joined_calls(function, network, modules, batches):
    """A faster function that gives the same but for rounding; None where there is none.

    Args:
        function: as `replay.loss_and_gradients` gives it for the network; one that can be recorded.
        network: a module that treats each example of a batch by itself. As many of its calls are joined as can be.
        modules, batches: as for `replay.recorded`.
    """
    calls = _calls(function, network, modules, batches[0])
    for size in range(len(calls) if len(calls) <= MOST else 0, 1, -1):
        for some in combinations(calls.items(), size):
            replay = recorded(function, modules, batches, Joined(network, dict(some)))
            if replay is not function:
                return replay
    return None


class Joined:
    """A player for `replay.recorded`: as `Lines`, with some calls of a network made at once.

    While the function is recorded, the first of them is made on stand-ins for the inputs of all. So no gradient goes
    back from them to where their inputs come from; a function that needs one is not recorded so.

    Args:
        network: a module that treats each example of a batch by itself.
        calls: dict from the number of each call that is to be joined to its arguments, as `_calls` gives them.
    """

    trials = 0  # what has been recorded before remembers nothing: one rehearsal, with moved parameters, will do

    def __init__(self, network, calls):
        self.network, self.calls = network, calls

    leaves_alike = staticmethod(Lines.leaves_alike)

    def agree(self, some, others):
        """Whether loss and gradients differ by no more than a share of them all.

        In bfloat16 a gradient whose terms cancel is mostly rounding, and comes out otherwise where it is one sum.
        """
        pairs = [pair for pair in zip(some, others, strict=True) if pair != (None, None)]
        if any(a is None or b is None for a, b in pairs):
            return False
        norm = torch.stack([a.norm() for a, _ in pairs]).norm()
        return all((a - b).norm() <= TOLERANCE * norm for a, b in pairs)

    def of(self, function, batch, state):
        """A function that does what `function` did with this batch and with the state that it used.

        Raises:
            RuntimeError: the calls cannot be joined.
        """
        stand_ins = {number: tree_map(torch.zeros_like, given) for number, given in self.calls.items()}
        actual, parts = {}, {}  # by the id of a stand-in; by the number of a call
        modes = set()

        def call(number, forward, given):
            if number not in stand_ins:
                return forward(given)
            modes.add((torch.is_grad_enabled(), *(layer.training for layer in self.network.modules())))
            if len(modes) > 1:
                raise RuntimeError("the calls differ in more than their inputs")
            if not parts:
                together = tree_map(lambda *tensors: torch.cat(tensors), *stand_ins.values())
                lengths = [len(tree_leaves(tensors)[0]) for tensors in stand_ins.values()]
                parts.update(zip(stand_ins, forward(together).split(lengths), strict=True))
            tree_map(lambda stand_in, tensor: actual.update({id(stand_in): tensor}), stand_ins[number], given)
            return parts[number]

        with _calling(self.network, call), Recorder() as recorder:
            results = function(*batch)
        calls = _in_order(recorder.calls, actual, list(self.network.parameters()))
        return JoinedLines.playing(calls, results, batch, state)


class JoinedLines(Lines):
    """Their rounding is not the function's anyway."""

    joins = True


def _in_order(calls, actual, parameters):
    """Recorded calls with actual tensors in the place of stand-ins, none before what it needs.

    Raises:
        RuntimeError: a joined call needs another, or its inputs depend on the network's parameters, so that there
            were a gradient by them; or an order would be another in which something is written and read.
    """
    calls = [
        (operation, *tree_map_only(torch.Tensor, lambda tensor: actual.get(id(tensor), tensor), (args, kwargs)), result)
        for operation, args, kwargs, result in calls
    ]
    made = set().union(*(_ids(call[3]) - _ids(call[1:3]) for call in calls))  # less what is only changed in place
    ordered, there, dependent = [], set(), set(map(id, parameters))
    while calls:
        late = []
        for call in calls:
            needed = _ids(call[1:3])
            if (needed & made) <= there:
                if call[0]._schema.is_mutable and any(_storages(call[1:3]) & _storages(other[1:]) for other in late):
                    raise RuntimeError("something is written that an earlier call is still to read")
                ordered.append(call)
                there |= _ids(call[3])
                dependent |= _ids(call[3]) if needed & dependent else set()
            else:
                late.append(call)
        if len(late) == len(calls):
            raise RuntimeError("a joined call needs what another gives")
        calls = late
    if dependent & set(map(id, actual.values())):
        raise RuntimeError("what the network is called on depends on its parameters")
    return ordered


def _ids(tree):
    return {id(leaf) for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)}


def _storages(tree):
    return {leaf.untyped_storage().data_ptr() for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)}


def _calls(function, network, modules, batch):
    """What a function calls a network on: number of the call -> (arguments, those by keyword)."""
    calls = {}

    def call(number, forward, given):
        calls[number] = given
        return forward(given)

    with put_back(modules), _calling(network, call):
        function(*map(torch.clone, batch))
    return calls


@contextmanager
def _calling(network, call):
    """Has `call` called in the place of a network: with the number of the call, a function that makes it, and what that
    is to be given, (arguments, those by keyword)."""
    forward, own, numbers = network.forward, "forward" in vars(network), count()

    def instead(*inputs, **named):
        return call(next(numbers), lambda given: forward(*given[0], **given[1]), (inputs, named))

    network.forward = instead
    try:
        yield
    finally:
        del network.forward
        if own:
            network.forward = forward
