"""Probes: what the grader asks of a submission. They call the student's code and know no answer.

A request names a probe, `gan.loss`, and brings its arguments as arrays; the probe is the function `loss` of the module
`gan` here, and its first argument the student's module of that name. The reply is arrays, or says what went wrong.
"""

import importlib.util
import random
import re
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from grading import wire
from grading.devices import META, DeviceWatch, WrongDevice, elsewhere
from grading.loader import FileMissing
from tracebacks import explain, hint_of_backward, unwritten

# What `watched` does not see: tensors made in these ways, and those that are kept from before.
_UNSEEN = re.compile(
    r"\bVariable\b|\bTensor\(|\bParameter\(|\bhasattr\b|\bglobal\b|__dict__|^\w+ = .*\w\(|self\.\w+ = .*(torch|Normal)",
    re.M,
)


class Unusable(Exception):
    """What the student's code gave cannot be looked at any further; the message says why."""


class Absent(Unusable):
    """The student's module lacks what the message names."""


def run(submission, request):
    """Serves one request.

    Args:
        submission: `grading.loader.Submission`.
        request: {"probe": name, "seed": of the random numbers that the student's code draws, argument: value, ...},
            arrays and texts; the probe "NAME.import" imports the file and no more. With "cases", a number, it brings so
            many seeds and arguments, as `grading.wire.together` puts them; then the replies come likewise, until one
            says "failed".

    Returns:
        {"status": "ok", name: array, ...}; or {"status": "failed", "reason": text}, with "unwritten" naming the
        function if it is one that the student has still to write, and "absent" saying yes if the file or the function
        is not there.
    """
    arguments = dict(request)
    probe, count = arguments.pop("probe"), arguments.pop("cases", None)
    if count is None:
        return _run(submission, probe, **arguments)
    replies = []
    for case in wire.apart(arguments, int(count)):
        replies.append(_run(submission, probe, **case))
        if replies[-1]["status"] == "failed":
            break
    return {"status": "ok", **wire.together(replies)}


def _run(submission, probe, seed, **arguments):
    file, name = probe.split(".")
    seed = int(seed)
    try:
        module = submission.module(file)
        if name == "import":
            return {"status": "ok"}
        probe = getattr(importlib.import_module(f"grading.probes.{file}"), name)
        _as_new()
        torch.default_generator.manual_seed(seed)  # that of torch itself looks for devices, which takes longer
        np.random.seed(seed)
        random.seed(seed)
        reply = probe(module, **arguments)
        if changed := _as_new():
            raise Unusable(f"It left {changed} changed for all of torch: others still need it.")
        return {"status": "ok", **reply}
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # SystemExit too: a student's exit() is an answer like any other
        return _failure(error, submission.folder)


def _as_new():
    """Sets what a submission may have switched for all of torch back; returns what it was, or ""."""
    found = {
        "set_grad_enabled": not torch.is_grad_enabled(),
        "set_default_dtype": torch.get_default_dtype() != torch.float32,
        "set_default_device": torch.get_default_device() != torch.device("cpu"),
    }
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    if found["set_default_device"]:
        torch.set_default_device(None)
    return " and ".join(name for name, changed in found.items() if changed)


def _failure(error, folder):
    function = unwritten(error, folder)
    if function:
        return {"status": "failed", "reason": explain(error, folder), "unwritten": function}
    if isinstance(error, (Absent, FileMissing)):
        return {"status": "failed", "reason": str(error), "absent": "yes"}
    if isinstance(error, (Unusable, FileNotFoundError)) and not explain(error, folder):
        return {"status": "failed", "reason": str(error)}
    reason = explain(error, folder) or f"{type(error).__name__}: {error}"
    if isinstance(error, EOFError):
        reason += "\nNobody is there to answer input(): take it out."
    if type(error).__name__ == "BdbQuit":
        reason += "\nFor breakpoints, run grader.py with --debug."
    if isinstance(error, NotImplementedError) and "'Byte'" in str(error):
        reason += "\ntorch.uint8 holds whole numbers from 0 to 255 alone; rand_like and its like keep the type."
    if isinstance(error, SystemExit):
        reason += "\nexit() ends the program that imports your code: take it out."
    return {"status": "failed", "reason": reason[-20_000:]}


def tensors(**arrays):
    """Float32 tensors with memory of their own of given arrays; {name: tensor}."""
    return {name: torch.from_numpy(np.array(array)).to(torch.float32) for name, array in arrays.items()}


def plain(tensor):
    """A tensor as an array."""
    return tensor.detach().cpu().numpy()


def gradients(what, value, sources):
    """Derivatives of a student's result.

    Args:
        what: the result, as a message is to name it.
        value: a 0-d tensor.
        sources: {name: tensor}.

    Returns:
        {name: tensor}, of those that it depends on.

    Raises:
        Unusable: it cannot be differentiated.
    """
    if not value.requires_grad:
        return {}
    try:
        found = torch.autograd.grad(value, list(sources.values()), allow_unused=True)
    except RuntimeError as error:
        raise _not_differentiable(what, error) from error
    return {name: gradient for name, gradient in zip(sources, found, strict=True) if gradient is not None}


def plain_gradients(what, value, sources):
    """`gradients` as arrays, each called grad_NAME, as replies have them."""
    return {f"grad_{name}": plain(gradient) for name, gradient in gradients(what, value, sources).items()}


def _not_differentiable(what, error):
    """`Unusable` for an error of the backward pass, with a word on the usual causes."""
    return Unusable(f"{what} cannot be differentiated: {error}\n{hint_of_backward(error)}".rstrip())


