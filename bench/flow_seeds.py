"""Trains the flow with its defaults from several seeds, and prints the test NLL of each and their mean."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

MAIN = Path(__file__).resolve().parent.parent / "src" / "main.py"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    seeds = parser.parse_args().seeds
    scores = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in seeds:
            out_dir = Path(scratch) / str(seed)
            subprocess.run([sys.executable, MAIN, "--seed", str(seed), "--out_dir", out_dir], check=True)
            scores.append(json.loads((out_dir / "metrics.json").read_text())["test_nll_nats"])
    for seed, score in zip(seeds, scores, strict=True):
        print(f"seed {seed}: test NLL {score:.4f} nats")
    error = np.std(scores, ddof=1) / np.sqrt(len(scores)) if len(scores) > 1 else float("nan")
    print(f"mean {np.mean(scores):.4f} nats, standard error {error:.4f}")


if __name__ == "__main__":
    main()
