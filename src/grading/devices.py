"""Finds tensors made on the default device and mixed with those of the device that was asked for.

On a machine with one device such a slip goes unseen: `torch.rand(n)` without `device=` works on a CPU and fails on a
GPU. Two ways find it. The watch follows the tensors that were made without a device, and complains where PyTorch would
on a GPU; it has numbers, but does not see every way of making a tensor. `elsewhere` has the same done on a device that
every machine has, PyTorch's "meta", and PyTorch complains itself; but there are no numbers, and who looks at one stops.
"""

import io
import re
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import torch
from torch.overrides import TorchFunctionMode

_FACTORIES = {
    getattr(torch, name)
    for name in "arange empty eye full linspace logspace normal ones rand randint randn randperm tensor "
    "as_tensor asarray zeros".split()
}
# These move data between devices, or accept an index or a value from another one.
_CROSSING = {
    torch.Tensor.to,
    torch.Tensor.copy_,
    torch.Tensor.__getitem__,
    torch.Tensor.__setitem__,
    torch.Tensor.type_as,
    torch.Tensor.detach,
}
# The last two make tensors as well, of what is not one.
_MOVES = {torch.Tensor.to, torch.Tensor.type, torch.Tensor.type_as, torch.as_tensor, torch.asarray}

# The device that the caller asks for: the CPU by another name, which tells whether it was passed on.
HOME = torch.device("cpu", 0)


_DEVICE_OF = torch.Tensor.device.__get__
_IS_CUDA = torch.Tensor.is_cuda.__get__
# These look at nothing but the shape of the second tensor.
_SHAPE_ONLY = {torch.Tensor.expand_as, torch.Tensor.view_as, torch.Tensor.reshape_as}


# The device for `elsewhere`; its tensors have shapes and types alone.
META = torch.device("meta")

_MIXED = re.compile("same device|expected device")
_ON_A_GPU = "on a GPU this stops with 'Expected all tensors to be on the same device'"


class WrongDevice(RuntimeError):
    """A tensor made without a device meets one on the device that was asked for."""


