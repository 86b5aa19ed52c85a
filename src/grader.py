"""The autograder: the tests of the coding problems, in the handout's order.

    python grader.py                        all tests
    python grader.py 2b                     those of one question
    python grader.py 2b-1-basic             one
    python grader.py --debug 2b-1-basic     one, in this process: breakpoints in your code work

Your code runs in a process of its own, on networks so small that the results can be worked out by hand; this process
compares. Basic tests carry the right results as numbers. Hidden tests need answers that are graded with, not handed
out.
"""

import argparse
import itertools
import json
import os
import secrets
import sys
from pathlib import Path

try:
    import numpy as np
except ModuleNotFoundError:
    sys.exit(f"{sys.executable} has no NumPy. Activate the environment of the problem set first; README.md says how.")

from graderUtil import TerminalResult, choose, graded, load_tests
from grading.case import SubmissionTest
from grading.cases import even, far, random_images, random_labelled, random_network, random_tagged
from grading.client import OpenRoom, Worker, WorkerMissing
from grading.draws import images_that_tell, labels_fault, mixture, noise_fault, weights_fault

MANY = 4000  # images, where what is drawn at random is looked at

HERE = Path(__file__).resolve().parent

# A network (mu, alpha) = WEIGHT x + BIAS for three variables: mu = (1, 2 x1, x1 - x2), alpha = (1, -1, x1 / 2).
WEIGHT = np.array([[0, 0, 0], [2, 0, 0], [1, -1, 0], [0, 0, 0], [0, 0, 0], [0.5, 0, 0]], dtype=float)
BIAS = np.array([1, 0, 0, 1, -1, 0], dtype=float)


class Test_1a(SubmissionTest):
    @graded()
    def test_0(self):
        """1a-0-basic: MADE.forward on three variables"""
        z = np.array([[0.0, 0, 0], [1, 1, -1]])
        # First row: x1 = 1 + 0, x2 = 2 * 1 + 0, x3 = 1 - 2 + 0. Second: x1 = 1 + e, x2 = 2 x1 + 1/e, and so on.
        x = [[1, 2, -1], [3.718282, 7.804443, -10.504182]]
        self.forward(WEIGHT, BIAS, z, {"output": x, "log_det": [0.5, 1.859141]})
        self.again(lambda rng: self.forward(*random_network(rng, 3), rng.normal(size=(2, 3))))

    @graded()
    def test_1(self):
        """1a-1-basic: MADE.forward with the block's own network, its masks as they are provided"""
        # MADE(3, 4, 1): three masked layers whose weights are all 1, or -1/10 for alpha, masked entries too.
        layers = {
            "weight_0": np.ones((4, 3)),
            "bias_0": np.full(4, -0.5),
            "weight_1": np.ones((4, 4)),
            "bias_1": np.full(4, 0.25),
            "weight_2": np.repeat([1, -0.1], 3)[:, None] * np.ones((6, 4)),
            "bias_2": np.array([1, 0, -1, 0.1, 0, 0]),
        }
        z = np.array([[0.0, 0, 0], [-0.5, 1, 1]])
        self.own_network(
            3,
            4,
            1,
            z,
            layers,
            {"output": [[1, 2.5, 16], [0.4474145, 1.451229, 6.111708]], "log_det": [-1.85, -0.6094576]},
        )
        self.again(lambda rng: self.random_network(rng, 3, 4, 1))

    @graded()
    def test_2(self):
        """1a-2-hidden: MADE.forward for any number of variables and rows, on the given device"""
        for n, size in [(1, 3), (2, 1), (3, 4), (6, 5)]:
            self.forward(*random_network(self.rng, n), self.rng.normal(size=(size, n)))
        weight, bias = random_network(self.rng, 2)
        self.ask("flow_network.forward_on_device", weight=weight, bias=bias, z=self.rng.normal(size=(3, 2)))

    @graded()
    def test_3(self):
        """1a-3-hidden: MADE.forward with its own network, of any size"""
        for n, hidden_size, n_hidden in [(1, 3, 1), (2, 4, 1), (3, 8, 2), (5, 11, 3)]:
            self.random_network(self.rng, n, hidden_size, n_hidden)

    def random_network(self, rng, n, hidden_size, n_hidden):
        sizes = [n] + [hidden_size] * (n_hidden + 1) + [2 * n]
        layers = {}
        for k, (below, above) in enumerate(itertools.pairwise(sizes)):
            layers[f"weight_{k}"] = rng.normal(size=(above, below)) / np.sqrt(below)
            layers[f"bias_{k}"] = rng.normal(size=above) / 2
        layers[f"weight_{n_hidden + 1}"][n:] /= 4  # alpha: its exponential feeds the next one
        self.own_network(n, hidden_size, n_hidden, rng.normal(size=(4, n)), layers)

    def own_network(self, n, hidden_size, n_hidden, z, layers, answer=None):
        self.about("MADE.forward", f"MADE({n}, {hidden_size}, {n_hidden}).forward", z=z)
        reply = self.ask("flow_network.own_network", n=n, hidden_size=hidden_size, n_hidden=n_hidden, z=z, **layers)
        if answer is None and self.solution:
            network = self.solution.flow_network.masked_network(n, n_hidden, hidden_size, layers)
            answer = self.solution.flow_network.forward(network, z)
        self.expect(reply, answer and either_sign(answer))
        self.untouched(reply, z_after="z")

    def forward(self, weight, bias, z, answer=None):
        self.about("MADE.forward", z=z, weight_of_the_network=weight, bias=bias)
        reply = self.ask("flow_network.forward", weight=weight, bias=bias, z=z)
        if answer is None and self.solution:
            answer = self.solution.flow_network.forward(self.solution.flow_network.linear_network(weight, bias), z)
        self.expect(reply, answer and either_sign(answer))
        self.untouched(reply, z_after="z")


