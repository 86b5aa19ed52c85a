"""What Python remembers from one call of a student's function to the next: counters, lists, caches, generators.

A recording knows tensors alone. So a function that remembers something is called as it is, and whoever tries one out
puts back what it remembers.
"""

import pickle
import random
import sys
from collections import deque
from types import CellType, FunctionType

import numpy as np
import torch

MOST = 20_000  # things that are looked at: more than a submission and its networks have
LARGE = 10**7  # numbers of a tensor that is not looked at
PYTHONS = ("__builtins__", "__warningregistry__")  # names in a file that are Python's own, not its author's
PLAIN = (bool, int, float, complex, str, bytes)  # what is the same if it is equal


class Remembered:
    """What the submission's files and some networks hold at a time, as far as it can be seen from them.

    Args:
        modules: torch modules. Their own parameters and buffers may be written to: that is no change.
    """

    def __init__(self, modules):
        own = {id(tensor) for module in modules for tensor in (*module.parameters(), *module.buffers())}
        self._tensors = {}  # id of a tensor that is not theirs -> it, its version, its numbers
        self._before = {}  # id of a thing -> the thing, what was in it
        files = [vars(module) for name, module in list(sys.modules.items()) if name.split(".")[0] == "submission"]
        todo = [*files, *modules, random._inst, np.random.mtrand._rand]
        while todo and len(self._before) < MOST:
            thing = todo.pop()
            if isinstance(thing, torch.Tensor) and id(thing) not in own and thing.numel() < LARGE:
                self._tensors[id(thing)] = thing, thing._version, thing.detach().clone()
            held = _held(thing)
            if held is not None and id(thing) not in self._before:
                self._before[id(thing)] = thing, held
                todo += held if isinstance(held, list) else ()

    def has_changed(self):
        """Whether anything is another now."""
        tensors = [one for one in self._tensors.values() if one[0]._version != one[1]]
        written = any(not torch.equal(tensor, numbers) for tensor, _, numbers in tensors)
        return written or any(not _same(_held(thing), held) for thing, held in self._before.values())

    def put_back(self):
        """Puts everything in its place again."""
        for key, (tensor, version, numbers) in self._tensors.items():
            if tensor._version != version:
                with torch.no_grad():
                    tensor.copy_(numbers)
                self._tensors[key] = tensor, tensor._version, numbers
        for thing, held in self._before.values():
            if not _same(_held(thing), held):
                _put_back(thing, held)


def _same(now, before):
    if isinstance(before, bytes):
        return now == before
    return len(now) == len(before) and all(map(_is, now, before))


def _is(now, before):
    return now is before or (type(now) is type(before) and isinstance(now, PLAIN) and now == before)


def _held(thing):
    """What is in a thing: a list of what may hold something itself, or bytes; None where it is not looked into."""
    known = _kind(thing)
    return known[0](thing) if known else None


def _put_back(thing, held):
    put = _kind(thing)[1]
    if put:
        put(thing, held)


def _kind(thing):
    if isinstance(thing, FunctionType | type) and not _is_own(thing):
        return None
    known = next((ways for types, *ways in _KINDS if isinstance(thing, types)), None)
    if not known and hasattr(thing, "__dict__") and (isinstance(thing, torch.nn.Module) or _is_own(type(thing))):
        return (lambda one: [vars(one)]), None
    return known


def _is_own(thing):
    return str(getattr(thing, "__module__", "")).split(".")[0] == "submission"


def _items(thing):
    names = [name for name in thing if name not in PYTHONS]
    return [*names, *(thing[name] for name in names)]


def _set_items(thing, held):
    half = len(held) // 2
    kept = {name: thing[name] for name in PYTHONS if name in thing}
    thing.clear()
    thing.update(zip(held[:half], held[half:], strict=True), **kept)


def _fill(thing, held):
    thing.clear()
    (thing.update if isinstance(thing, set) else thing.extend)(held)


def _in_cell(cell):
    try:
        return [cell.cell_contents]
    except ValueError:  # it is empty
        return []


def _set_cell(cell, held):
    if held:
        cell.cell_contents = held[0]
    else:
        del cell.cell_contents


def _set_array(array, held):
    if array.dtype != object:  # of which there are but addresses
        array[...] = np.frombuffer(held, array.dtype).reshape(array.shape)


def _set_class(thing, held):
    half = len(held) // 2
    for name in vars(thing).keys() - set(held[:half]):
        delattr(thing, name)
    for name, value in zip(held[:half], held[half:], strict=True):
        if vars(thing).get(name) is not value:
            setattr(thing, name, value)


def _set_generator(thing, held):
    thing.bit_generator.state = pickle.loads(held)


_KINDS = (  # types, what is in them, how that is put back
    (dict, _items, _set_items),
    ((list, set, deque), list, _fill),
    (tuple, list, None),
    (CellType, _in_cell, _set_cell),
    (FunctionType, lambda one: [vars(one), one.__defaults__, one.__kwdefaults__, one.__closure__], None),
    (type, lambda one: _items(vars(one)), _set_class),
    (random.Random, lambda one: pickle.dumps(one.getstate()), lambda one, held: one.setstate(pickle.loads(held))),
    (np.random.Generator, lambda one: pickle.dumps(one.bit_generator.state), _set_generator),
    (
        np.random.RandomState,
        lambda one: pickle.dumps(one.get_state()),
        lambda one, held: one.set_state(pickle.loads(held)),
    ),
    (np.ndarray, np.ndarray.tobytes, _set_array),
)
