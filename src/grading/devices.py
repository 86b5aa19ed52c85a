"""Finds tensors made on the default device and mixed with those of the device that was asked for.

On a machine with one device such a slip goes unseen: `torch.rand(n)` without `device=` works on a CPU and fails on a
GPU. The watch follows the tensors that were made without a device, and complains where PyTorch would on a GPU.
"""

import torch
from torch.overrides import TorchFunctionMode

_FACTORIES = {
    getattr(torch, name)
    for name in "arange empty eye full linspace logspace normal ones rand randint randn randperm tensor "
    "as_tensor zeros".split()
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
_MOVES = {torch.Tensor.to, torch.Tensor.type, torch.Tensor.type_as}


# Types and functions that no mode sees.
_UNSEEN = ("FloatTensor", "LongTensor", "DoubleTensor", "from_numpy", "asarray")

# The device that the caller asks for: the CPU by another name, which tells whether it was passed on.
HOME = torch.device("cpu", 0)


_DEVICE_OF = torch.Tensor.device.__get__
_IS_CUDA = torch.Tensor.is_cuda.__get__
# These look at nothing but the shape of the second tensor.
_SHAPE_ONLY = {torch.Tensor.expand_as, torch.Tensor.view_as, torch.Tensor.reshape_as}


class WrongDevice(RuntimeError):
    """A tensor made without a device meets one on the device that was asked for."""


class DeviceWatch(TorchFunctionMode):
    """Within it, mixing a tensor made without `device=` and one of the caller's raises `WrongDevice`.

    The caller must pass HOME as the device; `device="cpu"` is another. Tensors of one number may be mixed freely, as
    PyTorch allows.
    """

    def __enter__(self):
        self._kept = {name: getattr(torch, name) for name in _UNSEEN}
        for name, constructor in self._kept.items():
            setattr(torch, name, _adrift(constructor))
        return super().__enter__()

    def __exit__(self, *error):
        for name, constructor in self._kept.items():
            setattr(torch, name, constructor)
        return super().__exit__(*error)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func == _IS_CUDA:  # true on the device asked for, as it would be on a GPU; `.cuda()` then stays where it is
            return not getattr(args[0], "_adrift", False)
        if func is torch.Tensor.cuda:
            func, args, kwargs = torch.Tensor.to, (args[0], HOME), {}
        if func == _DEVICE_OF:
            return torch.device("cpu") if getattr(args[0], "_adrift", False) else HOME
        tensors = list(_tensors([args, kwargs]))
        adrift = [tensor for tensor in tensors if getattr(tensor, "_adrift", False)]
        mixed = any(t.dim() for t in adrift) and any(t.dim() and not getattr(t, "_adrift", False) for t in tensors)
        if mixed and func not in _CROSSING | _SHAPE_ONLY:
            name = getattr(func, "__name__", str(func))
            raise WrongDevice(
                f"{name} mixes a tensor made without device=... with one on the given device; "
                "on a GPU this stops with 'Expected all tensors to be on the same device'"
            )
        result = func(*args, **kwargs)
        if func in _FACTORIES:
            homeless = not tensors and _target((), kwargs) != HOME
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


def _adrift(constructor):
    def make(*args, **kwargs):
        tensor = constructor(*args, **kwargs)
        tensor._adrift = True
        return tensor

    return make


def _target(args, kwargs):
    """The device that the arguments of Tensor.to and the like lead to; None where they lead to a type only."""
    for value in (*args, kwargs.get("device"), kwargs.get("other")):
        if isinstance(value, torch.Tensor):
            return torch.device("cpu") if getattr(value, "_adrift", False) else HOME
        if isinstance(value, torch.device):
            return value
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