class Test_1b(SubmissionTest):
    X = np.array([[1.0, 2, -1], [2, 3, 0]])

    @graded()
    def test_0(self):
        """1b-0-basic: MADE.inverse on three variables"""
        # First row: z1 = (1 - 1) / e, z2 = (2 - 2 * 1) e, z3 = (-1 - (1 - 2)) / exp(1/2). log_det = -(1 - 1 + 1/2).
        z = [[0, 0, 0], [0.367879, -2.718282, 0.367879]]
        self.inverse(WEIGHT, BIAS, self.X, {"output": z, "log_det": [-0.5, -1]})
        self.again(lambda rng: self.inverse(*random_network(rng, 3), rng.normal(size=(2, 3))))

    @graded()
    def test_1(self):
        """1b-1-basic: gradients through MADE.inverse, without which nothing trains"""
        # Of the sum of all z and of all log_det, at x = (2, 3, 0), where z = (1/e, -e, 1/e): d z1 / d mu1 = -1/e; ...
        answer = {
            "grad_x": [[-6.120503, 3.086161, 0.3678794]],
            "grad_bias": [-0.3678794, -2.718282, -0.3678794, -1.367879, 1.718282, -1.367879],
        }
        self.gradients(WEIGHT, BIAS, self.X[1:], np.ones((1, 3)), np.ones(1), answer)
        self.again(lambda rng: self.gradients(*random_network(rng, 3), *rng.normal(size=(2, 1, 3)), rng.normal(size=1)))

    @graded()
    def test_2(self):
        """1b-2-hidden: MADE.inverse and its gradients for any number of variables and rows, on the given device"""
        for n, size in [(1, 3), (2, 1), (3, 4), (6, 5)]:
            weight, bias = random_network(self.rng, n)
            x, pull = self.rng.normal(size=(2, size, n))
            self.inverse(weight, bias, x)
            self.gradients(weight, bias, x, pull, self.rng.normal(size=size))
        # Standard deviations far from one: exp(-8) and exp(4).
        weight, bias = np.zeros((4, 2)), np.array([0.5, -0.5, -8, 4])
        self.inverse(weight, bias, self.rng.normal(size=(3, 2)))
        weight, bias = random_network(self.rng, 2)
        self.ask("flow_network.inverse_on_device", weight=weight, bias=bias, x=self.rng.normal(size=(3, 2)))

    def inverse(self, weight, bias, x, answer=None):
        self.about("MADE.inverse", x=x, weight_of_the_network=weight, bias=bias)
        reply = self.ask("flow_network.inverse", weight=weight, bias=bias, x=x, pull=x, pull_log_det=np.ones(len(x)))
        self.expect(reply, answer or (self.solution and self.solution.flow_network.inverse(weight, bias, x)))
        self.untouched(reply, x_after="x")

    def gradients(self, weight, bias, x, pull, pull_log_det, answer=None):
        self.about(
            "MADE.inverse",
            "MADE.inverse, of sum(a z) + sum(b log_det)",
            x=x,
            a=pull,
            b=pull_log_det,
            weight_of_the_network=weight,
            bias=bias,
        )
        reply = self.ask("flow_network.inverse", weight=weight, bias=bias, x=x, pull=pull, pull_log_det=pull_log_det)
        if answer is None and self.solution:
            answer = self.solution.flow_network.inverse(weight, bias, x, pull, pull_log_det)
        self.expect(reply, answer)


