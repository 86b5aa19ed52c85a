"""What is drawn rightly is never blamed; what is drawn wrongly is, and the reason is the right one."""

from statistics import NormalDist

import numpy as np
import pytest

from grading.draws import (
    dequantisation_fault,
    labels_fault,
    least_maximum,
    noise_fault,
    noises_fault,
    normal_cdf,
    posterior_noise,
    weights_fault,
)

N = 1000


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_right_draws_are_not_blamed(rng):
    labels = rng.choice(10, size=N, p=np.arange(1, 11) / 55)
    for _ in range(300):
        assert noises_fault([rng.normal(size=(N, 3)).astype("float32") for _ in range(3)], 3, N) == ""
        assert labels_fault([rng.integers(10, size=N) for _ in range(3)], labels) == ""
        assert labels_fault([rng.choice(labels, N) for _ in range(3)], labels) == ""
        assert labels_fault([rng.permutation(10)[np.arange(N) % 10] for _ in range(3)], labels) == ""
        assert labels_fault([np.sort(rng.integers(10, size=N)) for _ in range(3)], labels) == ""
        assert weights_fault([rng.random(N).astype("float32") for _ in range(3)]) == ""
    assert labels_fault([labels, labels], labels) == ""
    assert (
        labels_fault([np.tile(rng.integers(10, size=N), 2) for _ in range(3)], labels) == ""
    )  # g called twice on them
    assert labels_fault([rng.permutation(labels), labels], labels) == ""
    again = [rng.normal(size=(N, 3)) for _ in range(3)]
    assert noises_fault([np.concatenate([z, z]) for z in again], 3, N) == ""  # given to g twice


@pytest.mark.parametrize("size", [3000, 9000])  # of a call, of three
def test_right_noise_is_hardly_ever_taken_for_cut_off(size):
    inside = 2 * NormalDist().cdf(least_maximum(size)) - 1
    assert 1e-11 < inside**size < 1e-9


def test_the_normal_distribution_function_is_right():
    x = np.linspace(-9, 9, 1001)
    np.testing.assert_allclose(normal_cdf(x), [NormalDist().cdf(value) for value in x], atol=1e-7)