def state_of(network):
    """What a call must leave of a network as it was, for `differences`."""
    return (
        network.training,
        _hooks(network),
        {name: parameter.requires_grad for name, parameter in network.named_parameters()},
        {name: parameter.detach().clone() for name, parameter in network.named_parameters()},
    )


def _hooks(network):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in network.modules())


def differences(network, state, name):
    """Says what is no longer as in a `state_of` the network, which is called `name`."""
    training, hooks, flags, values = state
    if _hooks(network) != hooks:
        yield f"a hook was left on {name}"
    if network.training != training:
        yield f"{name} was left in {'training' if network.training else 'evaluation'} mode"
    now = dict(network.named_parameters())
    if now.keys() != flags.keys():
        yield f"{name} was left with other parameters"
        return
    if changed := [key for key, parameter in now.items() if parameter.requires_grad != flags[key]]:
        yield f"requires_grad of {name}'s parameters was left {now[changed[0]].requires_grad}"
    if not all(same(parameter.detach(), values[key]) for key, parameter in now.items()):
        yield f"{name}'s parameters were changed"


def learned(value, network, known):
    """Says which parameters of a network other than the known ones a value depends on: training would change them.

    Args:
        value: a 0-d tensor.
        known: parameters that it may depend on.
    """
    own = {id(parameter) for parameter in known}
    others = {name: one for name, one in network.named_parameters() if id(one) not in own and one.requires_grad}
    if not others or not value.requires_grad:
        return
    found = torch.autograd.grad(value, list(others.values()), allow_unused=True, retain_graph=True)
    for name, gradient in zip(others, found, strict=True):
        if gradient is not None:
            yield f"{name} is a parameter, which training would change: a buffer or a number stays as it is"


def same(one, other):
    """Whether two tensors are the same, where they are no numbers too."""
    return one.shape == other.shape and torch.equal(one.nan_to_num(), other.nan_to_num())


def is_number(value):
    """Whether it is a 0-d tensor that one can train with: a constant of NumPy's makes it float64."""
    return isinstance(value, torch.Tensor) and not value.dim() and value.dtype in (torch.float32, torch.float64)


def described(value):
    """What a student's function returned, in a few words."""
    if value is None:
        return "None (is its last line a return?)"
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)} and type {value.dtype}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"{type(value).__name__}: {str(value)[:60]}"


def watched(call):
    """Runs `call` under the watch for tensors made on the default device; returns what it gives.

    Raises:
        Unusable: there was one.
    """
    with _told_where(), DeviceWatch():
        return call()


def watched_elsewhere(module, call, *things):
    """Runs `call` with tensors and networks moved to META, for tensors that are not; where the student's file has
    something in it that `watched` does not see. For others it would take longer than all tests together: for META,
    torch imports its compiler.

    Args:
        module: the student's. It is imported once more for this, since what its functions keep from call to call is
            of the device that they were called on.
        call: of that module, and of the things.

    Raises:
        Unusable: there was a tensor of the CPU.
    """
    if not _UNSEEN.search(Path(module.__file__).read_text(encoding="utf-8", errors="replace")):
        return
    with _told_where(), elsewhere():
        spec = importlib.util.spec_from_file_location(module.__name__, module.__file__)
        again = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(again)
        call(again, *(thing.to(META) for thing in things))


@contextmanager
def _told_where():
    try:
        yield
    except WrongDevice as error:
        frames = error.__traceback__
        line = None
        while frames:
            if frames.tb_frame.f_globals.get("__name__", "").startswith("submission"):
                line = f"submission/{frames.tb_frame.f_globals['__name__'].split('.')[-1]}.py, line {frames.tb_lineno}"
            frames = frames.tb_next
        raise Unusable(f"{line}: {error}" if line else str(error)) from None


def provided_or_unusable(module, name):
    """What students are given, of the student's module: that it is gone is a mistake, and no question left out.

    Raises:
        Unusable: there is none of that name.
    """
    try:
        return getattr_or_unusable(module, name)
    except Absent as absent:
        raise Unusable(f"{str(absent)[:-1]}, which is provided: take it from the handout.") from None


def getattr_or_unusable(module, name):
    """A function of the student's module.

    Raises:
        Absent: there is none of that name.
    """
    try:
        return getattr(module, name)
    except AttributeError:
        raise Absent(f"submission/{module.__name__.split('.')[-1]}.py has no {name}.") from None


def whole(function, *arguments):
    """What a function of tensors gives that looks at their numbers; within torch.func.vmap it is called once, with all
    of the batch in front."""
    is_batched = any(isinstance(one, torch.Tensor) and torch._C._functorch.is_batchedtensor(one) for one in arguments)
    return _Whole.apply(function, *arguments) if is_batched else function(*arguments)


class _Whole(torch.autograd.Function):
    """What torch.func.vmap looks for in `whole`."""

    @staticmethod
    def forward(function, *arguments):
        return function(*arguments)

    @staticmethod
    def setup_context(context, inputs, output):
        pass

    @staticmethod
    def vmap(info, in_dims, function, *arguments):
        places = in_dims[1:]
        rank = max(one.dim() - (place is not None) for one, place in zip(arguments, places, strict=True))
        batches = []
        for one, place in zip(arguments, places, strict=True):
            batch = one.expand(info.batch_size, *one.shape) if place is None else one.movedim(place, 0)
            batches.append(batch.reshape(len(batch), *[1] * (rank + 1 - batch.dim()), *batch.shape[1:]))
        return whole(function, *batches), 0
