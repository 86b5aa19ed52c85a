"""What networks were given when the student's code called them: kept apart from them, as that code holds them."""

import weakref

import torch

_SEEN = weakref.WeakKeyDictionary()


def note(network, name, value):
    """Notes something that a network was given; of a tensor a copy, which outlives the call, and within torch.func's
    transforms of what they wrap."""
    if isinstance(value, torch.Tensor):
        value = unwrapped(value).detach().clone()
    _SEEN.setdefault(network, {}).setdefault(name, []).append(value)


def unwrapped(tensor):
    """The tensor that torch.func's transforms have wrapped, all of a batch."""
    while torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        tensor = torch._C._functorch.get_unwrapped(tensor)
    return tensor


def share(network, other):
    """From now on what one of two networks notes is noted of both."""
    _SEEN[other] = _SEEN.setdefault(network, {})


def by(network, name):
    """All that was noted of this name, in order."""
    return _SEEN.get(network, {}).get(name, [])
