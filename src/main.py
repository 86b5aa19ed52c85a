"""Command line: trains the models of the problem set and draws what they learned."""

import argparse
import difflib
import os
import re
import sys
from pathlib import Path

from imports import leave, uncollected
from training.settings import (
    ALL_DIVERGENCES,
    ARCHS,
    DATASETS,
    DEVICES,
    DIVERGENCES,
    INTERRUPTED,
    LOSS_TYPES,
    MODELS,
    POINT_SETS,
    PRECISIONS,
    Settings,
    SettingsError,
)

EXAMPLES = """examples:
  python main.py --model flow
  python main.py --model gan --out_dir gan_nonsat
  python main.py --model cgan --out_dir gan_nonsat_conditional
  python main.py --model gan --out_dir gan_wass_gp --loss_type wasserstein_gp
  python main.py --model vae --runs 5
  python main.py --model gan --arch mlp --n_epochs 20
  python main.py --compare minimax,nonsaturating --arch shallow
  python main.py --model gan --dataset digits --n_epochs 20     (needs no data files)
"""


class OneLineParser(argparse.ArgumentParser):
    """Refuses bad flags in one line, without the usage in front of it."""

    def error(self, message):
        if unknown := re.match(r"unrecognized arguments: (--\w+)", message):
            close = difflib.get_close_matches(unknown[1], self._option_string_actions, n=1)
            message += f"; did you mean {close[0]}?" if close else ""
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def parse(argv=None):
    """Settings from the command line; exits with status 2 and one line when it makes no sense."""
    parser = OneLineParser(
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--model", choices=MODELS, help="what to train (default: flow)")
    add("--loss_type", choices=LOSS_TYPES, help="losses of --model gan (default: nonsaturating)")
    add("--compare", type=_names, metavar="LOSS,LOSS", help="train a gan with each of these losses from the same start")
    add("--arch", choices=sorted({name for names in ARCHS.values() for name in names}), help="networks of gan and vae")
    add("--dim_z", type=int, help="latent variables of the vae (default: 10)")
    divergences = (*DIVERGENCES, ALL_DIVERGENCES)
    add("--divergence", choices=divergences, help="of --model fgan (default: jensen_shannon); all compares them")
    help = "images (default: fashion-mnist; digits needs no files); for fgan also points (default: mixture)"
    add("--dataset", choices=(*DATASETS, *POINT_SETS), help=help)
    add("--data_dir", type=Path, help="folder with the image files (default: data/, then Debian's, then a download)")
    add("--device", choices=DEVICES, help="gpu needs CUDA (default: cpu)")
    add("--precision", choices=PRECISIONS, help="gan and cgan: bf16 is faster where the hardware can (default: fp32)")
    add("--cache", action="store_true", help="fetch the data and stop")
    add("--n_flows", type=int, help="MADE blocks of the flow (default: 5); couplings of each size in image_flow (3)")
    add("--hidden_size", type=int, help="hidden units of a MADE block (default: 100), channels in image_flow (24)")
    add("--n_epochs", type=int, help="passes over the data (default: flow 50, gan and cgan 1, fgan 20, image_flow 2)")
    add("--n_steps", type=int, help="steps of training of the vae (default: 20000)")
    add("--n_samples", type=int, help="samples in a picture (default: points 1000, images 100, vae 200)")
    add("--batch_size", type=int, help="examples a step (default: flow, vae and fgan 100, others 64)")
    add("--no_dequantise", action="store_true", help="image_flow: train on the levels themselves, to see what happens")
    add("--out_dir", type=Path, help="folder for all results (default: maf, gan_nonsat, gan_wass_gp, ...)")
    add("--seed", type=int, help="start of all random numbers (default: 0)")
    add("--runs", type=int, help="train so many times, with one seed after the other; prints mean and standard error")
    add("--save_every", type=float, metavar="SECONDS", help="time between checkpoints (default: 30)")
    add("--resume", action="store_true", help="go on from the checkpoint in --out_dir")
    add("--no_metrics", action="store_true", help="flow, gan, cgan, fgan: leave out the figures of quality")
    add("--animate", action="store_true", help="gan and cgan: a GIF of the grid over training")
    try:
        return Settings.from_flags(vars(parser.parse_args(argv)))
    except SettingsError as error:
        parser.error(str(error))


def _names(text):
    return tuple(text.split(","))


def main(argv=None):
    """Runs the command line; returns the exit status."""
    settings = parse(argv)
    # Threads that wait for each other spin a while, as is fastest where nobody else is at work, and sleep before they
    # take the cores from whom they wait for: GNU's OpenMP would let them spin ten times as long.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "30000")
    try:
        with uncollected():  # imports torch, which takes seconds; a bad flag should not wait for it
            from training.session import run

        return run(settings)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        said = "Activate the environment of the problem set first; README.md says how."
        print(f"{sys.executable} has no PyTorch. {said}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped at once. If a checkpoint was saved before, --resume goes on from it.", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    leave(main())