class Test_1c(SubmissionTest):
    # Two blocks of two variables; z = (x - mu) / exp(alpha) with constant mu and alpha, and n = 2 reversed after each.
    # Block 1: mu = (1, -1), alpha = (log 2, 0). Block 2: mu = (0, 2), alpha = (0, -log 2).
    X = np.array([[0.0, 0], [3, -1]])
    BLOCKS = {
        "points": np.array([[[0, 0], [3, -1]], [[1, -0.5], [0, 1]]], dtype=float),
        "outputs": np.array([[[-0.5, 1], [1, 0]], [[1, -5], [0, -2]]], dtype=float),
        "jacobians": np.stack([np.tile(np.diag([0.5, 1]), (2, 1, 1)), np.tile(np.diag([1.0, 2]), (2, 1, 1))]),
        "log_dets": np.array([[-0.693147, -0.693147], [0.693147, 0.693147]]),
        "slopes": np.zeros((2, 2, 2)),
        "backwards": np.array([[[1, -1], [7, -2]], [[1, 1.75], [0, 2.5]]], dtype=float),
        "weights": np.zeros((2, 4, 2)),
        "biases": np.array([[1, -1, 0.693147, 0], [0, 2, 0, -0.693147]]),
    }

    @graded()
    def test_0(self):
        """1c-0-basic: MAF.log_probs of two points under two blocks"""
        # The log-dets of the blocks cancel, to make them easy; z = (1, -5) and (0, -2), reversed. So log p is
        # -log(2 pi) - 26 / 2 and -log(2 pi) - 4 / 2. The second test below leaves block 2 out: there they do not
        # cancel.
        answer = {"value": -9.337877, "grad_shifts": [[7, -0.5], [-0.5, 3.5]], "grad_log_dets": [1, 1]}
        self.log_probs(self.X, self.BLOCKS, answer)
        # z = (-0.5, 1) and (1, 0), log-det -log 2: log p is -log(2 pi) - 1.25 / 2 - log 2 and -log(2 pi) - 1 / 2 - log
        # 2.
        answer = {"value": -3.093524, "grad_shifts": [[-0.25, -0.5]], "grad_log_dets": [1]}
        self.log_probs(self.X, {name: array[:1] for name, array in self.BLOCKS.items()}, answer)
        self.again(lambda rng: self.random_case(rng, 2, 2, 2))

    @graded()
    def test_1(self):
        """1c-1-basic: the provided lines of MAF and PermuteLayer are as they were"""
        self.provided(
            np.array([[1.0, 2, 3], [4, 5, 6]]),
            np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]),
            # (7, 8, 9) of the last block; reversed and halved, plus (4, 5, 6); reversed and halved, plus (1, 2, 3).
            {
                "forward": [[3, 2, 1], [6, 5, 4]],
                "inverse": [[3, 2, 1], [6, 5, 4]],
                "loss": -3.5,
                "loss_slope": -1,
                "sample": [[5.75, 6.5, 7.25]] * 2,
            },
        )
        self.again(lambda rng: self.provided(*rng.normal(size=(2, 3, 3))))

    @graded()
    def test_2(self):
        """1c-2-hidden: MAF.log_probs for any number of blocks, variables and rows, on the given device"""
        for count, n, size in [(1, 1, 3), (2, 2, 1), (3, 3, 4), (5, 4, 6)]:
            self.random_case(self.rng, count, n, size)
        self.narrow_case()
        self.ask("flow_network.log_probs", x=self.X, watch=True, **self.BLOCKS)

    def provided(self, x, constants, answer=None):
        self.about("MAF.log_probs", "MAF(3, 4, 1, 3)")
        reply = self.ask("flow_network.provided", n=3, n_flows=3, x=x, constants=constants)
        kinds = str(reply["layers"]).split()
        in_turn = kinds[::2] == ["MADE"] * 3 and set(kinds[1::2]) == {"PermuteLayer"}
        self.require(in_turn, "layers", f"nf should be MADE, PermuteLayer, MADE, ...; it is {', '.join(kinds)}")
        self.require(reply["registered"].all(), "registered", "the blocks' parameters are not among those of the MAF")
        for way in ("forward", "inverse"):  # log-dets (B,), or (B, 1) as in earlier years
            log_det = reply[way + "_log_det"]
            right = log_det.size == len(x) and not log_det.any()
            self.require(right, way + "_log_det", f"the log_det of PermuteLayer.{way} is not zero for each row")
        self.fault("noise", noise_fault(reply.get("noise"), width=3).replace("the noise", "the noise of MAF.sample"))
        self.expect(reply, answer or (self.solution and self.solution.flow_network.provided(x, constants)))

    def narrow_case(self):
        """Points near the mean of a narrow Gaussian: their log-likelihood is positive."""
        if self.solution:
            weights, biases = np.zeros((1, 4, 2)), np.array([[0.0, 0, -3, -3]])
            x = self.rng.normal(size=(3, 2)) / 100
            blocks = self.solution.flow_network.blocks(weights, biases, x)
            answer = self.solution.flow_network.log_probs(x, **blocks)
            self.log_probs(x, {**blocks, "weights": weights, "biases": biases}, answer)

    def random_case(self, rng, count, n, size):
        if self.solution is None:
            if self.test.is_hidden:
                self.log_probs(self.X, self.BLOCKS)
            return
        weights, biases = (
            np.stack(arrays) for arrays in zip(*[random_network(rng, n) for _ in range(count)], strict=True)
        )
        # Blocks that shrink, and evenly: a stack of others ends in numbers beyond float32.
        weights[:, n:] /= 5
        biases[:, n:] = np.abs(biases[:, n:])
        x = rng.normal(size=(size, n))
        blocks = self.solution.flow_network.blocks(weights, biases, x)
        answer = self.solution.flow_network.log_probs(x, **blocks)
        self.log_probs(x, {**blocks, "weights": weights, "biases": biases}, answer)

    def log_probs(self, x, blocks, answer=None):
        count = len(blocks["points"])
        title = f"MAF.log_probs with {count} MADE block{'s' if count > 1 else ''}"
        self.about("MAF.log_probs", title, x=x, biases=blocks["biases"])
        reply = self.ask("flow_network.log_probs", x=x, **blocks)
        self.expect(reply, answer, batch=len(x))
        self.untouched(reply, x_after="x")


