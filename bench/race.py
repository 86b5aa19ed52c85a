"""Our training beside the starter's, whole processes in alternation: time, memory, and how good the results are.

    python bench/race.py [--models flow gan ...] [--runs 3] [--quick] [--precision bf16] [--detached]

Wall time is from start to exit, imports and figures included; CPU time is printed too, since on a machine that
others use it is the steadier of the two. `--quick` does a tenth of the steps. The losses of both leave fakes attached
to the generator in the discriminator's turn, so that a starter's backward pass goes through everything; with
`--detached` they are those of src/submission/, which cut there and spare a starter a part of the way. Both are right,
since only the discriminator is updated in its turn. Nothing is written but in a temporary folder. Exit status 1 if a
ratio misses its bar.
"""

import argparse
import contextlib
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

import data  # noqa: E402
import network  # noqa: E402
from submission.flow_network import MAF  # noqa: E402
from training import quality  # noqa: E402
from training.flow import FlowRun  # noqa: E402
from training.gan import GanRun  # noqa: E402
from training.settings import Settings  # noqa: E402

FLAGS = {  # of ours
    "flow": {"model": "flow"},
    "gan": {"model": "gan"},
    "cgan": {"model": "cgan"},
    "wgan-gp": {"model": "gan", "loss_type": "wasserstein_gp"},
}
BARS = {"flow": 0.45, "gan": 0.50, "cgan": 0.50, "wgan-gp": 0.60}
BARS_BF16 = {"gan": 0.33, "cgan": 0.33}
FIGURES = ("test_nll_nats", "frechet_distance", "precision", "recall", "right_class")


def lay_out_images(folder, n_train):
    """Writes the first n_train images of Fashion-MNIST's training set, and its test set, as torchvision looks for
    them below `folder`; returns the folder with the files."""
    source = data.find_folder("fashion-mnist")
    if source is None:
        sys.exit("This needs Fashion-MNIST: python src/main.py --model gan --cache, or the Debian package.")
    raw = folder / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for name in data.IDX_FILES:
        path = source / name
        content = path.read_bytes() if path.exists() else gzip.decompress((source / f"{name}.gz").read_bytes())
        if name.startswith("train"):
            header, item = (16, data.IMAGE_SIDE**2) if "images" in name else (8, 1)
            content = content[:4] + n_train.to_bytes(4, "big") + content[8 : header + n_train * item]
        (raw / name).write_bytes(content)
    return raw


def timed(command):
    """Runs a command to its end; returns its wall seconds, CPU seconds and peak memory in MB."""
    began = time.perf_counter()
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    memory, ended = 0, 0
    while not ended:
        time.sleep(0.05)
        memory = max(memory, _peak_memory(child.pid))  # ru_maxrss would have that of the process that starts it
        ended, status, used = os.wait4(child.pid, os.WNOHANG)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"exit status {child.returncode}: {' '.join(map(str, command))}")
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "memory": memory,
    }


def _peak_memory(pid):
    """Of a process, in MB; 0 where there is none, or it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return 0


def attach_fakes(folder):
    """Copies src/ and bench/ into a folder, with losses that do not detach; returns the folder."""
    unused = shutil.ignore_patterns("__pycache__", "*.png", "*checkpoint.pt")
    for name in ("src", "bench"):
        shutil.copytree(ROOT / name, folder / name, ignore=unused)
    path = folder / "src" / "submission" / "gan.py"
    text = path.read_text()
    if ".detach()" not in text:
        sys.exit("This takes .detach() out of src/submission/gan.py, which has none: --detached takes it as it is.")
    path.write_text(text.replace(".detach()", ""))
    return folder


def ours(model, images, seed=0, quick=False, precision="fp32", root=ROOT):
    """One run of ours, of the sources below root; returns what `timed` gives, and the figures of FIGURES there are."""
    with tempfile.TemporaryDirectory() as out_dir:
        flags = {**FLAGS[model], "seed": seed, "out_dir": out_dir}
        if model == "flow":
            flags |= {"n_epochs": 5 if quick else 50}
        else:
            flags |= {"data_dir": images, "precision": precision}
        command = [sys.executable, root / "src" / "main.py", *(f"--{name}={value}" for name, value in flags.items())]
        used = timed(command)
        metrics = json.loads(Path(out_dir, "metrics.json").read_text())
    return used | {name: metrics[name] for name in FIGURES if name in metrics}


def starter(model, images, seed=0, quick=False, root=ROOT):
    """One run of the starter's loop; returns the same as `ours`."""
    with tempfile.TemporaryDirectory() as out_dir:
        command = [sys.executable, root / "bench" / "starter.py", model, "--out_dir", out_dir, "--seed", str(seed)]
        command += ["--data", images.parent.parent, "--n_epochs", "5" if quick else "50"]
        used = timed(command)
        state = torch.load(Path(out_dir, "starter.pt"), weights_only=True)
    return used | _figures(model, state)


