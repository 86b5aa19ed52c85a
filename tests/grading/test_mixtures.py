"""Images between a real and a generated one are found among all, and what is wrong with them is described."""

import numpy as np
import pytest

from grading.mixtures import images_fault, images_that_tell, mixture


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_right_mixtures_are_found_in_pairs_and_permuted(rng):
    real, fake = images_that_tell(500)
    for order in (np.arange(500), rng.permutation(500)):
        a = rng.random((500, 1, 1, 1))
        found = mixture(np.concatenate([real, a * fake + (1 - a) * real[order], fake]).astype("float32"), real, fake)
        assert found.fault == ""
        np.testing.assert_allclose(found.weights, a[:, 0, 0, 0], atol=1e-6)
        assert found.paired == (order[1] == 1)


MIXED = {
    "not called on any image between": lambda rng, f, r: r,
    "on 1000 images that are neither real nor generated, in a batch of 500": lambda rng, f, r: np.concatenate(
        [(f + r) / 2, (f + 2 * r) / 3]
    ),
    "each pixel has its own weight": lambda rng, f, r: r + rng.random(f.shape) * (f - r),
    "each row has its own weight": lambda rng, f, r: r + rng.random((500, 1, 3, 1)) * (f - r),
    "each column has its own weight": lambda rng, f, r: r + rng.random((500, 1, 1, 4)) * (f - r),
    "share weights that differ by row": lambda rng, f, r: r + rng.random((3, 1)) * (f - r),
    "share weights that differ by pixel": lambda rng, f, r: r + rng.random(f.shape[1:]) * (f - r),
    "have the same weight, where the two should add up to 1": lambda rng, f, r: rng.random((500, 1, 1, 1)) * (f + r),
    "the weights differ by 1": lambda rng, f, r: r + rng.random((500, 1, 1, 1)) * (f + r),
    "nothing to do with each other": lambda rng, f, r: rng.random((500, 1, 1, 1)) * f + rng.random((500, 1, 1, 1)) * r,
    "rounded to fewer digits": lambda rng, f, r: (r + rng.random((500, 1, 1, 1)) * (f - r)).astype(np.float16),
    "no weights fit": lambda rng, f, r: r + rng.normal(size=f.shape),
    "neither real nor generated nor mixed": lambda rng, f, r: np.concatenate(
        [r[:, :, :1], np.roll(r[:, :, 1:], 1, axis=0)], axis=2
    ),
}


@pytest.mark.parametrize("text", MIXED)
def test_images_off_the_line_are_described(rng, text):
    real, fake = images_that_tell(500)
    assert text in mixture(MIXED[text](rng, fake, real), real, fake).fault


@pytest.mark.parametrize(("size", "told"), [(1, "of x_fake is 0.07, that of x_real 0.07"), (2, "the same weight")])
def test_of_few_images_no_more_is_said_than_they_tell(size, told):
    real, fake = images_that_tell(size)
    fault = mixture(np.float32(0.07) * (fake + real), real, fake).fault
    assert told in fault and "differ by" not in fault


@pytest.mark.parametrize("weight", [0, 2**-24, 1 - 2**-24, 1])
@pytest.mark.parametrize("paired", [True, False])
def test_a_weight_that_is_0_or_1_within_float32_is_found_among_the_others(rng, weight, paired):
    real, fake = images_that_tell(500)
    order = np.arange(500) if paired else rng.permutation(500)
    a = rng.random((500, 1, 1, 1), dtype="float32")
    a[123] = weight
    mixed = a * fake + (1 - a) * real[order]
    found = mixture(np.concatenate([real, fake, mixed]), real, fake)
    assert (found.fault, found.paired) == ("", paired)
    found, right = (images.reshape(500, -1) for images in (found.images, mixed))
    by = rng.normal(size=12)
    np.testing.assert_allclose(found[np.argsort(found @ by)], right[np.argsort(right @ by)], atol=1e-5)
    without = mixture(np.concatenate([real, fake, np.delete(mixed, 123, axis=0)]), real, fake)
    assert "on 499 images that are neither" in without.fault


def test_of_images_that_are_not_to_be_mixed_each_is_one_of_the_batch(rng):
    real, fake = images_that_tell(500)
    assert images_fault(np.concatenate([real, fake, fake[:7]]), real, fake) == ""
    assert images_fault(None, real, fake) == "d is not called"
    odd = fake.copy()
    odd[..., -1] = np.roll(fake[..., -1], 1, axis=0)
    assert images_fault(odd, real, fake) == "d is called on images that g did not make"


SHAPES = [(), (0,), (5,), (0, 3), (5, 4), (5, 0), (2, 3, 3), (1, 1, 3, 4), (0, 1, 3, 4)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("fill", [0.5, np.nan])
def test_whatever_a_submission_says_that_d_was_called_on_is_described(shape, fill):
    real, fake = images_that_tell(size=5)
    strange = np.full(shape, fill)
    assert mixture(strange, real, fake).fault
    assert images_fault(strange, real, fake)