class LossTest(SubmissionTest):
    """What the tests of the three pairs of losses share."""

    def loss(self, function, case, answer=None):
        """A loss, on a generator that hands out given images and a discriminator with given coefficients."""
        self.about(function, **case)
        reply = self.ask("gan.conditional_loss" if "labels" in case else "gan.loss", function=function, **case)
        if answer is None and self.solution:
            answer = getattr(self.solution.gan, function)(**case)
            if "curvature" in case and not case["curvature"].any():
                # Far from zero, squares of pixels cancel in it, and rounding is all that is left.
                answer.pop("grad_curvature", None)
        self.expect(reply, answer, len(case["real"]))
        self.untouched(reply, real_after="x_real")
        if "labels" in case:
            self.untouched({"labels_after": reply["labels_after"]}, labels_after="y_real")

    def draws(self, function, labels=None):
        """What a loss draws on many images."""
        self.about(function)
        real, images = images_that_tell(MANY)
        given = {} if labels is None else {"labels": labels}
        reply = self.ask("gan.draws", function=function, real=real, images=images, **given)
        slope = reply["slope"]
        depends = slope.shape == () and np.isfinite(slope) and slope > 0
        self.fault("slope", "" if depends else "the loss does not depend on what d returned")
        return reply, real, images

    def noise_and_device(self, function, labels=False):
        """What a loss draws is standard normal, and new on each call; what it makes is on the given device."""
        reply, real, images = self.draws(function, self.rng.integers(10, size=MANY) if labels else None)
        noise = [reply.get(name) for name in ("z_0", "z_1", "z_2")]
        fault = noise_fault(noise[0], width=3)
        if not fault and (np.array_equal(*noise[:2]) or np.array_equal(*noise[1:])):
            fault = "the noise is the same on each call: is a seed set?"
        self.fault("noise", fault)
        case = {"labels": np.arange(4)} if labels else {}
        self.ask("gan.on_device", function=function, real=real[:4], images=images[:4], **case)


