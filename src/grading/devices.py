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

# The CPU by another name: asked for without a watch, and where tensors lie that pass for a GPU's under it.
HOME = torch.device("cpu", 0)
# The device that is asked for under the watch and elsewhere: whoever looks at its type or name sees a GPU.
GPU = torch.device("cuda", 0)


_DEVICE_OF = torch.Tensor.device.__get__
_IS_CUDA = torch.Tensor.is_cuda.__get__
_NUMBER_OF = {torch.Tensor.get_device, torch.get_device}
_NAMING = {torch.device, torch._C._nn._parse_to}  # they put nothing anywhere
# These look at nothing but the shape of the second tensor.
_SHAPE_ONLY = {torch.Tensor.expand_as, torch.Tensor.view_as, torch.Tensor.reshape_as}


# Where tensors of `elsewhere` lie; they have shapes and types alone.
META = torch.device("meta")

_MIXED = re.compile("same device|expected device")
_ON_A_GPU = (
    "one of them is on the device that is asked for, one is not, as if it was made without device=...; on a GPU this "
    "stops with 'Expected all tensors to be on the same device'"
)


class WrongDevice(RuntimeError):
    """A tensor that is not on the device that was asked for meets one that is."""


class _AsOnAGpu(TorchFunctionMode):
    """Lets META pass for a GPU."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if _asks_where(func):
            there = _DEVICE_OF(args[0])
            return _where(func, GPU if there == META else there)
        if func is torch.Tensor.cuda:
            return args[0].to(META)
        args, kwargs = _put(func, args, kwargs or {}, META)
        return func(*args, **kwargs)


def _asks_where(func):
    return func in (_DEVICE_OF, _IS_CUDA) or func in _NUMBER_OF


def _where(func, device):
    """The answer of a function that asks where a tensor is."""
    if func == _DEVICE_OF:
        return device
    return device == GPU if func == _IS_CUDA else (0 if device == GPU else -1)


def _put(func, args, kwargs, place):
    """Arguments in which a place stands for every name of a GPU."""
    if func in _NAMING:
        return args, kwargs

    def put(value, may_be_number):
        return place if _names_gpu(value) or (may_be_number and type(value) is int) else value

    args = [put(value, func is torch.Tensor.to) for value in args]
    return args, {name: put(value, name == "device") for name, value in kwargs.items()}


def _names_gpu(value):
    return isinstance(value, str | torch.device) and str(value).split(":")[0] == "cuda"


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
            mixed = WrongDevice(f"a tensor meets one of another device: {_ON_A_GPU}")
            raise mixed.with_traceback(error.__traceback__) from None
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


_GENERATOR = torch.Generator


class _KindOfGenerator(type(_GENERATOR)):
    def __instancecheck__(cls, value):
        return isinstance(value, _GENERATOR)


class _Generator(_GENERATOR, metaclass=_KindOfGenerator):
    """A torch.Generator that a GPU can be asked for; it draws where everything is."""

    def __new__(cls, device="cpu"):
        return super().__new__(cls, "cpu" if _names_gpu(device) or type(device) is int else device)


def _set_default_device(device, _plain=torch.set_default_device):
    _plain(HOME if _names_gpu(device) else device)  # torch puts it below the watch


def _from_numpy(array, _plain=torch.from_numpy):
    tensor = _plain(array)
    tensor._adrift = True
    return tensor


def _stand_ins():
    """{(module, name): what takes its place under the watch}. The types of torch.cuda are those of the device that is
    asked for, as `is_cuda` is true there."""
    found = {(torch, "from_numpy"): _from_numpy, (torch, "Generator"): _Generator}
    found[torch, "set_default_device"] = _set_default_device
    for kind in "BFloat16 Bool Byte Char Double Float Half Int Long Short".split():
        name = f"{kind}Tensor"
        for module, device in ((torch, torch.device("cpu")), (torch.cuda, HOME)):
            of_it = {"plain": getattr(torch, name), "device": device}
            found[module, name] = _Type(f"{module.__name__}.{name}", (), of_it)
    return found


_STAND_INS = _stand_ins()


class DeviceWatch(TorchFunctionMode):
    """Within it, mixing a tensor made without `device=` and one of the caller's raises `WrongDevice`.

    The caller must pass GPU as the device, on which all tensors from outside are taken to be; "cpu" is another.
    Tensors of one number may be mixed freely, as PyTorch allows.
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
        if _asks_where(func):
            return _where(func, torch.device("cpu") if getattr(args[0], "_adrift", False) else GPU)
        if func is torch.Tensor.cuda:
            func, args, kwargs = torch.Tensor.to, (args[0], HOME), {}
        if func is torch.Tensor.cpu:
            func, args, kwargs = torch.Tensor.to, (args[0], torch.device("cpu")), {}
        tensors = list(_tensors([args, kwargs]))
        adrift = [tensor for tensor in tensors if getattr(tensor, "_adrift", False)]
        mixed = any(t.dim() for t in adrift) and any(t.dim() and not getattr(t, "_adrift", False) for t in tensors)
        if mixed and func not in _CROSSING | _SHAPE_ONLY:
            name = getattr(func, "__name__", str(func))
            raise WrongDevice(f"{name} mixes tensors of two devices: {_ON_A_GPU}")
        placed, by_name = _put(func, args, kwargs, HOME)
        result = func(*map(_plain, placed), **{name: _plain(value) for name, value in by_name.items()})
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
    return value.plain if isinstance(value, _Type) else value


def _target(args, kwargs):
    """The device that the arguments of Tensor.to and the like lead to; None where they lead to a type only."""
    for value in (*args, kwargs.get("device"), kwargs.get("dtype"), kwargs.get("other")):
        if isinstance(value, torch.Tensor):
            return torch.device("cpu") if getattr(value, "_adrift", False) else HOME
        if _names_gpu(value) or type(value) is int:
            return HOME
        if isinstance(value, torch.device):
            return value
        if isinstance(value, _Type):
            return value.device
        if isinstance(value, str):  # a device, or a type such as torch.FloatTensor, which has one
            return HOME if value.startswith("torch.") else torch.device(value)
    return None


def _tensors(values):
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _tensors(value)
        elif isinstance(value, dict):
            yield from _tensors(value.values())
