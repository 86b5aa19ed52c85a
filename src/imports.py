"""Large packages, imported sooner."""

import gc
from contextlib import contextmanager


@contextmanager
def uncollected():
    """Within it nothing looks for garbage, nor ever again through what is there at its end.

    To import torch makes half a million objects that stay: to look through them over and over takes a fifth of the
    time, and a third of a second more when Python ends.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