# Three real and three generated images of 1 x 1 x 2 pixels; d adds the pixels. Logits: 1/4, 2, -1 and 1, -3, 1/2.
NEAR = {
    "real": np.array([[0.25, 0], [1, 1], [-2, 1]]).reshape(3, 1, 1, 2),
    "images": np.array([[1, 0], [-2, -1], [0, 0.5]]).reshape(3, 1, 1, 2),
    "weight": np.ones((1, 1, 2)),
    "curvature": np.zeros((1, 1, 2)),
    "bias": np.zeros(()),
}
# Logits 100, -100, 100 and -100, 100, 100.
FAR = {
    **NEAR,
    "real": np.array([[50, 50], [-50, -50], [100, 0]], dtype=float).reshape(3, 1, 1, 2),
    "images": np.array([[-50, -50], [50, 50], [0, 100]], dtype=float).reshape(3, 1, 1, 2),
}


class Test_2b(LossTest):
    @graded()
    def test_0(self):
        """2b-0-basic: loss_nonsaturating_d at logits near zero"""
        # -log sigma: 0.5759, 0.1269, 1.3133 for the real; -log(1 - sigma): 1.3133, 0.0486, 0.9741 for the fakes.
        answer = {"value": 1.450685, "grad_weight": [[[0.623222, -0.195486]]], "grad_bias": 0.03762}
        self.loss("loss_nonsaturating_d", NEAR, answer)
        self.again(lambda rng: self.loss("loss_nonsaturating_d", random_images(rng, 3, (1, 1, 2))))

    @graded()
    def test_1(self):
        """2b-1-basic: loss_nonsaturating_g at logits near zero"""
        # -log sigma: 0.3133, 3.0486, 0.4741.
        gradient = np.repeat([-0.089647, -0.317525, -0.125847], 2).reshape(3, 1, 1, 2)
        self.loss("loss_nonsaturating_g", NEAR, {"value": 1.278642, "grad_images": gradient})
        self.again(lambda rng: self.loss("loss_nonsaturating_g", random_images(rng, 3, (1, 1, 2))))

    @graded()
    def test_2(self):
        """2b-2-basic: loss_nonsaturating_d at logits of 100 and -100"""
        # 0, 100, 0 and 0, 100, 100: a third of 300.
        self.loss("loss_nonsaturating_d", FAR, {"value": 100, "grad_bias": 1 / 3})
        self.again(lambda rng: self.loss("loss_nonsaturating_d", far(random_images(rng, 3, (1, 1, 2)))))

    @graded()
    def test_3(self):
        """2b-3-basic: loss_nonsaturating_g at logits of 100 and -100"""
        gradient = np.repeat([-1 / 3, 0, 0], 2).reshape(3, 1, 1, 2)
        self.loss("loss_nonsaturating_g", FAR, {"value": 100 / 3, "grad_images": gradient})
        self.again(lambda rng: self.loss("loss_nonsaturating_g", far(random_images(rng, 3, (1, 1, 2)))))

    @graded()
    def test_4(self):
        """2b-4-hidden: loss_nonsaturating_d on other images and batches"""
        self.many("loss_nonsaturating_d")

    @graded()
    def test_5(self):
        """2b-5-hidden: loss_nonsaturating_g on other images and batches"""
        self.many("loss_nonsaturating_g")

    @graded()
    def test_6(self):
        """2b-6-hidden: the noise of both losses, and the device on which they make things"""
        self.noise_and_device("loss_nonsaturating_d")
        self.noise_and_device("loss_nonsaturating_g")

    def many(self, function):
        for size, shape in [(1, (1, 2, 2)), (4, (1, 2, 2)), (70, (3, 2, 4))]:
            case = random_images(self.rng, size, shape)
            self.loss(function, case)
            self.loss(function, far(case))


