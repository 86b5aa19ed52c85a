"""A loss and its gradients without autograd: what torch did once, done again for other data.

Of a step of small networks most is spent between operations, in Python and in autograd; of a GAN's, a tenth. So the
operations of one step, forward and backward, are recorded below both, and played back.
"""

import sys
import warnings
from contextlib import ExitStack, contextmanager, redirect_stdout

import torch
from torch.distributions import Distribution
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map_only

from training.remembered import Remembered

aten = torch.ops.aten
SEED = 7_305_118_264  # of rehearsals; who seeds within a loss takes another
MOVED = 0.1  # share by which parameters are moved in a rehearsal


def loss_and_gradients(loss, module):
    """The plain way.

    Args:
        loss: function of tensors; it uses the module's parameters and returns a 0-d tensor.
        module: a torch module.

    Returns:
        A function from tensors to a list: the loss, then its gradient by each of the module's parameters, laid out in
        memory as that is; None for those that it does not depend on.
    """
    parameters = list(module.parameters())

    def plain(*batch):
        value = loss(*batch)
        gradients = torch.autograd.grad(value, parameters, allow_unused=True)
        return [value.detach(), *map(_laid_out_alike, gradients, parameters)]

    return plain


def _laid_out_alike(gradient, parameter):
    """A fused optimiser goes through both from end to end; `backward` would see to it, `grad` does not."""
    if gradient is None or gradient.stride() == parameter.stride():
        return gradient
    return torch.empty_like(parameter).copy_(gradient)


def loss_and_gradient(loss, parameters):
    """The same with one gradient for all, laid out as `optimizer.in_one_vector` lays out the parameters.

    Args:
        loss: as for `loss_and_gradients`.
        parameters: that it may depend on, of P numbers in all.

    Returns:
        A function from tensors to a list: the loss, then its gradient, shape (P,).
    """

    def plain(*batch):
        value = loss(*batch)
        gradients = torch.autograd.grad(value, parameters, materialize_grads=True)
        return [value.detach(), torch.cat([gradient.flatten() for gradient in gradients])]

    return plain


def recorded(function, modules, batches, player):
    """A faster function that gives the same bits, or the function itself where no recording can be trusted.

    A recording cannot hold decisions that depend on the data, what leaves torch on the way, and what Python remembers
    from call to call: where there is any, or other results than the function's, it is thrown away. So it is where the
    function prints, as debuggers do too.

    Args:
        function: as `loss_and_gradients` or `loss_and_gradient` gives it.
        modules: those whose parameters and buffers it uses.
        batches: each a tuple of tensors, all of the same shapes; the first is recorded, on the others the
            recording must agree with the function.
        player: `Script` or `Lines`; on a GPU `Graph`.
    """
    if len(batches) < 2:
        return function  # there is nothing to hold a recording against
    state = state_of(modules)
    listening = _Listening(sys.stdout)
    try:
        with redirect_stdout(listening):
            with put_back(modules):
                replay = player.of(function, _copies(batches[0]), state)
            for moved, trials in ((0, player.trials), (MOVED, 1)):
                for batch in batches[1:] * trials:
                    some, others = (_from_one_start(either, batch, modules, moved) for either in (function, replay))
                    alike = player.agree(some[0], others[0]) and player.leaves_alike(some[1], others[1])
                    if listening.heard or not alike:
                        return function
    except Exception:  # torch raises many kinds
        return function
    return replay


def state_of(modules):
    """All parameters and buffers."""
    return [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())]


class _Listening:
    """A stream that notes whether anything is written to it."""

    def __init__(self, stream):
        self._stream, self.heard = stream, False

    def write(self, text):
        self.heard = True
        return self._stream.write(text)

    def __getattr__(self, name):
        return getattr(self._stream, name)


@contextmanager
def unvalidated():
    """Within it torch.distributions does not look whether its arguments are possible ones."""
    before = Distribution._validate_args
    Distribution.set_default_validate_args(False)
    try:
        yield
    finally:
        Distribution.set_default_validate_args(before)


class Recorder(TorchDispatchMode):
    """Keeps every operation that torch carries out, backward passes too, but for the checks of torch.distributions.

    Raises:
        RuntimeError: in the end, if anything followed from the numbers in a tensor: from others, other things would.
    """

    def __init__(self):
        super().__init__()
        self.calls = []
        self._values_matter = False

    @classmethod
    def _should_skip_dynamo(cls):
        """Else torch imports its compiler, to tell it to leave this alone: that takes longer than all the recording."""
        return False

    def __enter__(self):
        self._around = ExitStack()
        self._around.enter_context(unvalidated())  # to look takes a number out of a tensor
        self._leaving = self._around.enter_context(_Leaving())
        return super().__enter__()

    def __exit__(self, kind, *error):
        self._around.close()
        super().__exit__(kind, *error)
        if kind is None and (self._values_matter or self._leaving.seen):
            raise RuntimeError("a number was taken out of a tensor: what follows may depend on it")

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        self._values_matter |= _depends_on_values(operation, args)  # raised here, the student's code might catch it
        if operation is aten.lift_fresh.default:  # torch.tensor(...): a fresh one each time
            operation = aten.lift_fresh_copy.default
        result = operation(*args, **(kwargs or {}))
        self.calls.append((operation, args, kwargs or {}, result))
        return result


