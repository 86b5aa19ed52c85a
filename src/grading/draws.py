"""What is wrong with what a submission drew at random: a line of text, or "" if nothing is.

All limits are six standard errors wide or wider, so that a right submission fails less often than once in 10^8.
"""

import itertools
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np

SHAPE = (1, 3, 4)
NUM_CLASSES = 10


def noises_fault(calls, width, size):
    """Looks at noise given to a generator on several calls with `size` images, which should be new on each; other
    arguments as below. What it is given twice counts once."""
    for z in calls:
        if z is None or z.ndim != 2 or z.shape[1] != width:
            return noise_fault(z, width)
    often = [np.unique(z, axis=0, return_counts=True)[1] for z in calls]
    if any(counts.size and counts.max() > max(10 * counts.min(), size / 2) for counts in often):
        return "many images get the same noise, and others another"
    calls = [each_once(z) for z in calls]
    fault, few = noise_fault(calls[0], width), min(map(len, calls))
    if not fault and few < size:
        fault = f"there are {few} different noise vectors for {size} images"
    if not fault and _repeated(calls):
        fault = "the noise is the same on each call: is a seed set, or is it kept?"
    return fault or noise_fault(np.concatenate(calls), width) or centred_fault(calls)


def centred_fault(calls):
    """Looks at numbers of three calls, whose means are nearer to 0 than those of standard normal ones come but once in
    10^12 times if they were taken away."""
    sums = [abs(values.mean()) * np.sqrt(values.size) for values in calls]
    return _CENTRED if len(sums) > 2 and max(sums) < 1e-4 else ""


_CENTRED = "the mean of the noise is 0: was it taken away? Nothing that is drawn has it, but nearly"


def each_once(rows):
    """Rows less those that came before, in their order."""
    return rows[np.sort(np.unique(rows, axis=0, return_index=True)[1])]


def noise_fault(z, width):
    """Looks at noise given to a generator.

    Args:
        z: all rows of a call, or None; each should be drawn from N(0, I), for itself.
        width: their right length.
    """
    if z is None:
        return "the noise is not used: no generator is called"
    if z.ndim != 2 or z.shape[1] != width or not len(z):
        return f"the noise is of shape {z.shape}"
    values = z.astype(float)
    faults = (
        (not np.isfinite(values).all(), "the noise is not finite"),
        (np.ptp(values) < 1e-4, f"the noise is {round(values[0, 0], 1) + 0:.1f} everywhere"),
        ((values == values[0]).all(), "all images get the same noise"),
        ((values == values[:, :1]).all(), "the entries of a noise vector are all the same"),
        (_repeats(values), "many numbers of the noise come more than once"),
    )
    return next((text for found, text in faults if found), None) or _not_normal(values)


def _not_normal(values):
    return next(_departures(values), "")


def _departures(values):
    """In which ways numbers are not what independent standard normal ones are."""
    mean, spread, size = values.mean(), values.std(), values.size
    if abs(mean) * np.sqrt(size) > 6 or abs(spread**2 - 1) * np.sqrt(size / 2) > 6:
        yield f"the noise has mean {mean:.2f} and standard deviation {spread:.2f}, not 0 and 1"
    if not _follows(values.ravel(), normal_cdf):
        yield "the noise does not follow the normal distribution"
    if np.abs(values).max() < least_maximum(size) or min(values.max(), -values.min()) < least_end(size):
        yield "the noise is cut off"
    if not all(_independent(column) for column in values.T):
        yield "the noise of one image depends on that of another"
    if _centred(values):
        yield _CENTRED
    correlation = np.corrcoef(values.T) - np.eye(values.shape[1])
    if np.abs(correlation).max() * np.sqrt(len(values)) > 6:
        yield "the entries of a noise vector are correlated"


def _centred(values):
    """Whether the means of all columns are nearer to 0 than standard normal numbers come but once in 10^10 times."""
    size, width = values.shape
    return size > 1 and np.abs(values.mean(axis=0)).max() * np.sqrt(size) < least_maximum(width)


def normal_cdf(x):
    """Distribution function of the standard normal, within 1e-7: Abramowitz and Stegun, 7.1.26."""
    t = 1 / (1 + 0.3275911 * np.abs(x) / np.sqrt(2))
    factors = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592, 0)
    tail = np.polyval(factors, t) * np.exp(-(x**2) / 2) / 2
    return np.where(x > 0, 1 - tail, tail)