# Images of 12 pixels: one for each of ten classes, two more. A generated image is `amplitude` at the pixel of its
# class, and d looks at the pixel of the class that it is told: 1 x pixel + 1 x the first of the two + 2 x the second.
# Logits: 1/4, 2, -1 for the real, 1 + tags = 1, -3, 1/2 for the fakes, whichever class they are of.
LABELLED = {
    "real": np.zeros((3, 12)),
    "labels": np.array([3, 0, 9]),
    "tags": np.array([[0, 0], [-2, -1], [0.5, -0.5]]),
    "amplitude": np.ones(()),
    "gain": np.ones(()),
    "weight": np.array([1.0, 2]),
    "bias": np.zeros(()),
}
LABELLED["real"][:, :10] = 5  # what d sees if it is told the wrong class
LABELLED["real"][[0, 1, 2], [3, 0, 9]] = [0.25, 1, 1]
LABELLED["real"][:, 10:] = [[0, 0], [1, 0], [0, -1]]
LABELLED["real"] = LABELLED["real"].reshape(3, 1, 3, 4)


class Test_4b(LossTest):
    @graded()
    def test_0(self):
        """4b-0-basic: conditional_loss_nonsaturating_d on three images with labels"""
        answer = {"value": 1.450685, "grad_gain": 0.147075, "grad_weight": [0.032392, 0.124134], "grad_bias": 0.03762}
        self.loss("conditional_loss_nonsaturating_d", LABELLED, answer)
        far_case = {**LABELLED, "gain": np.array(100.0), "weight": np.array([100.0, 200])}
        # Logits 25, 200, -100 and 100, -300, 50: (0 + 0 + 100) / 3 + (100 + 0 + 50) / 3.
        self.loss("conditional_loss_nonsaturating_d", far_case, {"value": 250 / 3, "grad_bias": 1 / 3})
        self.again(lambda rng: self.loss("conditional_loss_nonsaturating_d", random_labelled(rng, 3)))

    @graded()
    def test_1(self):
        """4b-1-basic: conditional_loss_nonsaturating_g on three images with labels"""
        gradient = [[-0.089647, -0.179294], [-0.317525, -0.635049], [-0.125847, -0.251694]]
        answer = {"value": 1.278642, "grad_tags": gradient, "grad_amplitude": -0.533019}
        self.loss("conditional_loss_nonsaturating_g", LABELLED, answer)
        far_case = {**LABELLED, "gain": np.array(100.0), "weight": np.array([100.0, 200])}
        self.loss("conditional_loss_nonsaturating_g", far_case, {"value": 100, "grad_amplitude": -100 / 3})
        self.again(lambda rng: self.loss("conditional_loss_nonsaturating_g", random_labelled(rng, 3)))

    @graded()
    def test_2(self):
        """4b-2-basic: the labels of the fakes in conditional_loss_nonsaturating_d"""
        self.labels_of_fakes("conditional_loss_nonsaturating_d")

    @graded()
    def test_3(self):
        """4b-3-basic: the labels of the fakes in conditional_loss_nonsaturating_g"""
        self.labels_of_fakes("conditional_loss_nonsaturating_g")

    @graded()
    def test_4(self):
        """4b-4-hidden: conditional_loss_nonsaturating_d on other images and batches"""
        self.many("conditional_loss_nonsaturating_d")

    @graded()
    def test_5(self):
        """4b-5-hidden: conditional_loss_nonsaturating_g on other images and batches"""
        self.many("conditional_loss_nonsaturating_g")

    @graded()
    def test_6(self):
        """4b-6-hidden: the noise of both conditional losses, and the device on which they make things"""
        self.noise_and_device("conditional_loss_nonsaturating_d", labels=True)
        self.noise_and_device("conditional_loss_nonsaturating_g", labels=True)

    def many(self, function):
        for size in (1, 4, 70):
            case = random_labelled(self.rng, size)
            self.loss(function, case)
            self.loss(function, {**case, "gain": 100 * case["gain"], "weight": 100 * case["weight"]})

    def labels_of_fakes(self, function):
        """Those of the real images, in any order, or drawn from all ten classes alike."""
        labels = self.rng.choice(8, size=MANY, p=np.arange(1, 9) / 36)  # the last two classes do not occur
        reply, _, _ = self.draws(function, labels)
        self.fault("labels", labels_fault([reply.get(name) for name in ("y_0", "y_1", "y_2")], labels))