class _AsOnAGpu(TorchFunctionMode):
    """Lets META pass for a GPU."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func == _IS_CUDA:
            return args[0].device == META
        if func is torch.Tensor.cuda:
            return args[0].to(META)
        return func(*map(_meta, args), **{name: _meta(value) for name, value in (kwargs or {}).items()})


def _meta(value):
    return META if isinstance(value, str | torch.device) and str(value).split(":")[0] == "cuda" else value


@contextmanager
def elsewhere():
    """Within it, what is done with tensors of META raises `WrongDevice` where a tensor of the CPU is mixed in.

    Any other error ends the block without a word: there are no numbers, so that it says nothing of a GPU.
    """
    checks = torch.distributions.Distribution._validate_args
    torch.distributions.Distribution.set_default_validate_args(False)  # they look at numbers
    try:
        with _AsOnAGpu(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):  # all was said before
            yield
    except Exception as error:
        if _MIXED.search(str(error)):
            said = "a tensor made without device=... meets one on the device that is asked for; " + _ON_A_GPU
            raise WrongDevice(said).with_traceback(error.__traceback__) from None
    finally:
        torch.distributions.Distribution.set_default_validate_args(checks)


class _Type(type):
    """Makes stand-ins for types such as torch.FloatTensor, since no mode sees what is made by calling those. They are
    types themselves, so that `isinstance` and `x.type(torch.FloatTensor)` go on working."""

    def __call__(cls, *args, **kwargs):
        tensor = cls.plain(*args, **kwargs)
        tensor._adrift = cls.device != HOME
        return tensor

    def __instancecheck__(cls, value):
        return isinstance(value, cls.plain)

    def __getattr__(cls, name):
        return getattr(cls.plain, name)


def _from_numpy(array, _plain=torch.from_numpy):
    tensor = _plain(array)
    tensor._adrift = True
    return tensor


def _stand_ins():
    """{(module, name): what takes its place under the watch}. The types of torch.cuda are those of the device that is
    asked for, as `is_cuda` is true there."""
    found = {(torch, "from_numpy"): _from_numpy}
    for kind in "BFloat16 Bool Byte Char Double Float Half Int Long Short".split():
        name = f"{kind}Tensor"
        for module, device in ((torch, torch.device("cpu")), (torch.cuda, HOME)):
            of_it = {"plain": getattr(torch, name), "device": device}
            found[module, name] = _Type(f"{module.__name__}.{name}", (), of_it)
    return found


_STAND_INS = _stand_ins()


class DeviceWatch(TorchFunctionMode):
    """Within it, mixing a tensor made without `device=` and one of the caller's raises `WrongDevice`.

    The caller must pass HOME as the device; `device="cpu"` is another. Tensors of one number may be mixed freely, as
    PyTorch allows.
    """

    def __enter__(self):
        self._kept = {(module, name): getattr(module, name) for module, name in _STAND_INS}
        for (module, name), stand_in in _STAND_INS.items():
            setattr(module, name, stand_in)
        return super().__enter__()

    def __exit__(self, *error):
        for (module, name), plain in self._kept.items():
            setattr(module, name, plain)
        return super().__exit__(*error)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func == _IS_CUDA:  # true on the device asked for, as it would be on a GPU; `.cuda()` then stays where it is
            return not getattr(args[0], "_adrift", False)
        if func is torch.Tensor.cuda:
            func, args, kwargs = torch.Tensor.to, (args[0], HOME), {}
        if func is torch.Tensor.cpu:
            func, args, kwargs = torch.Tensor.to, (args[0], torch.device("cpu")), {}
        if func == _DEVICE_OF:
            return torch.device("cpu") if getattr(args[0], "_adrift", False) else HOME
        tensors = list(_tensors([args, kwargs]))
        adrift = [tensor for tensor in tensors if getattr(tensor, "_adrift", False)]
        mixed = any(t.dim() for t in adrift) and any(t.dim() and not getattr(t, "_adrift", False) for t in tensors)
        if mixed and func not in _CROSSING | _SHAPE_ONLY:
            name = getattr(func, "__name__", str(func))
            raise WrongDevice(
                f"{name} mixes a tensor made without device=... with one on the device that is asked for; {_ON_A_GPU}"
            )
        result = func(*map(_plain, args), **{name: _plain(value) for name, value in kwargs.items()})
        if func in _FACTORIES and not (tensors and func in _MOVES):
            homeless = not tensors and (_target((), kwargs) or torch.get_default_device()) != HOME
        elif func in _MOVES and (target := _target(args[1:], kwargs)) is not None:
            homeless = target != HOME
            if any(result is tensor for tensor in tensors):
                result = result.view_as(result)  # where nothing is to be moved, the tensor itself comes back
        elif func in _SHAPE_ONLY:
            homeless = getattr(args[0], "_adrift", False)
        else:
            homeless = bool(adrift) and len(adrift) == len(tensors)
        if homeless:
            for tensor in _tensors([result]):
                tensor._adrift = True
        return result


def _plain(value):
    if isinstance(value, str | torch.device) and _is_home(value):
        return HOME
    return value.plain if isinstance(value, _Type) else value


def _is_home(device):
    """Whether it is the device asked for, which passes for a GPU."""
    return device == HOME or str(device).split(":")[0] == "cuda"


def _target(args, kwargs):
    """The device that the arguments of Tensor.to and the like lead to; None where they lead to a type only."""
    for value in (*args, kwargs.get("device"), kwargs.get("dtype"), kwargs.get("other")):
        if isinstance(value, torch.Tensor):
            return torch.device("cpu") if getattr(value, "_adrift", False) else HOME
        if isinstance(value, torch.device):
            return _plain(value)
        if isinstance(value, _Type):
            return value.device
        if isinstance(value, str):  # a device, or a type such as torch.FloatTensor, which has one
            return HOME if value.startswith("torch.") or _is_home(value) else torch.device(value)
    return None


def _tensors(values):
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _tensors(value)
        elif isinstance(value, dict):
            yield from _tensors(value.values())
