"""What a run is to do: the command line's values, filled in with each model's defaults, and checked."""

import shlex
from dataclasses import asdict, dataclass, fields
from pathlib import Path

LOSS_TYPES = ("nonsaturating", "wasserstein_gp")
DATASETS = ("fashion-mnist", "mnist", "digits")
DEVICES = ("cpu", "gpu")
PRECISIONS = ("fp32", "bf16")
INTERRUPTED = 130  # the exit status of a program stopped by Ctrl-C
MAX_SEED = 2**32 - 1
GRID_COLUMNS = 10

FLOW_DEFAULTS = {
    "n_epochs": 50,
    "batch_size": 100,
    "n_samples": 1000,
    "n_flows": 5,
    "hidden_size": 100,
}
GAN_DEFAULTS = {
    "n_epochs": 1,
    "batch_size": 64,
    "n_samples": 100,
    "dataset": "fashion-mnist",
    "loss_type": "nonsaturating",
    "data_dir": None,
    "animate": False,
    "precision": "fp32",
}
DEFAULTS = {"flow": FLOW_DEFAULTS, "gan": GAN_DEFAULTS, "cgan": GAN_DEFAULTS}
MODELS = tuple(DEFAULTS)
LEAST_BATCH = {"gan": 2, "cgan": 2}  # batch norm needs two; 1 for the others
FOLDERS = {
    ("flow", None): "maf",
    ("gan", "nonsaturating"): "gan_nonsat",
    ("gan", "wasserstein_gp"): "gan_wass_gp",
    ("cgan", "nonsaturating"): "gan_nonsat_conditional",
}
# What a checkpoint must agree with to be resumed from; the rest may change between two runs.
SHAPING = (
    *("model", "dataset", "loss_type", "n_flows", "hidden_size"),
    *("n_epochs", "n_samples", "batch_size", "precision", "seed"),
)


class SettingsError(ValueError):
    """Flags that make no sense, alone or together; the message, one line, says what is allowed."""


@dataclass(frozen=True)
class Settings:
    """One run. None stands where a setting does not belong to the model."""

    model: str
    out_dir: Path
    n_epochs: int
    batch_size: int
    n_samples: int
    dataset: str | None = None
    loss_type: str | None = None
    data_dir: Path | None = None
    n_flows: int | None = None
    hidden_size: int | None = None
    precision: str | None = None
    device: str = "cpu"
    seed: int = 0
    save_every: float = 10.0
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
        flags = {"model": "flow", **flags}
        model = flags["model"]
        for flag in flags:
            owners = [name for name in MODELS if flag in DEFAULTS[name]]
            if owners and model not in owners:
                raise SettingsError(f"--{flag} belongs to --model {' or '.join(owners)}, not to {model}")
        if model == "cgan" and flags.get("loss_type") == "wasserstein_gp":
            raise SettingsError("--model cgan takes --loss_type nonsaturating only; wasserstein_gp is for gan")
        if flags.get("dataset") == "digits" and "data_dir" in flags:
            raise SettingsError("--dataset digits needs no files: leave --data_dir out")
        settings = {**DEFAULTS[model], **flags}
        if "out_dir" not in settings:
            settings["out_dir"] = FOLDERS[model, settings.get("loss_type")]
        settings["out_dir"] = Path(settings["out_dir"])
        _check_sizes(settings)
        return cls(**settings)

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
                words.append(f"--{field.name}" if value is True else f"--{field.name}={value}")
        return shlex.join(words)


def _check_sizes(settings):
    lowest = {"n_epochs": 1, "n_flows": 1, "hidden_size": 1, "batch_size": LEAST_BATCH.get(settings["model"], 1)}
    for name, least in lowest.items():
        if name in settings and settings[name] < least:
            raise SettingsError(f"--{name} must be {least} or more, not {settings[name]}")
    if not 0 <= settings.get("seed", 0) <= MAX_SEED:
        raise SettingsError(f"--seed must be from 0 to {MAX_SEED}, not {settings['seed']}")
    if not 0 <= settings.get("save_every", 0) < float("inf"):
        raise SettingsError(f"--save_every must be 0 seconds or more, not {settings['save_every']}")
    if settings["out_dir"].exists() and not settings["out_dir"].is_dir():
        raise SettingsError(f"--out_dir must be a folder, and {settings['out_dir']} is a file")
    n_samples = settings["n_samples"]
    draws_points = settings.get("dataset") is None
    if draws_points and not 100 <= n_samples <= 1_000_000:
        raise SettingsError(f"--n_samples must be from 100 to 1000000 for a flow's picture, not {n_samples}")
    if not draws_points and (n_samples % GRID_COLUMNS or not 10 <= n_samples <= 1000):
        raise SettingsError(
            f"--n_samples must be a multiple of {GRID_COLUMNS} from 10 to 1000, since grids have "
            f"{GRID_COLUMNS} columns, not {n_samples}"
        )
