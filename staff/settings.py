"""What an instructor decides about grading: settings.toml."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

FILE = Path(__file__).with_name("settings.toml")
_CHOICES = {
    "hidden_visibility": ("visible", "hidden", "after_due_date", "after_published"),
    "wall": ("any", "bubblewrap", "user"),
    "memory_mb": range(512, 2**16),
}


class Unsettled(Exception):
    """The file of settings cannot be used; the message says where it is wrong."""


@dataclass(frozen=True)
class Settings:
    """The entries of settings.toml, where each is explained."""

    hidden_visibility: str
    wall: str
    memory_mb: int

    @property
    def memory(self):
        """Bytes that a submission may use beyond what PyTorch takes itself."""
        return self.memory_mb * 2**20


def load(path=FILE):
    """Reads settings.

    Raises:
        Unsettled: it is missing, is no TOML, or has an entry too many, too few or with an unknown value.
    """
    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unsettled(f"{path}: {error}") from error
    names = {field.name for field in fields(Settings)}
    if names != set(found):
        raise Unsettled(
            f"{path} should have the entries {', '.join(sorted(names))}; it has {', '.join(sorted(found))}."
        )
    for name, value in found.items():
        if value not in _CHOICES[name] or type(value) not in (int, str):
            allowed = _CHOICES[name]
            shown = f"{allowed[0]} to {allowed[-1]}" if isinstance(allowed, range) else ", ".join(allowed)
            raise Unsettled(f"{path}: {name} is {value!r}; it can be {shown}.")
    return Settings(**found)
