"""What a run is to do: the command line's values, filled in with each model's defaults, and checked."""

import shlex
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

LOSS_TYPES = ("nonsaturating", "minimax", "wasserstein_gp")
ARCHS = {"gan": ("conv", "mlp", "shallow"), "vae": ("mlp", "shallow")}
DATASETS = ("fashion-mnist", "mnist", "digits")
POINT_SETS = ("moons", "mixture")  # of the plane, for fgan
DIVERGENCES = (
    *("total_variation", "kl", "reverse_kl", "pearson", "neyman", "squared_hellinger", "jeffrey", "jensen_shannon"),
    *("weighted_jensen_shannon", "gan", "alpha_below_one", "alpha_above_one"),
)
ALL_DIVERGENCES = "all"
DEVICES = ("cpu", "gpu")
PRECISIONS = ("fp32", "bf16")
INTERRUPTED = 130  # the exit status of a program stopped by Ctrl-C
MAX_SEED = 2**32 - 1
GRID_COLUMNS = 10
IMAGES_IN_A_GRID = 100
SAMPLE_COLUMNS = {"vae": 20}  # of the picture with --n_samples images; GRID_COLUMNS for the others

FLOW_DEFAULTS = {
    "n_epochs": 50,
    "batch_size": 100,
    "n_samples": 1000,
    "n_flows": 5,
    "hidden_size": 100,
    "no_metrics": False,
}
CGAN_DEFAULTS = {
    "n_epochs": 1,
    "batch_size": 64,
    "n_samples": IMAGES_IN_A_GRID,
    "dataset": "fashion-mnist",
    "loss_type": "nonsaturating",
    "data_dir": None,
    "animate": False,
    "precision": "fp32",
    "no_metrics": False,
}
GAN_DEFAULTS = {**CGAN_DEFAULTS, "arch": "conv", "compare": None}
VAE_DEFAULTS = {
    "n_steps": 20_000,
    "batch_size": 100,
    "n_samples": 200,
    "dataset": "fashion-mnist",
    "data_dir": None,
    "arch": "mlp",
    "dim_z": 10,
}
FGAN_DEFAULTS = {
    "n_epochs": 20,
    "batch_size": 100,
    "n_samples": 1000,
    "dataset": "mixture",
    "divergence": "jensen_shannon",
    "data_dir": None,
    "no_metrics": False,
}
IMAGE_FLOW_DEFAULTS = {
    "n_epochs": 2,
    "batch_size": 64,
    "n_samples": IMAGES_IN_A_GRID,
    "dataset": "fashion-mnist",
    "data_dir": None,
    "n_flows": 3,
    "hidden_size": 24,
    "no_dequantise": False,
}
DEFAULTS = {
    "flow": FLOW_DEFAULTS,
    "gan": GAN_DEFAULTS,
    "cgan": CGAN_DEFAULTS,
    "vae": VAE_DEFAULTS,
    "fgan": FGAN_DEFAULTS,
    "image_flow": IMAGE_FLOW_DEFAULTS,
}
MODELS = tuple(DEFAULTS)
LEAST_BATCH = {"gan": 2, "cgan": 2, "fgan": 2}  # batch norm needs two; 1 for the others
FOLDERS = {
    ("flow", None): "maf",
    ("gan", "nonsaturating"): "gan_nonsat",
    ("gan", "minimax"): "gan_minimax",
    ("gan", "wasserstein_gp"): "gan_wass_gp",
    ("cgan", "nonsaturating"): "gan_nonsat_conditional",
    ("vae", None): "vae",
    ("fgan", None): "fgan_{divergence}",
    ("image_flow", None): "image_flow",
    ("image_flow", "no_dequantise"): "image_flow_without_noise",
}
# What a checkpoint must agree with to be resumed from; the rest may change between two runs.
SHAPING = (
    *("model", "dataset", "loss_type", "compare", "arch", "dim_z", "divergence", "no_dequantise"),
    *("n_flows", "hidden_size", "n_epochs", "n_steps", "n_samples", "batch_size", "precision", "seed"),
)


class SettingsError(ValueError):
    """Flags that make no sense, alone or together; the message, one line, says what is allowed."""


