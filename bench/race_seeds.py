"""Is anything lost for the speed? Ours against the starter's loop over seeds, each figure with its standard error, and
their times in alternation.

    python bench/race_seeds.py [--seeds 0 1 2 3 4] [--models flow gan ...] [--precision bf16] [--keep FOLDER]
        [--detached]

With --keep every run's figures stay in FOLDER, and a run that is there already is not done again: so it can be
stopped and gone on with. A figure of ours may be worse than the starter's by one standard error of the difference.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from race import BARS, BARS_BF16, FIGURES, FLAGS, ROOT, attach_fakes, lay_out_images, ours, starter

LESS_IS_BETTER = ("test_nll_nats", "frechet_distance")


def compare(model, figure, us, them):
    """Prints a line of the table; returns whether ours is no worse, which one run each cannot tell."""
    difference = np.mean(us) - np.mean(them)
    worse = difference if figure in LESS_IS_BETTER else -difference
    errors = [np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan for values in (us, them)]
    as_good = bool(worse <= np.hypot(*errors))
    columns = [f"{np.mean(values):.4f} ± {error:.4f}" for values, error in zip((us, them), errors, strict=True)]
    verdict = "one run" if len(us) == 1 else "no worse" if as_good else "worse"
    print(f"| {model} | {figure} | {len(us)} | {' | '.join(columns)} | {verdict} |")
    return verdict != "worse"


def main():
    parser = argparse.ArgumentParser(description="Compares quality over seeds.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--models", nargs="+", choices=FLAGS, default=list(FLAGS))
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="of ours (fp32)")
    parser.add_argument("--keep", type=Path, help="folder for the figures of each run")
    parser.add_argument("--detached", action="store_true", help="losses that detach fakes, as in src/submission/")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        images = lay_out_images(Path(scratch), 60_000)
        keep = flags.keep or Path(scratch)
        keep.mkdir(exist_ok=True)
        root = ROOT if flags.detached else attach_fakes(Path(scratch, "attached"))
        form = "detached" if flags.detached else "attached"

        def trial(name, train, model, seed, **more):
            path = keep / f"{model}-{form}-{name}-{seed}.json"
            if not path.exists():
                path.write_text(json.dumps(train(model, images, seed, root=root, **more)))
            return json.loads(path.read_text())

        found = {model: ([], []) for model in flags.models}
        for seed in flags.seeds:
            for model, (us, them) in found.items():
                precision = "fp32" if model == "flow" else flags.precision
                us.append(trial(f"ours-{precision}", ours, model, seed, precision=precision))
                them.append(trial("starter", starter, model, seed))
    print("| model | figure | seeds | ours | starter | |\n| --- | --- | --- | --- | --- | --- |")
    good = [
        compare(model, figure, [run[figure] for run in us], [run[figure] for run in them])
        for model, (us, them) in found.items()
        for figure in FIGURES
        if figure in us[0]
    ]
    print("\n| model | seconds of ours | of the starter | ratio | bar | ratio of CPU time |\n" + "| --- " * 6 + "|")
    for model, runs in found.items():
        bar = (BARS if flags.precision == "fp32" else BARS_BF16).get(model, np.nan)
        middle = {key: [np.median([run[key] for run in own]) for own in runs] for key in ("seconds", "cpu_seconds")}
        us, them = middle["seconds"]
        cpu_ratio = np.divide(*middle["cpu_seconds"])
        print(f"| {model} | {us:.1f} | {them:.1f} | {us / them:.2f} | {bar:.2f} | {cpu_ratio:.2f} |")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
