"""Cases tell right losses from wrong ones."""

import itertools

import numpy as np
import pytest

from graderUtil import load_tests
from grading.cases import far, far_labelled, random_images, random_labelled
from grading.problems import flow
from grading.problems.gan import FAR
from solution import flow_network


def logits(images, case):
    return (images * case["weight"]).sum(axis=(1, 2, 3)) + case["bias"]


def test_far_logits_are_not_the_same_in_sum_whether_real_and_fake_are_swapped_or_not():
    # Of -log sigma and -log(1 - sigma) at 120 and -120 the difference is the logit: where the sums of real and fake are
    # alike, a loss with the two swapped has the same value, and it has the same gradient by the bias anyway.
    cases = [FAR, *(far(random_images(np.random.default_rng(seed), 3, (1, 1, 2))) for seed in range(100))]
    for case in cases:
        real, fake = (logits(case[name], case) for name in ("real", "images"))
        np.testing.assert_allclose(np.abs([real, fake]), 120)
        assert abs(real.sum() - fake.sum()) > 100


@pytest.mark.parametrize("seed", range(100))
def test_far_logits_with_labels_are_not_either(seed):
    case = far_labelled(random_labelled(np.random.default_rng(seed), 3))
    real = case["real"].reshape(3, -1)
    at_class = real[np.arange(3), case["labels"]]
    real = case["gain"] * at_class + real[:, 10:] @ case["weight"] + case["bias"]
    fake = case["gain"] * case["amplitude"] + case["tags"] @ case["weight"] + case["bias"]
    np.testing.assert_allclose(np.abs([real, fake]), 120)
    assert abs(real.sum() - fake.sum()) > 100


@pytest.mark.parametrize("questions", [flow.Test_1a, flow.Test_1b])
def test_on_no_row_is_a_log_det_of_some_coordinates_that_of_all(questions):
    test, cases = load_tests(questions)[0], []
    test.setUp()
    test.forwards = test.inverses = lambda known, answers: cases.extend(known)
    test.test_0()
    for weight, bias, x in cases:
        network = flow_network.linear_network(weight, bias)
        alpha = network(flow_network.forward(network, x)["output"] if questions is flow.Test_1a else x)[1]
        for some in itertools.product([0, 1], repeat=alpha.shape[1]):
            if 0 < sum(some) < len(some):
                assert (abs(abs(alpha @ some) - abs(alpha.sum(axis=1))) > 0.1).all()
