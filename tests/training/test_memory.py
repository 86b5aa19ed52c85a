"""Freed memory is kept for what is asked for next."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src"

FAULTS = """
import resource, sys
import torch
import network
from submission.gan import loss_nonsaturating_d, loss_nonsaturating_g
from training.gan import Turn, networks_and_optimizers
from training.memory import keep_freed_memory

if sys.argv[1] == "kept":
    keep_freed_memory()
g, d = network.Generator(), network.Discriminator()
parts = networks_and_optimizers(g, d, 1e-3, (0.5, 0.999))
x = torch.randn(64, 1, 28, 28)
taken = []
for step in range(61):
    taken.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
    for loss, name in ((loss_nonsaturating_d, "discriminator"), (loss_nonsaturating_g, "generator")):
        Turn(name, lambda x: loss(g, d, x, device=x.device), parts, name).take(x)
# How many of the last forty steps took a megabyte: pages come by thousands in some steps, and none in others, and the
# heap may grow once more, late.
print(sum(after - before > 256 for before, after in zip(taken[-41:], taken[-40:])))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library has no mallopt")
def test_few_steps_of_a_gan_take_page_faults():
    faults = {}
    for how in ("kept", "given back"):
        command = [sys.executable, "-c", FAULTS, how]
        found = subprocess.run(command, cwd=SRC, capture_output=True, check=True, text=True, timeout=300)
        faults[how] = int(found.stdout)
    assert 5 * faults["kept"] < faults["given back"], faults
