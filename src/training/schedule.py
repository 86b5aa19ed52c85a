"""How the learning rate of likelihoods goes: up at first, then down along a cosine."""

import math

WARM_UP = 0.05  # share of the steps


def warm_up_and_cosine(total_steps):
    """A function from the number of steps done to the factor of the peak learning rate, for `LambdaLR`."""

    def factor(step):
        warm_up = min(1.0, (step + 1) / max(1.0, WARM_UP * total_steps))
        return warm_up * 0.5 * (1 + math.cos(math.pi * step / total_steps))

    return factor
