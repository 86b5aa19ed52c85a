"""What is wrong with what a submission drew at random: a line of text, or "" if nothing is.

All limits are six standard errors wide or wider: each fails a right submission less often than once in 10^7 times,
and all together less often than once in 10^6.
"""

import itertools
from statistics import NormalDist

import numpy as np

NUM_CLASSES = 10
_CENTRED = "the mean of the noise is 0: was it taken away? Nothing that is drawn has it, but nearly"


def noises_fault(calls, width, size):
    """Looks at noise given to a generator on several calls with `size` images, which should be new on each; other
    arguments as below. What it is given twice counts once."""
    for z in calls:
        if z is None or z.ndim != 2 or z.shape[1] != width:
            return noise_fault(z, width)
    calls, often = zip(*map(_distinct, calls), strict=True)
    if any(counts.size and counts.max() > max(10 * counts.min(), size / 2) for counts in often):
        return "many images get the same noise, and others another"
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


def each_once(rows):
    """Rows less those that came before, in their order."""
    return _distinct(rows)[0]


def _distinct(rows):
    """The same, and how often each comes."""
    _, first, counts = np.unique(rows, axis=0, return_index=True, return_counts=True)
    order = np.argsort(first)
    return rows[first[order]], counts[order]


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
    drawn = []  # what a generator is given twice in a call counts once
    for y in calls:
        own = []
        if y is None:
            return "g is not called"
        if y.ndim != 1 or not len(y) or len(y) % len(real):
            return f"g is given labels of shape {y.shape} for {len(real)} real ones"
        if y.dtype.kind not in "iu":
            return f"g is given labels of type {y.dtype}"
        for batch in y.reshape(-1, len(real)):
            if np.array_equal(np.sort(batch), np.sort(real)):
                continue
            if fault := _drawn_labels_fault(batch, real):
                return fault
            if not any(np.array_equal(batch, other) for other in own):
                own.append(batch)
        drawn += own
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
    alike = np.full(NUM_CLASSES, mean)
    if _fits(counts, of_real) or _fits(counts, alike):
        return ""
    if counts.max() == len(y):
        return f"all fakes are of class {y[0]}"
    # Where a class is all that is missing, the others are as they should be.
    lacking = (counts == 0) & (of_real > 0)
    rests = [np.where(counts > 0, right, 0) for right in (of_real, alike)]
    if lacking.any() and any(_fits(counts, rest * len(y) / max(rest.sum(), 1)) for rest in rests):
        return f"no fake is of class {', '.join(map(str, np.flatnonzero(lacking)))}"
    shares = ", ".join(f"{share:.2f}" for share in counts / len(y))
    return f"the labels of the fakes are neither distributed as the real ones nor all ten alike: {shares}"


def _alike_in_halves(y):
    """Whether labels half a batch apart agree too often. Sorted ones never do, and are as good as others: the loss does
    not know their order; for which ones that are balanced to the last are as good."""
    if not np.ptp(np.bincount(y.astype(int))):
        return False
    alike = (np.bincount(y.astype(int)) ** 2).sum() / len(y) ** 2
    counts = [(len(y) - lag, (y[lag:] == y[:-lag]).sum()) for lag in (len(y) // 2, (len(y) + 1) // 2) if lag]
    return any(agree - pairs * alike > 6 * np.sqrt(pairs * alike * (1 - alike)) for pairs, agree in counts)


def _fits(counts, expected):
    """Chi-squared; with 9 degrees of freedom 70 comes once in 10^11 times."""
    some = expected > 0
    return not counts[~some].any() and ((counts - expected)[some] ** 2 / expected[some]).sum() <= 70


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
        (
            many and not _reaches_both_ends(values),
            f"256 v - x goes from {values.min():.3f} to {values.max():.3f} only",
        ),
        (many and _repeats(values), "many values share their noise with another"),
        (
            many and not all(_independent(np.moveaxis(noise, k, 0).ravel()) for k in range(noise.ndim)),
            "the noise of one value depends on that of another",
        ),
        (many and not _follows(values, lambda u: np.clip(u, 0, 1)), "256 v - x is not uniform on [0, 1)"),
    )
    return next((text for found, text in faults if found), "")


def _repeated(draws):
    return any(np.array_equal(one, other) for one, other in itertools.pairwise(draws))


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
