"""Finds the images between a real and a generated one among those that a critic was called on.

The batches are made to tell: by its first three pixels an image is known, and how two were mixed.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from grading.draws import each_once

SHAPE = (1, 3, 4)


@cache
def images_that_tell(size):
    """Real and generated images whose mixtures tell how they were mixed.

    The first pixel is 0 in the real and 1 in the generated ones, so that it shows the weight; the second grows with the
    index of the generated image and is 0 in the real; the third the other way round; the others are all different.

    Returns:
        real, fake: (size, 1, 3, 4), float32.
    """
    pixels = np.random.default_rng(0).normal(size=(2, size, 12))
    index = (1 + np.arange(size)) / size
    nothing = np.zeros(size)
    pixels[0, :, :3] = np.stack([nothing, nothing, index], axis=1)
    pixels[1, :, :3] = np.stack([nothing + 1, index, nothing], axis=1)
    images = pixels.reshape(2, size, *SHAPE).astype(np.float32)
    images.setflags(write=False)
    return images


@dataclass
class Mixture:
    """Images that are neither real nor generated.

    Args:
        images: (M, C, H, W), float64.
        weights: the weight of the generated image, (M,).
        fault: what is wrong with them as mixtures of a real and a generated one; "" if nothing.
        paired: whether each is of the two images at its own place in the batch.
    """

    images: np.ndarray
    weights: np.ndarray
    fault: str
    paired: bool


def mixture(seen, real, fake):
    """Finds the mixed ones among the images that d was called on.

    Args:
        seen: (N, C, H, W), or None.
        real, fake: batches made to tell, see `images_that_tell`; any image of one may be mixed with any of the other.

    Returns:
        A `Mixture`.
    """
    size = len(real)
    if seen is not None and (fault := _no_images(seen, real)):
        return Mixture(np.zeros((0, *SHAPE)), np.zeros(0), fault, False)
    real, fake = np.reshape(real, (size, -1)), np.reshape(fake, (size, -1))
    if seen is None:
        return Mixture(np.zeros((0, *SHAPE)), np.zeros(0), "d is not called", False)
    x = seen.reshape(len(seen), -1).astype(float)
    # Images that are not mixed are known by their first pixel and one more. Of the weights that torch.rand draws,
    # which are multiples of 2^-24, none but 0 makes such a one.
    pure = (np.abs(x[:, :2]) < 2**-25).all(axis=1) | (np.abs(x[:, [0, 2]] - [1, 0]) < 2**-25).all(axis=1)
    strange = _strangers(x[pure], fake, real)
    # A point where d is called twice counts once.
    unmixed, x = x[pure], each_once(x[~pure])
    if len(x) == size - 1:
        x = _with_an_end(x, unmixed)
    weights = x[:, 0]
    images = x.reshape(-1, *seen.shape[1:])
    fault = ""
    if strange:
        fault = "d is called on images that are neither real nor generated nor mixed of one of each"
    elif not len(x):
        fault = "d is not called on any image between a real and a generated one"
    elif len(x) != size:
        fault = f"d is called on {len(x)} images that are neither real nor generated, in a batch of {size}"
    if fault:
        return Mixture(images, weights, fault, False)
    off = _misfit(x, weights, fake, real)
    if (off < 1e-3).all():
        return Mixture(images, weights, "", True)
    i, j = _indices(x, weights, size)
    # Near an end of the segment only one of the indices can be read.
    off = np.min([_misfit(x, weights, fake[a], real[b]) for a, b in [(i, j), (i, i), (j, j)]], axis=0)
    fault = "" if (off < 1e-3).all() else _off_the_line(x, fake, real, seen.shape[1:])
    few = min(len(np.unique(i)), len(np.unique(j))) < size / 2  # drawn with replacement, 63 % would be met
    if not fault and few and size > 20:
        fault = "the mixed images are all of the same few real or generated ones"
    return Mixture(images, weights, fault, False)


def images_fault(seen, real, fake):
    """Looks at what d was called on where nothing is to be mixed; arguments as for `mixture`."""
    if seen is None:
        return "d is not called"
    if fault := _no_images(seen, real):
        return fault
    flat = [np.reshape(images, (len(images), -1)).astype(float) for images in (seen, fake, real)]
    return "d is called on images that g did not make" if _strangers(*flat) else ""


def _no_images(seen, real):
    if seen.ndim != real.ndim or seen.shape[1:] != real.shape[1:] or not len(seen):
        return f"d is called on images of shape {seen.shape}"
    return "" if np.isfinite(seen).all() else "d is called on images that are not finite"


def _strangers(x, fake, real):
    """Whether an image that is not mixed is none of the batches', but has only the pixels by which they are known; one
    of zeros is a look at shapes."""
    is_fake, index = _kind_and_index(x, len(real))
    off = np.abs(np.where(is_fake[:, None], fake[index], real[index]) - x) > 1e-3
    return bool((off.any(axis=1) & x.any(axis=1)).any())


def _with_an_end(mixed, unmixed):
    """Adds the image whose weight is 0 or 1, within float32, as one of many is now and then: d is given it once more
    than the others of its batch."""
    size = len(mixed) + 1
    is_fake, index = _kind_and_index(unmixed, size)
    for kind in (True, False):
        counts = np.bincount(index[is_fake == kind], minlength=size)
        more = np.flatnonzero(counts > np.median(counts))
        if len(more) == 1:
            row = unmixed[(is_fake == kind) & (index == more[0])][-1]
            return np.insert(mixed, more[0], row, axis=0)
    return mixed


def _kind_and_index(x, size):
    """Of unmixed images, whether they are generated, and which."""
    is_fake = x[:, 0] > 0.5
    index = np.rint(np.where(is_fake, x[:, 1], x[:, 2]) * size) - 1
    return is_fake, np.clip(index, 0, size - 1).astype(int)


def _indices(x, weights, size):
    """Which generated and which real image a mixed one is of."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = x[:, 1] / weights, x[:, 2] / (1 - weights)
    shares = (np.nan_to_num(share, posinf=0, neginf=0) for share in shares)
    return (np.clip(np.rint(share * size) - 1, 0, size - 1).astype(int) for share in shares)