def least_maximum(size):
    """What the largest of `size` standard normal numbers, by its absolute value, exceeds but once in 10^10 times."""
    outside = 1 - 1e-10 ** (1 / size)
    return NormalDist().inv_cdf(1 - outside / 2)


def least_end(size):
    """What the largest of `size` standard normal numbers exceeds but once in 10^10 times."""
    return NormalDist().inv_cdf(1e-10 ** (1 / size))


def posterior_noise(seen, m, v, n_samples):
    """Finds the noise eps of z = m + sqrt(v) eps in what a decoder was called on.

    Args:
        seen: (N, d), or None.
        m, v: mean and variance of q(z | x) for each image, (B, d).
        n_samples: how many z of each image are wanted; if more than one, the first variables of the images are to be so
            far apart that a z tells whose it is.

    Returns:
        eps, (B, n_samples, d), and what is wrong with it; "" if nothing.
    """
    size, width = m.shape
    if seen is None:
        return None, "z is not used: decode is not called"
    fits = seen.ndim == 2 and seen.shape[1] == width
    if not fits or not np.isfinite(seen).all():
        return None, f"decode is called on z {'that are not finite' if fits else f'of shape {seen.shape}'}"
    # Twice the same one counts once, and one of zeros is a look at shapes.
    z = each_once(seen[seen.any(axis=1)]).astype(float)
    if len(z) != size * n_samples:
        wanted = f"{size * n_samples} wanted, {n_samples} for each image of the batch"
        return None, f"decode is called on {len(z)} different z: {wanted}"
    owner = np.arange(size) if n_samples == 1 else np.zeros(len(z), int)
    if n_samples > 1 and size > 1:
        order = np.argsort(m[:, 0])
        between = (m[order[1:], 0] + m[order[:-1], 0]) / 2
        owner = order[np.searchsorted(between, z[:, 0])]
    if (np.bincount(owner, minlength=size) != n_samples).any():
        return None, "the z that decode is called on are no samples of q(z | x): they are not where its means are"
    eps = (z - m[owner]) / np.sqrt(v[owner])
    if np.abs(eps).max() > 8:
        return None, f"a z is {np.abs(eps).max():.0f} standard deviations of q(z | x) from its mean"
    return eps[np.argsort(owner, kind="stable")].reshape(size, n_samples, width), ""


def labels_fault(calls, real):
    """Looks at the labels given to a generator.

    Right are those of the real images in any order, or labels drawn from all classes alike, or from the real ones.

    Args:
        calls: for each of several calls with the same images, the labels of all rows, or None.
        real: the labels of the real images, (B,).
    """
    drawn = []
    for y in calls:
        if y is None:
            return "g is not called"
        if y.ndim != 1 or not len(y) or len(y) % len(real):
            return f"g is given labels of shape {y.shape} for {len(real)} real ones"
        if y.dtype.kind not in "iu":
            return f"g is given labels of type {y.dtype}"
        for batch in y.reshape(-1, len(real)):
            if np.array_equal(np.sort(batch), np.sort(real)):
                continue
            drawn.append(batch)
            if fault := _drawn_labels_fault(batch, real):
                return fault
    if _repeated(drawn):
        return "the labels of the fakes are the same on each call, and not those of the real images"
    fault = _drawn_labels_fault(np.concatenate(drawn), real) if drawn else ""
    if not fault and any(_alike_in_halves(batch) for batch in drawn):
        fault = "the label of one fake depends on that of another, half a batch away"
    return fault


def _drawn_labels_fault(y, real):
    if y.min() < 0 or y.max() >= NUM_CLASSES:
        return f"the labels of the fakes go from {y.min()} to {y.max()}"
    counts = np.bincount(y.astype(int), minlength=NUM_CLASSES)
    mean = len(y) / NUM_CLASSES
    of_real = np.bincount(real, minlength=NUM_CLASSES) * len(y) / len(real)
    if not counts[of_real == 0].any() and _chi_squared(counts, of_real) <= 70:
        return ""
    if counts.max() == len(y):
        return f"all fakes are of class {y[0]}"
    if not counts.all():
        missing = ", ".join(str(label) for label in np.flatnonzero(counts == 0))
        return f"no fake is of class {missing}"
    if _chi_squared(counts, np.full(NUM_CLASSES, mean)) > 70:  # with 9 degrees of freedom: one in 10^11
        shares = ", ".join(f"{share:.2f}" for share in counts / len(y))
        return f"the classes of the fakes are not equally likely: {shares}"
    return ""


