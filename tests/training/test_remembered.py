"""What a student's file remembers is seen, and put back."""

import sys
import types

import pytest
import torch
from tests.training.test_replay import BATCHES, Scale

from training.lines import Lines
from training.remembered import Remembered
from training.replay import loss_and_gradients, recorded

HEAD = """
import collections, random
import numpy as np
import torch
state = {"n": 0, "last": []}
count, some, kept = 0, {1}, None
queue, array, dice = collections.deque([1]), np.zeros(2), random.Random(0)
rng, old = np.random.default_rng(0), np.random.RandomState(0)
average = torch.zeros(2)
class Schedule:
    step = 0
    def __init__(self): self.calls = 0
schedule = Schedule()
def outer():
    n = 0
    def inner():
        nonlocal n
        n += 1
        return n
    return inner
counted = outer()
"""
REMEMBERING = {
    "nothing": "",
    "a dict": "state['n'] += 1",
    "a list in a dict": "state['last'].append(float(len(x)))",
    "a global": "global count; count += 1",
    "a new global": "global fresh; fresh = 1",
    "a set": "some.add(-len(some))",
    "a deque": "queue.append(2)",
    "an array": "array[0] += 1",
    "a cache": "global kept; kept = module.weight.detach().clone()",
    "an average": "average.mul_(0.9).add_(module.weight.detach())",
    "an attribute of the function": "loss.calls = getattr(loss, 'calls', 0) + 1",
    "a default": "memory.append(1)",
    "an attribute of a class": "Schedule.step += 1",
    "an attribute of an object": "schedule.calls += 1",
    "an attribute of a network": "module.calls = getattr(module, 'calls', 0) + 1",
    "a buffer that is replaced": "module.mask = module.mask * 1.5",
    "a closure": "counted()",
    "dice": "dice.random()",
    "Python's dice": "random.random()",
    "NumPy's dice": "np.random.rand()",
    "a generator of NumPy's": "rng.random()",
    "an old generator of NumPy's": "old.rand()",
}


@pytest.fixture
def submitted(monkeypatch):
    def make(line):
        module = types.ModuleType("submission.tried")
        value = "(module.weight * module.mask * x).mean()"
        source = f"{HEAD}\ndef loss(module, x, memory=[]):\n    {line}\n    return {value}\n"
        exec(compile(source, "tried.py", "exec"), module.__dict__)
        monkeypatch.setitem(sys.modules, "submission.tried", module)
        return module.loss

    return make


@pytest.mark.parametrize("what", REMEMBERING)
def test_what_a_loss_remembers_is_seen_and_put_back_and_not_played_back(submitted, what):
    module = Scale(submitted(REMEMBERING[what]))
    remembered = Remembered([module])
    assert not remembered.has_changed()
    module.loss(BATCHES[0])
    assert remembered.has_changed() == (what != "nothing")
    remembered.put_back()
    assert not remembered.has_changed()
    file = sys.modules["submission.tried"]
    assert file.average.tolist() == [0, 0] and "__builtins__" in vars(file)

    plain = loss_and_gradients(module.loss, module)
    played = recorded(plain, [module], [(x,) for x in BATCHES[:3]], Lines) is not plain
    assert played == (what in ("nothing", "an average"))  # to write into a tensor can be recorded
    assert not remembered.has_changed()


def test_what_python_warns_of_is_no_memory(submitted):
    module = Scale(submitted("import warnings; warnings.warn('once')"))
    remembered = Remembered([module])
    with pytest.warns(UserWarning):
        module.loss(BATCHES[0])
    assert not remembered.has_changed()


def test_parameters_may_move(submitted):
    module = Scale(submitted(""))
    remembered = Remembered([module])
    with torch.no_grad():
        module.weight.add_(1)
    assert not remembered.has_changed()