# Images of 1 x 2 x 2 pixels; d(x) = weight . x, so that its gradient by x is weight everywhere, of norm 5.
STEEP = {
    "real": np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]], dtype=float).reshape(3, 1, 2, 2),
    "images": np.array([[0, 0, 0, 1], [1, 1, 0, 0], [0, 2, 0, 0]], dtype=float).reshape(3, 1, 2, 2),
    "weight": np.array([[[1.0, 2], [2, 4]]]),
    "curvature": np.zeros((1, 2, 2)),
    "bias": np.zeros(()),
}
FLAT = {**STEEP, "weight": np.array([[[0.3, 0], [0, -0.4]]])}  # of norm 1/2


class Test_5e(LossTest):
    @graded()
    def test_0(self):
        """5e-0-basic: loss_wasserstein_gp_d where d is linear"""
        # d is 1, 2, 6 on the real images and 4, 3, 4 on the fakes: 11/3 - 9/3. The penalty is 10 (5 - 1)^2; its
        # gradient is 10 * 2 (5 - 1) weight / 5, and reaches the weight only if the gradient by x was itself made to be
        # differentiated.
        answer = {"value": 160.666667, "grad_weight": [[[16, 32.666667], [31.666667, 64]]], "grad_bias": 0}
        self.loss("loss_wasserstein_gp_d", STEEP, answer)
        # d is 0.3, 0, -0.4 and -0.4, 0.3, 0: the means are equal. The penalty is 10 (1/2 - 1)^2.
        answer = {"value": 2.5, "grad_weight": [[[-6, 0.666667], [-0.333333, 8]]], "grad_bias": 0}
        self.loss("loss_wasserstein_gp_d", FLAT, answer)
        self.again(lambda rng: self.critic_loss(random_tagged(rng, 3, (1, 2, 2))))

    @graded()
    def test_1(self):
        """5e-1-basic: loss_wasserstein_gp_g where d is linear"""
        gradient = np.tile(np.array([[-1 / 3, -2 / 3], [-2 / 3, -4 / 3]]), (3, 1, 1, 1))
        self.loss("loss_wasserstein_gp_g", STEEP, {"value": -11 / 3, "grad_images": gradient})
        self.again(lambda rng: self.loss("loss_wasserstein_gp_g", random_images(rng, 3, (1, 2, 2))))

    @graded()
    def test_2(self):
        """5e-2-basic: where loss_wasserstein_gp_d takes the penalty"""
        reply, real, images = self.draws("loss_wasserstein_gp_d")
        found = [mixture(reply.get(name), real, images) for name in ("x_0", "x_1", "x_2")]
        faults = [mixed.fault for mixed in found if mixed.fault]
        self.fault("mixture", faults[0] if faults else weights_fault([mixed.weights for mixed in found]))

    @graded()
    def test_3(self):
        """5e-3-hidden: loss_wasserstein_gp_d where d is curved, on other images and batches"""
        for size, shape in [(1, (1, 2, 2)), (4, (1, 2, 2)), (70, (3, 2, 4))]:
            self.critic_loss(random_tagged(self.rng, size, shape))
            self.critic_loss(even(random_tagged(self.rng, size, shape)), is_even=True)

    @graded()
    def test_4(self):
        """5e-4-hidden: loss_wasserstein_gp_g on other images and batches"""
        for size, shape in [(1, (1, 2, 2)), (4, (1, 2, 2)), (70, (3, 2, 4))]:
            self.loss("loss_wasserstein_gp_g", random_images(self.rng, size, shape))

    @graded()
    def test_5(self):
        """5e-5-hidden: the noise of both Wasserstein losses, and the device on which they make things"""
        self.noise_and_device("loss_wasserstein_gp_d")
        self.noise_and_device("loss_wasserstein_gp_g")

    def critic_loss(self, case, is_even=False):
        """Where d is curved, the penalty depends on where it is taken: at the points where the student's code called d.

        Args:
            is_even: whether it is the same wherever a mixture of two images of the same place in the batch lies.
        """
        self.about("loss_wasserstein_gp_d", **case)
        reply = self.ask("gan.loss", function="loss_wasserstein_gp_d", **case)
        found = mixture(reply.get("seen"), case["real"], case["images"])
        fault = found.fault
        if not fault and (found.weights.min() < -1e-5 or found.weights.max() > 1 + 1e-5):
            fault = "a is not between 0 and 1"
        self.fault("mixture", fault)
        if fault:
            self.observe("value", reply["value"], False)
        elif self.solution:
            answer = self.solution.gan.loss_wasserstein_gp_d(**case, mixed=found.images)
            self.expect(reply, answer, len(case["real"]), varies=not (is_even and found.paired))
        self.untouched(reply, real_after="x_real")