def _figures(model, state):
    if model == "flow":
        flow = MAF(2, 100, 1, 5)
        flow.load_state_dict(state["flow"])
        with torch.no_grad():
            return {"test_nll_nats": flow.loss(data.load_moons().test).item()}
    g = network.ConditionalGenerator() if model == "cgan" else network.Generator()
    g.load_state_dict(state["generator"])
    g.eval()

    def generate(n, stream):
        noise, classes = torch.randn(n, g.dim_z, generator=stream), torch.arange(n) % data.NUM_CLASSES
        return (g(noise, classes), classes) if model == "cgan" else (g(noise), None)

    return quality.image_quality(generate, data.load_images("fashion-mnist"), torch.device("cpu"))


def matrix_product_rate(side=1024, tries=20):
    """FLOP a second of the best of some products of square matrices, in float32, were the machine ours alone."""
    a, b = torch.randn(2, side, side)
    best = float("inf")
    for _ in range(tries):
        began = time.process_time()  # of all threads together
        a @ b
        best = min(best, (time.process_time() - began) / torch.get_num_threads())
    return 2 * side**3 / best


def arithmetic(model):
    """FLOP that one whole run of ours needs for its steps: products and convolutions, forward and backward."""
    with tempfile.TemporaryDirectory() as out_dir:
        settings = Settings.from_flags({**FLAGS[model], "out_dir": out_dir})
        run = (FlowRun if model == "flow" else GanRun)(settings, torch.device("cpu"))
        if model == "flow":
            run.loss_and_gradient = run.plain  # what is played back does the same out of the counter's sight
        product = torch.ops.mkldnn._linear_pointwise  # of `training.layout`
        counter = FlopCounterMode(display=False, custom_mapping={product: _product_flop})
        counter.mod_tracker = _NoModules()  # its own refuses torch.autograd.grad within a step, as WGAN-GP has it
        with counter:
            run.step(torch.arange(run.settings.batch_size))
    return counter.get_total_flops() * run.total_steps


def _product_flop(inputs, weight, *_, out_shape, **__):
    return 2 * weight[0] * weight[1] * inputs[0]


class _NoModules(contextlib.nullcontext):
    """Counts for all modules together."""

    parents = ("Global",)


def main():
    parser = argparse.ArgumentParser(description="Times our training beside the starter's.")
    parser.add_argument("--models", nargs="+", choices=FLAGS, default=list(FLAGS))
    parser.add_argument("--runs", type=int, default=3, help="of each (3)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="of ours (fp32)")
    parser.add_argument("--detached", action="store_true", help="losses that detach fakes, as in src/submission/")
    flags = parser.parse_args()
    bars = BARS if flags.precision == "fp32" else BARS_BF16
    missed = False
    rate = matrix_product_rate()
    print(f"{torch.get_num_threads()} threads, matrix product {rate / 1e9:.0f} GFLOP/s in fp32")
    with tempfile.TemporaryDirectory() as folder:
        images = lay_out_images(Path(folder), 6_000 if flags.quick else 60_000)
        root = ROOT if flags.detached else attach_fakes(Path(folder, "attached"))
        for model in (model for model in flags.models if model in bars):
            runs = {"ours": [], "starter": []}
            for _ in range(flags.runs):
                runs["ours"].append(ours(model, images, 0, flags.quick, flags.precision, root))
                runs["starter"].append(starter(model, images, 0, flags.quick, root))
            middle = {
                name: {key: statistics.median(run[key] for run in found) for key in found[0]}
                for name, found in runs.items()
            }
            ratio, cpu_ratio = (middle["ours"][key] / middle["starter"][key] for key in ("seconds", "cpu_seconds"))
            floor = arithmetic(model) / rate / (10 if flags.quick else 1)
            print(f"\n{model}: ratio {ratio:.2f} (CPU time {cpu_ratio:.2f}), bar {bars[model]:.2f}: ", end="")
            print("met" if ratio <= bars[model] else "missed")
            print(f"  floor by arithmetic {floor:.1f} s, ours over it {middle['ours']['seconds'] / floor:.1f}")
            for name, found in middle.items():
                print(f"  {name:8}" + ", ".join(f"{key} {value:.4g}" for key, value in found.items()), flush=True)
            missed |= ratio > bars[model]
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