NOISE = {
    "standard deviation 0.29": lambda rng: rng.random((N, 3)),
    "and standard deviation 1.": lambda rng: 1.2 * rng.normal(size=(N, 3)),
    "0.0 everywhere": lambda rng: np.zeros((N, 3)),
    "all images get the same": lambda rng: np.tile(rng.normal(size=3), (N, 1)),
    "entries of a noise vector are all": lambda rng: np.tile(rng.normal(size=(N, 1)), 3),
    "many numbers of the noise come more than once": lambda rng: rng.choice([-1.0, 1], size=(N, 3)),
    "does not follow": lambda rng: rng.laplace(size=(N, 3)) / np.sqrt(2),
    "correlated": lambda rng: (
        rng.normal(size=(N, 1)) * [1, 1, 0] * 0.7071 + rng.normal(size=(N, 3)) * [0.7071, 0.7071, 1]
    ),
    "cut off": lambda rng: np.clip(rng.normal(size=(N, 3)), -3, 3),
    "mean of the noise is 0": lambda rng: (z := rng.normal(size=(N, 3)).astype("float32")) - z.mean(axis=0),
    "was it taken away": lambda rng: (z := rng.normal(size=(N, 3))) - z.mean(),
    "get the same noise, and others another": lambda rng: np.concatenate([rng.normal(size=(N, 3)), np.zeros((N, 3))]),
    "is cut off": lambda rng: np.minimum(rng.normal(size=(N, 3)), 2.3),
    "not finite": lambda rng: np.full((N, 3), np.nan),
    "shape": lambda rng: rng.normal(size=(N, 4)),
    "not used": lambda rng: None,
    "500 different noise vectors for 1000 images": lambda rng: np.repeat(rng.normal(size=(N // 2, 3)), 2, axis=0),
}


@pytest.mark.parametrize("text", NOISE)
def test_wrong_noise_is_described(rng, text):
    assert text in noises_fault([NOISE[text](rng) for _ in range(3)], 3, N)


LABELS = {
    "no fake is of class 9": lambda rng: rng.integers(9, size=N),
    "no fake is of class 0": lambda rng: rng.integers(1, 10, size=N),
    "go from 0 to 10": lambda rng: rng.integers(11, size=N),
    "all fakes are of class 4": lambda rng: np.full(N, 4),
    "no fake is of class 8": lambda rng: rng.choice(8, size=N, p=np.arange(1, 9) / 36),
    "nor all ten alike: 0.5": lambda rng: rng.choice(3, size=N, p=[0.55, 0.35, 0.1]),
    "neither distributed as the real ones nor all ten alike": lambda rng: np.rint(9 * rng.random(N)).astype(int),
    "the same on each call": lambda rng: np.arange(N) % 10,
    "half a batch away": lambda rng: np.tile(rng.integers(10, size=N // 2), 2),
    "labels of shape (7,)": lambda rng: np.arange(7),
}


@pytest.mark.parametrize("text", LABELS)
def test_wrong_labels_are_described(rng, text):
    real = rng.choice(10, size=N, p=np.arange(1, 11) / 55)
    assert text in labels_fault([LABELS[text](rng) for _ in range(3)], real)


@pytest.mark.parametrize("change", [lambda rng, y: rng.choice(np.unique(y), size=N), lambda rng, y: (y + 1) % 10])
def test_of_classes_that_no_real_image_has_either_it_is_not_said_that_no_fake_has_them(rng, change):
    real = rng.choice(8, size=N, p=np.arange(1, 9) / 36)
    assert "neither distributed as the real ones" in labels_fault([change(rng, real) for _ in range(3)], real)


WEIGHTS = {
    "the same for all": lambda rng: np.full(N, 0.3),
    "goes from": lambda rng: rng.normal(size=N),
    "not uniform": lambda rng: rng.random(N) ** 2,
    "mean 0.2": lambda rng: 0.4 * rng.random(N),
    "0.04": lambda rng: 0.04 + 0.92 * rng.random(N),
    "to 0.9": lambda rng: 0.97 * rng.random(N),
}


@pytest.mark.parametrize("text", WEIGHTS)
def test_wrong_weights_are_described(rng, text):
    assert text in weights_fault([WEIGHTS[text](rng), WEIGHTS[text](rng)])


def test_weights_that_come_again_are_described(rng):
    a = rng.random(N)
    assert "same on each call" in weights_fault([a, a])


LEVELS = {
    "of all levels": np.random.default_rng(1).integers(256, size=(50, 2, 8, 5)),
    "black": np.zeros((50, 2, 8, 10), dtype=int),
    "white": np.full((50, 2, 8, 10), 255),
    "few": np.array([0, 1, 127, 128, 254, 255]).reshape(1, 1, 2, 3),
}


def dequantised(rng, x, change=lambda v: v, shape=None):
    """As float32 has it."""
    return change((x + rng.random(shape or x.shape, dtype="float32")).astype("float32") / np.float32(256))


@pytest.mark.parametrize("x", LEVELS.values(), ids=LEVELS)
def test_right_dequantisation_is_not_blamed(rng, x):
    for _ in range(100):
        assert dequantisation_fault([dequantised(rng, x) for _ in range(3)], x) == ""


@pytest.mark.parametrize(
    ("levels", "change", "text"),
    [
        ("black", lambda v: v.clip(1e-3, 1 - 1e-3), "256 v - x is 0.256 for 25"),
        ("white", lambda v: v.clip(1e-3, 1 - 1e-3), "256 v - x is 0.744 for 25"),
        ("black", lambda v: v.clip(1e-4, 1 - 1e-4), "256 v - x is 0.026 for "),
        ("white", lambda v: v.clip(1 / 256, 255 / 256), "there is no noise: 256 v - x is 0.0 everywhere"),
        ("of all levels", lambda v: v / 2, "256 v - x goes from -"),
        ("black", lambda v: v / 2, "256 v - x goes from 0.000 to 0.500 only"),
        ("black", lambda v: (256 * v) ** 2 / 256, "256 v - x is not uniform on [0, 1)"),
        ("black", lambda v: 255 / 256 * v, "256 v - x goes from 0.00"),
        ("black", lambda v: np.floor(v * 2**16) / 2**16, "256 v - x is "),
        ("black", lambda v: np.floor(v * 2**23) / 2**23, "many values share their noise with another"),
    ],
)
def test_wrong_dequantisation_is_described(rng, levels, change, text):
    x = LEVELS[levels]
    assert dequantisation_fault([dequantised(rng, x, change)], x).startswith(text)


@pytest.mark.parametrize("axis", range(4))
def test_noise_that_is_the_opposite_of_other_noise_is_described(rng, axis):
    x = LEVELS["of all levels"][..., :4]
    noise = rng.random(x.shape)
    first, second = np.split(noise, 2, axis=axis)
    second[:] = 1 - first
    assert "of one value depends on that of another" in dequantisation_fault([(x + noise) / 256], x)


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((1, 2, 8, 5), "all images get"),
        ((50, 1, 8, 5), "all channels get"),
        ((50, 2, 1, 5), "all rows get"),
        ((50, 2, 8, 1), "all columns get"),
        ((50, 2, 1, 1), "all rows and columns get"),
        ((50, 1, 1, 1), "all values of an image get"),
    ],
)
def test_noise_that_values_share_is_described(rng, shape, text):
    x = LEVELS["of all levels"]
    assert dequantisation_fault([dequantised(rng, x, shape=shape)], x) == f"{text} the same noise"


SHAPES = [(), (0,), (5,), (0, 3), (5, 4), (5, 0), (2, 3, 3), (1, 1, 3, 4), (0, 1, 3, 4)]
REAL = np.arange(10) % 5


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("fill", [0.5, np.nan])
def test_whatever_a_submission_says_that_it_drew_is_described(rng, shape, fill):
    m, v = rng.normal(size=(2, 4)), np.ones((2, 4))
    strange, usual = np.full(shape, fill), rng.normal(size=(5, 3))
    for calls in ([strange] * 3, [usual, strange, usual]):
        assert noises_fault(calls, width=3, size=5)
    assert noise_fault(strange, width=3)
    assert labels_fault([strange] * 2, REAL)
    assert labels_fault([REAL, strange], REAL)
    assert posterior_noise(strange, m, v, n_samples=1)[1]
    assert dequantisation_fault([strange] * 2, np.zeros((2, 1, 3, 4)))
