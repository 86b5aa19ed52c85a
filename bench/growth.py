"""How a flow's time and memory grow with batch, width, depth and dimension; and what a sample costs beside a density.

    python bench/growth.py [--out docs/growth.svg]

Prints a table, and draws it if --out is given. Time is CPU time on one thread: a step is the loss, its gradients and
Adam. Memory is what a step keeps: tensors saved for the backward pass, parameters, gradients, Adam's two moments.
"""

import argparse
import sys
import time
from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from race import matrix_product_rate  # noqa: E402

from submission.flow_network import MAF  # noqa: E402
from training.memory import keep_freed_memory  # noqa: E402
from training.optimizer import in_one_vector  # noqa: E402
from training.replay import Script, loss_and_gradient, recorded  # noqa: E402

USUAL = {"batch": 100, "hidden": 100, "flows": 5, "dimension": 2}
GROWTH = {
    "batch": [25, 100, 400, 1600, 6400],
    "hidden": [25, 100, 400, 1600],
    "flows": [1, 2, 5, 10, 20],
    "dimension": [2, 4, 8, 16, 32, 64],
}


def cpu_ms(function, at_least=0.3):
    """The least of CPU milliseconds of a call, over calls that take so many seconds in all."""
    function()
    least, spent = float("inf"), 0.0
    while spent < at_least:
        began = time.process_time()
        function()
        took = time.process_time() - began
        least, spent = min(least, took), spent + took
    return 1000 * least


def measure(batch, hidden, flows, dimension, rate):
    """A row of the table."""
    torch.manual_seed(0)
    flow = MAF(dimension, hidden, 1, flows)
    parameters = list(flow.parameters())
    vector = in_one_vector(parameters)
    optimizer = torch.optim.Adam([vector], 1e-3, fused=True)
    batches = [*torch.randn(2, batch, dimension)]

    plain = loss_and_gradient(flow.loss, parameters)
    replay = recorded(plain, [flow], [(x,) for x in batches], Script)

    def step(function):
        _, vector.grad = function(batches[0])
        optimizer.step()

    kept = {}
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.setdefault(t.data_ptr(), t), lambda t: t):
        flow.loss(batches[0])
    with FlopCounterMode(display=False) as counter:
        plain(batches[0])
    with torch.no_grad():
        density = cpu_ms(lambda: flow.log_probs(batches[0]))
    return {
        "plain_ms": cpu_ms(lambda: step(plain)),
        "step_ms": cpu_ms(lambda: step(replay)),
        "arithmetic_ms": 1000 * counter.get_total_flops() / rate,
        "memory_mb": (sum(map(_bytes, kept.values())) + 4 * sum(map(_bytes, parameters))) / 1e6,
        "density_ms": density,
        "sample_ms": cpu_ms(lambda: flow.sample(torch.device("cpu"), batch)),
    }


def _bytes(tensor):
    return tensor.numel() * tensor.element_size()


def draw(table, path):
    figure = Figure(figsize=(13, 6.5), layout="constrained")
    panels = figure.subplots(2, len(GROWTH), sharex="col")
    for (name, rows), (above, below) in zip(table.items(), panels.T, strict=True):
        for key, label in (
            ("plain_ms", "step, plain"),
            ("step_ms", "step, played back"),
            ("arithmetic_ms", "arithmetic"),
        ):
            above.loglog(list(rows), [row[key] for row in rows.values()], ".-", label=label)
        below.loglog(
            list(rows), [row["memory_mb"] for row in rows.values()], ".-", color="tab:gray", label="memory (MB)"
        )
        for key in ("density_ms", "sample_ms"):
            below.loglog(list(rows), [row[key] for row in rows.values()], ".-", label=key.replace("_ms", " (ms)"))
        above.set(title=name)
        below.set(xlabel=name)
        for axes in (above, below):
            axes.grid(alpha=0.3)
            axes.minorticks_off()
        below.set_xticks(list(rows), labels=[f"{value}" for value in rows])
    panels[0, 0].set(ylabel="CPU milliseconds")
    panels[0, 0].legend()
    panels[1, 0].legend()
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description="Measures how the flow's cost grows.")
    parser.add_argument("--out", type=Path, help="picture to draw")
    flags = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    rate = matrix_product_rate()
    print(f"1 thread, matrix product {rate / 1e9:.0f} GFLOP/s; usual: {USUAL}")
    table = {}
    for name, values in GROWTH.items():
        table[name] = {}
        for value in values:
            row = table[name][value] = measure(**{**USUAL, name: value}, rate=rate)
            print(f"{name:9} {value:5}  " + "  ".join(f"{key} {found:8.2f}" for key, found in row.items()), flush=True)
    if flags.out:
        draw(table, flags.out)


if __name__ == "__main__":
    main()