def _alike_in_halves(y):
    """Whether labels half a batch apart agree too often. Sorted ones never do, and are as good as others: the loss does
    not know their order; for which ones that are balanced to the last are as good."""
    if not np.ptp(np.bincount(y.astype(int))):
        return False
    alike = (np.bincount(y.astype(int)) ** 2).sum() / len(y) ** 2
    counts = [(len(y) - lag, (y[lag:] == y[:-lag]).sum()) for lag in (len(y) // 2, (len(y) + 1) // 2) if lag]
    return any(agree - pairs * alike > 6 * np.sqrt(pairs * alike * (1 - alike)) for pairs, agree in counts)


def _chi_squared(counts, expected):
    some = expected > 0
    return ((counts - expected)[some] ** 2 / expected[some]).sum()


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
    # Images that are not mixed are known by their first pixel and one more.
    pure = (np.abs(x[:, 0]) < 1e-7) & (np.abs(x[:, 1]) < 1e-7) | (np.abs(x[:, 0] - 1) < 1e-7) & (np.abs(x[:, 2]) < 1e-7)
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
    fault = "" if (off < 1e-3).all() else _off_the_line(x, fake, real)
    few = min(len(np.unique(i)), len(np.unique(j))) < size / 2  # drawn with replacement, 63 % would be met
    if not fault and few and size > 20:
        fault = "the mixed images are all of the same few real or generated ones"
    return Mixture(images, weights, fault, False)


def _strangers(x, fake, real):
    """Whether an image that is not mixed is none of the batches', but has only the pixels by which they are known; one
    of zeros is a look at shapes."""
    is_fake, index = _kind_and_index(x, len(real))
    off = np.abs(np.where(is_fake[:, None], fake[index], real[index]) - x) > 1e-3
    return bool((off.any(axis=1) & x.any(axis=1)).any())


def _kind_and_index(x, size):
    """Of unmixed images, whether they are generated, and which."""
    is_fake = x[:, 0] > 0.5
    index = np.rint(np.where(is_fake, x[:, 1], x[:, 2]) * size) - 1
    return is_fake, np.clip(index, 0, size - 1).astype(int)


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


def weights_fault(calls):
    """Looks at the mixing weights of calls with the same images; each should be drawn from Uniform[0, 1] for itself."""
    for weights in calls:
        if fault := _weights_fault(weights.astype(float)):
            return fault
    return "the weights a are the same on each call" if _repeated(calls) else _weights_fault(np.concatenate(calls))


def _weights_fault(values):
    return next(_weights_faults(values), "")


def _weights_faults(values):
    if len(values) > 1 and np.ptp(values) < 1e-6:
        yield "the weight a is the same for all images of a batch"
    if values.min() < -1e-5 or values.max() > 1 + 1e-5:
        yield f"the weight a goes from {values.min():.0f} to {values.max():.0f}"
    if not _independent(values):
        yield "the weight a of one image depends on that of another"
    if _repeats(values):
        yield "many images have the same weight a"
    if not _follows(values, lambda v: v):
        yield f"the weight a is not uniform on [0, 1]: mean {values.mean():.2f}, spread {values.std():.2f}"
    if not _reaches_both_ends(values):
        yield f"the weight a is not uniform on [0, 1]: it goes from {values.min():.3f} to {values.max():.3f} only"


def dequantisation_fault(calls, x):
    """Looks at images that were dequantised: 256 v - x should be uniform on [0, 1), each for itself.

    Args:
        calls: for each of several calls with the same images, v.
        x: levels, (B, C, H, W).
    """
    for v in calls:
        if fault := _dequantised_fault(v, x):
            return fault
    return "the noise is the same on each call: is a seed set, or is it kept?" if _repeated(calls) else ""


def _dequantised_fault(v, x):
    if v.shape != x.shape:
        return f"the shape is {v.shape} for x of shape {x.shape}"
    noise = 256 * v.astype(float) - x
    values = noise.ravel()
    many = len(values) > 1000
    seen, counts = np.unique(values, return_counts=True)
    most, often = seen[counts.argmax()], counts.max()
    shared = [
        what
        for axis, what in enumerate(("images", "channels", "rows", "columns"))
        if x.shape[axis] > 1 and np.ptp(noise, axis=axis).max() < 1e-3
    ]
    faults = (
        (
            not ((values > -1e-4) & (values < 1 + 1e-4)).all(),
            f"256 v - x goes from {values.min():.4g} to {values.max():.4g}, not from 0 to 1",
        ),
        (np.ptp(values) < 1e-3, f"there is no noise: 256 v - x is {values[0]:.1f} everywhere"),
        (np.ptp(noise.reshape(len(x), -1), axis=1).max() < 1e-3, "all values of an image get the same noise"),
        (shared, f"all {' and '.join(shared)} get the same noise"),
        # float32 has 65536 numbers between 255/256 and 1; of 8000 draws none is met twelve times.
        (many and often >= 12, f"256 v - x is {most:.3f} for {100 * often / len(values):.1f} % of all values"),
        (many and _repeats(values), "many values share their noise with another"),
        (
            many and not all(_independent(np.moveaxis(noise, k, 0).ravel()) for k in range(noise.ndim)),
            "the noise of one value depends on that of another",
        ),
        (many and not _follows(values, lambda u: np.clip(u, 0, 1)), "256 v - x is not uniform on [0, 1)"),
        (
            many and not _reaches_both_ends(values),
            f"256 v - x goes from {values.min():.3f} to {values.max():.3f} only",
        ),
    )
    return next((text for found, text in faults if found), "")


def _indices(x, weights, size):
    """Which generated and which real image a mixed one is of."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = x[:, 1] / weights, x[:, 2] / (1 - weights)
    shares = (np.nan_to_num(share, posinf=0, neginf=0) for share in shares)
    return (np.clip(np.rint(share * size) - 1, 0, size - 1).astype(int) for share in shares)


def _misfit(x, weights, fake, real):
    return np.abs(weights[:, None] * fake + (1 - weights[:, None]) * real - x).max(axis=1)


def _off_the_line(x, fake, real):
    """Says how images fail to be a x_fake + (1 - a) x_real, by the best a x_fake + b x_real."""
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
            return text + (
                "all images share weights that differ by pixel" if shared else "each pixel has its own weight"
            )
        return text + "no weights fit"
    if np.abs(a + b - 1).max() < 5e-3:
        return text + "they are near that, as if numbers on the way were rounded to fewer digits than float32 has"
    if np.ptp(a + b) < 1e-3:
        return text + f"the weights add up to {_rounded(a[0] + b[0])}"
    if np.ptp(a - b) < 1e-3:
        return text + f"the weights differ by {_rounded(b[0] - a[0])}"
    return text + "the two weights have nothing to do with each other"


def _repeated(draws):
    return any(np.array_equal(one, other) for one, other in itertools.pairwise(draws))


def _rounded(value):
    return f"{round(value, 2) + 0:g}"


def _independent(values):
    """Whether neighbours are uncorrelated, and numbers half the batch apart."""
    away, size = values - values.mean(), len(values)
    if size < 20 or not away.any():
        return True
    lags = 1, size // 2, (size + 1) // 2
    return all(abs(away[lag:] @ away[:-lag]) / (away @ away) * np.sqrt(size) < 6 for lag in lags)


def _reaches_both_ends(values):
    """Whether numbers come as near to 0 and to 1 as uniform ones do, but once in 10^10 times."""
    near = 1 - 1e-10 ** (1 / len(values))
    return values.min() < near and values.max() > 1 - near


def _repeats(values):
    """Whether many come more than once, as float32's grid makes a few do."""
    return len(np.unique(values)) < 0.9 * values.size


def _follows(values, cdf):
    """Kolmogorov-Smirnov."""
    ordered = np.sort(values)
    steps = np.arange(len(ordered) + 1) / len(ordered)
    at = cdf(ordered)
    distance = max((steps[1:] - at).max(), (at - steps[:-1]).max())
    return distance * np.sqrt(len(ordered)) < 3.2
