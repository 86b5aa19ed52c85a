"""A loss and its gradients without Python: what torch did once, done again for other data.

The networks of the flow are so small that most of a step is spent between operations, in Python and in autograd.
So the operations of one step, forward and backward, are recorded below both, and played back by TorchScript.
"""

import warnings

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map_only

N_TRIALS = 4  # TorchScript optimises in its first two runs; what counts is what comes out after


def loss_and_gradients(loss, module):
    """The plain way.

    Args:
        loss: function of a tensor; it uses the module's parameters and returns a 0-d tensor.
        module: a torch module.

    Returns:
        A function from a tensor to a list: the loss, then its gradient by each of the module's parameters; None
        for those that it does not depend on.
    """
    parameters = list(module.parameters())

    def plain(x):
        value = loss(x)
        return [value.detach(), *torch.autograd.grad(value, parameters, allow_unused=True)]

    return plain


def recorded(function, module, batches):
    """A faster function that gives the same bits, or the function itself where no recording can be trusted.

    What a recording cannot hold are decisions that depend on the data, and whatever leaves torch on the way: then it
    gives other results than the function, and is thrown away.

    Args:
        function: as `loss_and_gradients` gives it.
        module: the module whose parameters and buffers it uses.
        batches: tensors of one shape; the first is recorded, on all the recording must agree with the function.
    """
    if len(batches) < 2:
        return function  # there is nothing to hold a recording against
    state = [*module.parameters(), *module.buffers()]
    try:
        replay = _script(function, batches[0], state)
        for x in [*batches] * N_TRIALS:
            if not _agree(_from_one_seed(function, x), _from_one_seed(replay, x)):
                return function
    except Exception:  # torch raises many kinds
        return function
    return replay


class _Recorder(TorchDispatchMode):
    """Keeps every operation that torch carries out, backward passes too."""

    def __init__(self):
        super().__init__()
        self.calls = []

    @classmethod
    def _should_skip_dynamo(cls):
        """Else torch imports its compiler, to tell it to leave this alone: that takes longer than all the recording."""
        return False

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        if operation is torch.ops.aten._local_scalar_dense.default:
            raise RuntimeError("a number was taken out of a tensor: what follows may depend on it")
        if operation is torch.ops.aten.lift_fresh.default:  # torch.tensor(...): a fresh one each time
            operation = torch.ops.aten.lift_fresh_copy.default
        result = operation(*args, **(kwargs or {}))
        self.calls.append((operation, args, kwargs or {}, result))
        return result


def _script(function, x, state):
    recorder = _Recorder()
    with recorder:
        results = function(x)
    given = [id(tensor) for tensor in (x, *state)]

    def again(*tensors):
        now = dict(zip(given, tensors, strict=True))  # id of a tensor of the recording -> the tensor in its place

        def in_place_of(tensor):
            return now.get(id(tensor), tensor)

        for operation, args, kwargs, result in recorder.calls:
            present = tree_map_only(torch.Tensor, in_place_of, (args, kwargs))
            fresh = operation(*present[0], **present[1])
            now.update(zip(map(id, tree_flatten(result)[0]), tree_flatten(fresh)[0], strict=True))
        return tuple(in_place_of(tensor) for tensor in results if tensor is not None)

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that torch.jit is to go one day: then the plain way is left
        script = torch.jit.trace(again, (x, *state), check_trace=False)

    def replay(x):
        with torch.no_grad():
            found = iter(script(x, *state))
        return [None if tensor is None else next(found) for tensor in results]

    return replay


def _from_one_seed(function, x):
    """What a function gives, and where it leaves torch's random stream; the stream itself is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return [*function(x), torch.get_rng_state()]


def _agree(some, others):
    return all((a is None and b is None) or torch.equal(a, b) for a, b in zip(some, others, strict=True))