def _misfit(x, weights, fake, real):
    return np.abs(weights[:, None] * fake + (1 - weights[:, None]) * real - x).max(axis=1)


def _off_the_line(x, fake, real, shape):
    """Says how images, flat ones of a shape, fail to be a x_fake + (1 - a) x_real, by the best a x_fake + b x_real."""
    text = "the mixed images are not a x_fake + (1 - a) x_real with one number a for each: "
    fake, real = fake[: len(x)], real[: len(x)]
    pairs = [
        np.linalg.lstsq(np.stack([f, r], axis=1), row, rcond=None) for f, r, row in zip(fake, real, x, strict=True)
    ]
    a, b = np.array([pair[0] for pair in pairs]).T
    if max(np.abs(a * f + b * r - row).max() for a, b, f, r, row in zip(a, b, fake, real, x, strict=True)) > 1e-3:
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.nan_to_num((x - real) / (fake - real))
        if (each > -1e-3).all() and (each < 1 + 1e-3).all():
            shared = len(each) > 1 and np.allclose(each, each[0], atol=1e-3)
            part = _part_with_its_own(each.reshape(-1, *shape), (np.abs(fake - real) > 1e-2).reshape(-1, *shape))
            return text + (
                f"all images share weights that differ by {part}" if shared else f"each {part} has its own weight"
            )
        return text + "no weights fit"
    return text + _unfit(a, b)


def _part_with_its_own(weights, known):
    """Which part of an image has a weight of its own; arrays (M, C, H, W), the second of where the weight is known."""
    for axis, part in ((1, "channel"), (2, "row"), (3, "column")):
        others = tuple({1, 2, 3} - {axis})
        highest = np.where(known, weights, -np.inf).max(axis=others)
        lowest = np.where(known, weights, np.inf).min(axis=others)
        if (highest - lowest < 1e-3).all():
            return part
    return "pixel"


def _unfit(a, b):
    """What is wrong with weights of generated and of real images as a and 1 - a. Of one image nothing follows about
    others."""
    near = "they are near that, as if numbers on the way were rounded to fewer digits than float32 has"
    faults = (
        (np.abs(a + b - 1).max() < 5e-3, near),
        (len(a) == 1, f"the weight of x_fake is {_rounded(a[0])}, that of x_real {_rounded(b[0])}"),
        (np.abs(a - b).max() < 1e-3, "x_fake and x_real have the same weight, where the two should add up to 1"),
        (np.ptp(a - b) < 1e-3, f"the weights differ by {_rounded(b[0] - a[0])}"),
        (np.ptp(a + b) < 1e-3, f"the weights add up to {_rounded(a[0] + b[0])}"),
        (True, "the two weights have nothing to do with each other"),
    )
    return next(text for found, text in faults if found)


def _rounded(value):
    return f"{round(value, 2) + 0:g}"
