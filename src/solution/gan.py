"""What the losses of problems 2, 4, 5 and 7 come to on the small networks of `grading.probes.gan`.

Equation numbers are the handout's; sigma is the logistic function, softplus(h) = log(1 + e^h) = -log(1 - sigma(h)).
Arguments as in the probes; images (B, C, H, W). Every result is a dict of value and gradients.
"""

import numpy as np

LAMBDA = 10.0


def softplus(h):
    return np.logaddexp(0.0, h)


def sigmoid(h):
    return np.exp(-softplus(-h))


def loss_nonsaturating_d(real, images, weight, curvature, bias):
    """Equation (10): the mean of softplus(-h) over real images, and of softplus(h) over fakes, whose derivatives by h
    are -sigma(-h) / B and sigma(h) / B."""
    critic = Quadratic(weight, curvature, bias)
    h_real, h_fake = critic(real), critic(images)
    pulls = -sigmoid(-h_real) / len(real), sigmoid(h_fake) / len(images)
    return {
        "value": softplus(-h_real).mean() + softplus(h_fake).mean(),
        **critic.gradients((real, pulls[0]), (images, pulls[1])),
    }


def loss_nonsaturating_g(real, images, weight, curvature, bias):
    """Equation (11): the mean of softplus(-h) over fakes."""
    critic = Quadratic(weight, curvature, bias)
    h = critic(images)
    pull = -sigmoid(-h) / len(images)
    return {"value": softplus(-h).mean(), "grad_images": critic.slope(images) * _columns(pull)}


def loss_minimax_g(real, images, weight, curvature, bias):
    """Equation (8): the mean of -softplus(h) over fakes, whose derivative by h is -sigma(h) / B, and 0 where h << 0."""
    critic = Quadratic(weight, curvature, bias)
    h = critic(images)
    pull = -sigmoid(h) / len(images)
    return {"value": -softplus(h).mean(), "grad_images": critic.slope(images) * _columns(pull)}


def loss_wasserstein_gp_g(real, images, weight, curvature, bias):
    """Equation (25)."""
    critic = Quadratic(weight, curvature, bias)
    pull = np.full(len(images), -1 / len(images))
    return {"value": -critic(images).mean(), "grad_images": critic.slope(images) * _columns(pull)}


def loss_wasserstein_gp_d(real, images, weight, curvature, bias, mixed):
    """Equation (24) with lambda = 10, the penalty taken at given points.

    Args:
        mixed: the points (B, C, H, W) between real and fake ones.
    """
    terms = terms_of_critic(real, images, weight, curvature, bias, mixed)
    return {name: sum(those) for name, those in terms.items()}


def terms_of_critic(real, images, weight, curvature, bias, mixed):
    """What the critic's loss and its gradients are the sums of; where terms cancel, rounding is as large as they are.

    With s = weight + curvature x the slope at a point and N = |s| its norm, the penalty is the mean of (N - 1)^2, and
    its derivatives by weight and curvature are the means of 2 (s - s / N) and of 2 (s - s / N) x: the second-order
    part.

    Args:
        As above.

    Returns:
        {name: [term, ...]}.
    """
    critic = Quadratic(weight, curvature, bias)
    slope = critic.slope(mixed)
    norm = np.sqrt((slope**2).sum(axis=(1, 2, 3)))
    of_fake = critic.gradients((images, np.full(len(images), 1 / len(images))))
    of_real = critic.gradients((real, np.full(len(real), -1 / len(real))))
    terms = {name: [of_fake[name], of_real[name]] for name in of_fake}
    for part in (slope, -slope / _columns(norm)):
        terms["grad_weight"].append(2 * LAMBDA * part.mean(axis=0))
        terms["grad_curvature"].append(2 * LAMBDA * (part * mixed).mean(axis=0))
    return {"value": [critic(images).mean(), -critic(real).mean(), LAMBDA * ((norm - 1) ** 2).mean()], **terms}


def conditional_loss_nonsaturating_d(real, labels, tags, amplitude, gain, weight, bias):
    """Equation (18). A fake carries `amplitude` at the pixel of its class, where the discriminator looks: whatever the
    labels of the fakes, h = gain amplitude + weight . tags + bias, if generator and discriminator are given the
    same."""
    at_class = real.reshape(len(real), -1)[np.arange(len(real)), labels].astype(float)
    tags_real = real.reshape(len(real), -1)[:, 10:].astype(float)
    h_real = gain * at_class + tags_real @ weight + bias
    h_fake = gain * amplitude + tags @ weight + bias
    pull_real, pull_fake = -sigmoid(-h_real) / len(real), sigmoid(h_fake) / len(tags)
    return {
        "value": softplus(-h_real).mean() + softplus(h_fake).mean(),
        "grad_gain": (pull_real * at_class).sum() + (pull_fake * amplitude).sum(),
        "grad_weight": pull_real @ tags_real + pull_fake @ tags,
        "grad_bias": pull_real.sum() + pull_fake.sum(),
    }


def conditional_loss_nonsaturating_g(real, labels, tags, amplitude, gain, weight, bias):
    """Equation (9) with labels, on the same networks."""
    h = gain * amplitude + tags @ weight + bias
    pull = -sigmoid(-h) / len(tags)
    return {
        "value": softplus(-h).mean(),
        "grad_tags": pull[:, None] * weight,
        "grad_amplitude": (pull * gain).sum(),
    }


class Quadratic:
    """h(x) = bias + weight . x + 1/2 sum_k curvature_k x_k^2."""

    def __init__(self, weight, curvature, bias):
        self.weight, self.curvature, self.bias = (np.asarray(a, dtype=float) for a in (weight, curvature, bias))

    def __call__(self, x):
        return ((self.weight + 0.5 * self.curvature * x) * x).sum(axis=(1, 2, 3)) + self.bias

    def slope(self, x):
        """The gradient by x, of the shape of x."""
        return self.weight + self.curvature * x

    def gradients(self, *pulled):
        """Gradients by the coefficients of the sum of pull h(x), over pairs (x, pull)."""
        return {
            "grad_weight": sum((_columns(pull) * x).sum(axis=0) for x, pull in pulled),
            "grad_curvature": sum((_columns(pull) * 0.5 * x**2).sum(axis=0) for x, pull in pulled),
            "grad_bias": sum(pull.sum() for _, pull in pulled),
        }


def _columns(per_image):
    return per_image[:, None, None, None]