CASES = (Test_1a, Test_1b, Test_1c, Test_2b, Test_4b, Test_5e)


def either_sign(answer):
    """Earlier years left the sign of forward's log-det open."""
    return [answer, {**answer, "log_det": -np.asarray(answer["log_det"])}]


def load_solution():
    """The module of the answers, or None where they are not: on a student's machine."""
    if not (HERE / "solution").is_dir():
        return None
    import solution

    return solution


def load_points():
    """{test id: points}, from points.json beside this file or one folder up."""
    for path in (HERE / "points.json", HERE.parent / "points.json"):
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
    sys.exit(f"points.json is missing: it belongs beside the folder {HERE}.")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description="Grades a submission.", epilog="An id is 2b-1-basic, or a question: 2b."
    )
    parser.add_argument("tests", nargs="*", metavar="ID", help="tests to run; all of them if none is named")
    parser.add_argument("--debug", action="store_true", help="run your code in this process, for breakpoints")
    parser.add_argument(
        "--submission", type=Path, default=HERE / "submission", help="folder of flow_network.py and gan.py"
    )
    parser.add_argument("--seed", type=int, help="seed of the hidden tests' cases")
    flags = parser.parse_args(arguments)

    try:
        tests = choose(load_tests(*CASES), flags.tests)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    if not flags.submission.is_dir():
        print(f"There is no folder {flags.submission}.", file=sys.stderr)
        return 2
    SubmissionTest.solution = load_solution()
    SubmissionTest.seed = secrets.randbits(32) if flags.seed is None else flags.seed
    if SubmissionTest.solution:
        print(f"Hidden tests with --seed {SubmissionTest.seed}\n")
    result = TerminalResult(load_points())
    try:
        with worker_for(flags) as SubmissionTest.worker:
            for test in tests:
                test.run(result)
    except WorkerMissing as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    result.close()
    if unwritten := still_to_write(tests):
        print(unwritten)
    return 0 if result.all_passed else 1


def still_to_write(tests):
    """Names the functions that tests found empty, or is ""."""
    unwritten = dict.fromkeys(test.unwritten for test in tests if test.unwritten)
    return f"Still to be written: {', '.join(unwritten)}." if unwritten else ""


def worker_for(flags):
    if not flags.debug:
        worker = Worker(OpenRoom(flags.submission))
        worker.wait()
        return worker
    try:
        from grading.inprocess import InProcess
    except ModuleNotFoundError as error:
        raise WorkerMissing(
            f"{error}. Activate the environment of the problem set first; README.md says how."
        ) from None
    return InProcess(flags.submission)


if __name__ == "__main__":
    sys.exit(main())