class _Leaving(TorchFunctionMode):
    """Sees tensors leave torch, which their operations do not tell."""

    seen = False

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.seen |= getattr(function, "__name__", "") in ("numpy", "tolist", "__array__", "__dlpack__")
        return function(*args, **(kwargs or {}))


def _depends_on_values(operation, args):
    """Whether an operation gives a number, a truth or a shape that follows from the numbers in a tensor."""
    if operation is aten.index.Tensor:
        return any(index is not None and index.dtype in (torch.bool, torch.uint8) for index in args[1])
    return not {torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape}.isdisjoint(operation.tags)


class Player:
    """Plays back the calls of torch's operations.

    Args:
        calls: (operation, args, kwargs, result), one after the other.
        given: tensors that others are to take the place of.
        wanted: results of theirs.
    """

    trials = 1  # how often each batch is tried before parameters are moved

    @classmethod
    def of(cls, function, batch, state):
        """A function that does what `function` did with this batch and with the state that it used."""
        with Recorder() as recorder:
            results = function(*batch)
        return cls.playing(recorder.calls, results, batch, state)

    @classmethod
    def playing(cls, calls, results, batch, state):
        """A function of batches that makes calls again, which gave these results for this batch."""
        present = [tensor is not None for tensor in results]
        wanted = [tensor for tensor in results if tensor is not None]
        with torch.no_grad():
            play = cls(calls, (*batch, *state), wanted).play

        def replay(*batch):
            with torch.no_grad():
                found = iter(play(*batch, *state))
            return [next(found) if there else None for there in present]

        return replay

    @staticmethod
    def agree(some, others):
        """Whether tensors are the same as others, to the bit; where there is None, both have it."""
        return all((a is None and b is None) or torch.equal(a, b) for a, b in zip(some, others, strict=True))

    leaves_alike = agree  # the same of what is left behind: parameters, buffers, random streams


class Script(Player):
    """Plays calls back by TorchScript: without Python, for many small operations."""

    trials = 4  # TorchScript optimises in its first two runs; what counts is what comes out after

    def __init__(self, calls, given, wanted):
        def again(*tensors):
            now = dict(zip(map(id, given), tensors, strict=True))  # id of a recorded tensor -> that in its place

            def in_place_of(tensor):
                return now.get(id(tensor), tensor)

            for operation, args, kwargs, result in calls:
                present = tree_map_only(torch.Tensor, in_place_of, (args, kwargs))
                fresh = operation(*present[0], **present[1])
                now.update(zip(map(id, tree_flatten(result)[0]), tree_flatten(fresh)[0], strict=True))
            return tuple(map(in_place_of, wanted))

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that torch.jit is to go one day: then the plain way is left
            script = torch.jit.trace(again, given, check_trace=False)
        try:
            static = torch._C._jit_to_static_module(script.graph)  # plans memory ahead: a tenth faster
        except (AttributeError, RuntimeError):  # torch has none, or cannot follow
            self.play = script
        else:  # what it gives can only be read
            self.play = lambda *tensors: [tensor.clone() for tensor in static(*tensors)]


@contextmanager
def put_back(modules):
    """Undoes what is done to modules, to random streams and to what the submission remembers; gives the latter."""
    state = state_of(modules)
    before = [(tensor.detach().clone(), tensor.requires_grad) for tensor in state]
    remembered = Remembered(modules)
    try:
        with torch.random.fork_rng(_gpus(state)), torch.set_grad_enabled(torch.is_grad_enabled()):
            yield remembered
    finally:
        for tensor, (old, is_trained) in zip(state, before, strict=True):
            with torch.no_grad():
                tensor.copy_(old)
            tensor.requires_grad_(is_trained)
        remembered.put_back()


def _from_one_start(function, batch, modules, moved):
    """What a function gives; and what it leaves behind: in the modules, in torch's random streams, and whether it
    remembers anything. `moved` is the share by which all parameters are another, as training moves them."""
    with put_back(modules) as remembered:
        torch.manual_seed(SEED)
        with torch.no_grad():
            for parameter in (one for module in modules if moved for one in module.parameters()):
                parameter.mul_(1 + moved * torch.randn_like(parameter))
        state = state_of(modules)
        places = [tensor.data_ptr() for tensor in state]
        results = function(*_copies(batch))
        flags = [remembered.has_changed(), places != [tensor.data_ptr() for tensor in state]]
        flags += [tensor.requires_grad for tensor in state]
        streams = [torch.get_rng_state(), *map(torch.cuda.get_rng_state, _gpus(state))]
        return results, [*(tensor.detach().clone() for tensor in state), torch.tensor(flags), *streams]


def _copies(batch):
    """A function may write into what it is given, which may be the data themselves."""
    return [tensor.clone() for tensor in batch]


def _gpus(state):
    """Numbers of the GPUs that a state is on."""
    return sorted({tensor.device.index for tensor in state if tensor.is_cuda})