@dataclass(frozen=True)
class Settings:
    """One run, or several. None stands where a setting does not belong to the model."""

    model: str
    out_dir: Path
    batch_size: int
    n_samples: int
    n_epochs: int | None = None
    n_steps: int | None = None
    dataset: str | None = None
    loss_type: str | None = None
    compare: tuple | None = None  # of loss types
    arch: str | None = None
    dim_z: int | None = None
    divergence: str | None = None
    data_dir: Path | None = None
    n_flows: int | None = None
    hidden_size: int | None = None
    no_dequantise: bool = False
    precision: str | None = None
    device: str = "cpu"
    seed: int = 0
    runs: int = 1
    save_every: float = 30.0
    no_metrics: bool = False
    animate: bool = False
    resume: bool = False
    cache: bool = False

    @classmethod
    def from_flags(cls, flags):
        """Settings from the flags that the user gave.

        Args:
            flags: dict from a field's name to its value, only those given.

        Raises:
            SettingsError: a flag of another model, a size out of range, or flags at odds with each other.
        """
        flags = {"model": "gan" if "compare" in flags else "flow", **flags}
        model = flags["model"]
        for flag in flags:
            owners = [name for name in MODELS if flag in DEFAULTS[name]]
            if owners and model not in owners:
                raise SettingsError(f"--{flag} belongs to --model {' or '.join(owners)}, not to {model}")
        if model == "cgan" and flags.get("loss_type", "nonsaturating") != "nonsaturating":
            raise SettingsError(f"--model cgan takes --loss_type nonsaturating only; {flags['loss_type']} is for gan")
        if "arch" in flags and flags["arch"] not in ARCHS[model]:
            raise SettingsError(f"--model {model} takes --arch {' or '.join(ARCHS[model])}, not {flags['arch']}")
        if flags.get("compare"):
            _check_comparison(flags)
        if flags.get("dataset") in POINT_SETS and model != "fgan":
            raise SettingsError(f"--dataset {flags['dataset']} belongs to --model fgan, not to {model}")
        if flags.get("divergence") == ALL_DIVERGENCES and (unused := {"dataset", "data_dir", "n_samples"} & set(flags)):
            raise SettingsError(
                f"--divergence all takes no --{min(unused)}: it fits a Gaussian on the line by each divergence"
            )
        settings = {**DEFAULTS[model], **flags}
        if model == "fgan" and settings["dataset"] in DATASETS:
            settings = {**settings, "n_samples": flags.get("n_samples", IMAGES_IN_A_GRID)}
        if settings.get("dataset") in ("digits", *POINT_SETS) and "data_dir" in flags:
            raise SettingsError(f"--dataset {settings['dataset']} needs no files: leave --data_dir out")
        if "out_dir" not in settings:
            settings["out_dir"] = _folder(settings)
        settings["out_dir"] = Path(settings["out_dir"])
        _check_sizes(settings)
        return cls(**settings)

    def each_run(self):
        """One Settings a run: seeds one after the other, each in a folder of its own if there are several."""
        if self.runs == 1:
            return [self]
        seeds = range(self.seed, self.seed + self.runs)
        return [replace(self, runs=1, seed=seed, out_dir=self.out_dir / f"seed_{seed}") for seed in seeds]

    def shaping(self):
        """The settings that shape the result, as plain data."""
        return {name: value for name, value in asdict(self).items() if name in SHAPING}

    def command(self):
        """The command line, after `main.py`, that gives these settings; it says only what is not a default."""
        words = ["--model", self.model]
        for field in fields(self):
            value = getattr(self, field.name)
            default = DEFAULTS[self.model].get(field.name, field.default)
            if field.name in ("model", "resume", "cache") or value is None:
                continue
            if field.name == "out_dir" or value != default:
                value = ",".join(value) if field.name == "compare" else value
                words.append(f"--{field.name}" if value is True else f"--{field.name}={value}")
        return shlex.join(words)


def _folder(settings):
    """Where a run's results go by default."""
    kind = "no_dequantise" if settings.get("no_dequantise") else settings.get("loss_type")
    folder = FOLDERS[settings["model"], kind].format(**settings)
    if settings.get("compare"):
        folder = "gan_compare"
    arch = settings.get("arch")
    return folder if arch == DEFAULTS[settings["model"]].get("arch") else f"{folder}_{arch}"


def _check_comparison(flags):
    compared = flags["compare"]
    if "loss_type" in flags:
        raise SettingsError("--compare names the loss types itself: leave --loss_type out")
    if len(compared) < 2 or len(set(compared)) < len(compared) or not set(compared) <= set(LOSS_TYPES):
        raise SettingsError(
            f"--compare takes two or more of {', '.join(LOSS_TYPES)}, as in minimax,nonsaturating; "
            f"not {','.join(compared)}"
        )


def _check_sizes(settings):
    lowest = {name: 1 for name in ("n_epochs", "n_steps", "n_flows", "hidden_size", "dim_z", "runs")}
    lowest["batch_size"] = LEAST_BATCH.get(settings["model"], 1)
    for name, least in lowest.items():
        if name in settings and settings[name] < least:
            raise SettingsError(f"--{name} must be {least} or more, not {settings[name]}")
    first, last = settings.get("seed", 0), settings.get("seed", 0) + settings.get("runs", 1) - 1
    if first < 0 or last > MAX_SEED:
        raise SettingsError(f"seeds must be from 0 to {MAX_SEED}, and those of --seed and --runs are {first} to {last}")
    if not 0 <= settings.get("save_every", 0) < float("inf"):
        raise SettingsError(f"--save_every must be 0 seconds or more, not {settings['save_every']}")
    if settings["out_dir"].exists() and not settings["out_dir"].is_dir():
        raise SettingsError(f"--out_dir must be a folder, and {settings['out_dir']} is a file")
    n_samples = settings["n_samples"]
    draws_points = settings.get("dataset") in (None, *POINT_SETS)
    if draws_points and not 100 <= n_samples <= 1_000_000:
        raise SettingsError(f"--n_samples must be from 100 to 1000000 for a picture of points, not {n_samples}")
    columns = SAMPLE_COLUMNS.get(settings["model"], GRID_COLUMNS)
    if not draws_points and (n_samples % columns or not columns <= n_samples <= 1000):
        raise SettingsError(
            f"--n_samples must be a multiple of {columns} from {columns} to 1000, since grids have "
            f"{columns} columns, not {n_samples}"
        )
