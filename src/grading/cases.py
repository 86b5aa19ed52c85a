"""Cases drawn at random for the tests: networks, images and labels, from a NumPy generator."""

import numpy as np

from grading.mixtures import images_that_tell


def random_network(rng, n):
    """A linear network with the shape and the zeros of MADE's: weight (2n, n), bias (2n,)."""
    by_x = np.tril(rng.normal(size=(2, n, n)), k=-1) / np.sqrt(n)
    return np.concatenate([by_x[0], by_x[1] / 4]), rng.normal(size=2 * n) / np.repeat([1, 2], n)


def random_images(rng, size, shape):
    """Images and a discriminator, for `plain_loss`."""
    real, images = rng.normal(size=(2, size, *shape))
    weight, curvature = rng.normal(size=(2, *shape))
    return {"real": real, "images": images, "weight": weight, "curvature": curvature / 2, "bias": rng.normal()}


def random_tagged(rng, size, shape):
    """The same, with a first pixel that tells real images (0) from generated ones (1); then two that tell which. Along
    the first the slope is 0.3 or more wherever images are mixed, so that its norm is not near 0."""
    case = random_images(rng, size, shape)
    tagged = images_that_tell(size)
    for images, tags in zip((case["real"], case["images"]), tagged, strict=True):
        images.reshape(size, -1)[:, :3] = tags.reshape(size, -1)[:, :3]
    weight, curvature = case["weight"] / 2, case["curvature"].copy()
    weight.reshape(-1)[0] = 0.3 + abs(weight.reshape(-1)[0])
    curvature.reshape(-1)[0] = abs(curvature.reshape(-1)[0])
    return {**case, "weight": weight, "curvature": curvature, "bias": np.array(case["bias"])}


def even(case):
    """Images of which two of the same place in the batch differ only where the discriminator is not curved."""
    images, curvature = case["images"].copy(), case["curvature"].copy()
    curvature.reshape(-1)[:3] = 0
    images.reshape(len(images), -1)[:, 3:] = case["real"].reshape(len(images), -1)[:, 3:]
    return {**case, "images": images, "curvature": 3 * curvature}


def far(case, *sizes):
    """Images at which the discriminator of a case is at 120 or -120, as often as not; or at two other sizes, of the
    real and of the generated ones."""
    weight, bias = case["weight"], case["bias"]
    both = _far_apart(case["real"].sum(axis=(1, 2, 3)), case["images"].sum(axis=(1, 2, 3)), *sizes)
    moved = [((logits - bias) / (weight**2).sum())[:, None, None, None] * weight for logits in both]
    return {**case, **dict(zip(("real", "images"), moved, strict=True)), "curvature": np.zeros(weight.shape)}


def _far_apart(real, fake, size=120.0, size_of_fake=120.0):
    """Logits of these sizes by the signs of numbers; not as many of each for the real as for the fakes, or a loss that
    takes the one for the other would have the same value."""
    real, fake = np.where(real > 0, size, -size), np.where(fake > 0, size_of_fake, -size_of_fake)
    if real.sum() == fake.sum():
        real[0] *= -1
    return real, fake


def steep(case):
    """The same with a discriminator a hundred times as steep: a critic's values and slopes know no bounds.

    All is positive, as from large numbers that cancel only their rounding would be left.
    """
    images = {name: abs(case[name]) for name in ("real", "images")}
    return {**case, **images, **{name: 100 * abs(case[name]) for name in ("weight", "curvature")}}


def flat(case):
    """The same with a linear discriminator whose slope is 0.08 everywhere: norms may be so small."""
    weight = 0.08 * case["weight"] / np.sqrt((case["weight"] ** 2).sum())
    return {**case, "weight": weight, "curvature": np.zeros(weight.shape)}


def far_labelled(case):
    """The same for `conditional_loss`: the two pixels that carry no class bring d to 120 or -120."""
    labels, weight = case["labels"], case["weight"]
    at_class = case["real"].reshape(len(labels), -1)[np.arange(len(labels)), labels]
    real = case["real"].copy()
    tags = real.reshape(len(labels), -1)[:, 10:]
    both = _far_apart(tags.sum(axis=1), case["tags"].sum(axis=1))
    moved = [
        (logits - case["bias"] - case["gain"] * class_pixel)[:, None] / (weight**2).sum() * weight
        for logits, class_pixel in zip(both, (at_class, case["amplitude"]), strict=True)
    ]
    tags[:] = moved[0]
    return {**case, "real": real, "tags": moved[1]}


def random_labelled(rng, size):
    """Images with labels and a discriminator, for `conditional_loss`."""
    weight = rng.normal(size=2)
    return {
        "real": rng.normal(size=(size, 1, 3, 4)),
        "labels": rng.integers(10, size=size),
        "tags": rng.normal(size=(size, 2)),
        "amplitude": 0.5 + rng.random(),
        "gain": 0.5 + rng.random(),
        "weight": 3 * weight / np.sqrt((weight**2).sum()),  # so that logits are of all sizes up to ten
        "bias": rng.normal(),
    }


def random_autoencoder(rng, size, width=3, n_pixels=14):
    """Images, all different, and the coefficients of an encoder and a decoder, for the bounds of problem 6.

    Returns:
        x: (size, n_pixels), zeros and ones.
        coefficients: dict, for `grading.probes.vae.Model`.
    """
    x = _binary(rng.choice(2**n_pixels, size, replace=False), n_pixels)
    mean_weight, log_var_weight = rng.normal(size=(2, width, n_pixels)) / np.sqrt(n_pixels)
    mean_bias, log_var_bias = rng.normal(size=(2, width))
    return x, {
        "mean_weight": mean_weight,
        "mean_bias": mean_bias,
        "log_var_weight": log_var_weight,
        "log_var_bias": log_var_bias,
        "weight": rng.normal(size=(n_pixels, width)),
        "bias": rng.normal(size=(1, n_pixels)),
    }


def told_apart(x, coefficients):
    """The same, with first pixels that count the images and a first latent variable that is nearly sure of them: its
    means are one apart, which is sixteen standard deviations, so that a z tells whose it is."""
    size = len(x)
    n_digits = max(size - 1, 1).bit_length()
    x = np.concatenate([_binary(np.arange(size), n_digits), x[:, n_digits:]], axis=1)
    changed = {name: array.copy() for name, array in coefficients.items()}
    changed["mean_weight"][0] = changed["log_var_weight"][0] = 0
    changed["mean_weight"][0, :n_digits] = 2.0 ** np.arange(n_digits)
    changed["mean_bias"][0], changed["log_var_bias"][0] = (1 - size) / 2, -2 * np.log(16)
    return x, changed


def _binary(numbers, n_digits):
    return (numbers[:, None] >> np.arange(n_digits) & 1).astype(float)
