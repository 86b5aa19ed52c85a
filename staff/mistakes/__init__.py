"""The catalogue of mistakes: submissions written in known ways, wrong and right, that the grader is held against."""

import importlib

from staff.mistakes.entry import FUNCTIONS, Right, Wrong

_MODULES = (
    "made_forward",
    "made_inverse",
    "maf_log_probs",
    "flow_starter",
    "loss_nonsaturating_d",
    "loss_nonsaturating_g",
    "conditional_loss_nonsaturating_d",
    "conditional_loss_nonsaturating_g",
    "loss_wasserstein_gp_d",
    "loss_wasserstein_gp_g",
    "vae_parts",
    "vae_bounds",
    "loss_minimax_g",
    "fgan",
    "image_flow",
)


def entries(kind=(Right, Wrong), functions=tuple(FUNCTIONS)):
    """The entries of the catalogue.

    Args:
        kind: Right, Wrong or both.
        functions: those that the entries are about.
    """
    modules = [importlib.import_module(f"staff.mistakes.{name}") for name in _MODULES]
    return [e for module in modules for e in module.ENTRIES if isinstance(e, kind) and e.function in functions]
