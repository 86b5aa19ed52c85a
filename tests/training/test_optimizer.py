"""Adam is torch's own, without the seconds that its first use takes."""

import subprocess
import sys
from pathlib import Path

import torch

from training.optimizer import Adam, in_one_vector

SRC = Path(__file__).resolve().parents[2] / "src"

TRAIN = """
import sys, torch
from training.optimizer import Adam
parameter = torch.nn.Parameter(torch.ones(3))
optimizer = Adam([parameter])
parameter.square().sum().backward()
optimizer.step()
optimizer.zero_grad()
optimizer.load_state_dict(optimizer.state_dict())
sys.exit("torch._dynamo" in sys.modules)
"""


def test_it_updates_as_the_one_of_torch_does():
    torch.manual_seed(0)
    start = torch.randn(5)
    found = []
    for kind, flags in ((torch.optim.Adam, {"fused": True}), (Adam, {})):
        parameter, idle = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
        optimizer = kind([parameter, idle], lr=0.1, betas=(0.5, 0.99), weight_decay=0.01, **flags)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.9**step)
        for step in range(6):
            optimizer.zero_grad()
            loss = parameter.pow(4).sum()
            (loss + idle.sum() if step in (2, 3) else loss).backward()  # no gradient for the idle one before and after
            optimizer.step()
            schedule.step()
        found.append((parameter.detach(), idle.detach(), optimizer.state_dict()))
    (*theirs, their_state), (*ours, our_state) = found
    assert all(not torch.equal(one, start) for one in ours)
    assert all(map(torch.equal, ours, theirs))
    assert our_state["param_groups"] == their_state["param_groups"]
    for number, state in their_state["state"].items():
        assert all(torch.equal(our_state["state"][number][key], value) for key, value in state.items())


def test_whoever_keeps_a_copy_of_a_parameter_is_told_of_an_update():
    parameter = torch.nn.Parameter(torch.ones(3))
    parameter.grad = torch.ones(3)
    before = parameter._version
    Adam([parameter]).step()
    assert parameter._version > before


def test_a_run_can_go_on_from_the_state_of_the_one_of_torch():
    parameter = torch.nn.Parameter(torch.ones(3))
    former = torch.optim.Adam([parameter], lr=0.3, fused=True)
    parameter.sum().backward()
    former.step()
    optimizer = Adam([parameter], lr=0.1)
    optimizer.load_state_dict(former.state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.3
    assert torch.equal(optimizer.state[parameter]["exp_avg"], former.state[parameter]["exp_avg"])
    start, found = parameter.detach().clone(), []
    for either in (former, optimizer):
        with torch.no_grad():
            parameter.copy_(start)
        either.step()
        found.append(parameter.detach().clone())
    assert torch.equal(*found)


def test_it_does_not_import_the_compiler():
    subprocess.run([sys.executable, "-c", TRAIN], cwd=SRC, check=True, timeout=300)


def test_layers_in_one_vector_are_updated_as_they_would_be_one_by_one():
    found = []
    for together in (False, True):
        torch.manual_seed(0)
        network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
        parameters = list(network.parameters())
        vector = in_one_vector(parameters) if together else None
        optimizer = Adam([vector] if together else parameters, lr=0.1)
        for _ in range(5):
            loss = network(torch.ones(4, 2)).square().sum()
            gradients = torch.autograd.grad(loss, parameters)
            if together:
                vector.grad = torch.cat([gradient.flatten() for gradient in gradients])
            else:
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    parameter.grad = gradient
            optimizer.step()
        found.append(network.state_dict())
    assert all(torch.allclose(found[0][name], found[1][name]) for name in found[0])
    network.load_state_dict({name: torch.ones_like(value) for name, value in found[0].items()})
    assert torch.equal(vector, torch.ones(13))
