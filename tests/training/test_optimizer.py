"""Adam is torch's own, without the seconds that its first use takes."""

import subprocess
import sys
from pathlib import Path

import torch

from training.optimizer import Adam

SRC = Path(__file__).resolve().parents[2] / "src"

TRAIN = """
import sys, torch
from training.optimizer import Adam
parameter = torch.nn.Parameter(torch.ones(3))
optimizer = Adam([parameter], fused=True)
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
    for kind in (torch.optim.Adam, Adam):
        parameter = torch.nn.Parameter(start.clone())
        optimizer = kind([parameter], lr=0.1, betas=(0.5, 0.99), weight_decay=0.01, fused=True)
        for _ in range(5):
            optimizer.zero_grad()
            parameter.pow(4).sum().backward()
            optimizer.step()
        found.append((parameter.detach(), optimizer.state_dict()))
    (theirs, their_state), (ours, our_state) = found
    assert not torch.equal(ours, start)
    assert torch.equal(ours, theirs)
    assert our_state["param_groups"] == their_state["param_groups"]
    assert all(torch.equal(our_state["state"][0][key], value) for key, value in their_state["state"][0].items())


def test_a_run_can_go_on_from_the_state_of_the_one_of_torch():
    parameter = torch.nn.Parameter(torch.ones(3))
    former = torch.optim.Adam([parameter], lr=0.3, fused=True)
    parameter.sum().backward()
    former.step()
    optimizer = Adam([parameter], lr=0.1, fused=True)
    optimizer.load_state_dict(former.state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.3
    assert torch.equal(optimizer.state[parameter]["exp_avg"], former.state[parameter]["exp_avg"])


def test_it_does_not_import_the_compiler():
    subprocess.run([sys.executable, "-c", TRAIN], cwd=SRC, check=True, timeout=300)
