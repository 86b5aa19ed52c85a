"""Problem 1: the masked autoregressive flow."""

from itertools import pairwise, zip_longest

import numpy as np

from graderUtil import graded
from grading.case import SubmissionTest
from grading.cases import random_network
from grading.compare import difference
from grading.draws import noise_fault

# A network (mu, alpha) = WEIGHT x + BIAS for three variables: mu = (1, 2 x1, x1 - x2), alpha = (1, -0.4, x1 / 2). On no
# row that follows do some of the three alpha add up to the same, or to minus the same, as all of them.
WEIGHT = np.array([[0, 0, 0], [2, 0, 0], [1, -1, 0], [0, 0, 0], [0, 0, 0], [0.5, 0, 0]], dtype=float)
BIAS = np.array([1, 0, 0, 1, -0.4, 0])
# The same near zero: mu = (0.004, 2 x1, x1 - x2), alpha = (1, -0.4, x1 / 2 + 0.2).
NEAR_BIAS = np.array([0.004, 0, 0, 1, -0.4, 0.2])
# For one variable, far from zero: mu = 30, alpha = 12; and very narrow: mu = 0, alpha = -25.
FAR_WEIGHT, FAR_BIAS, NARROW_BIAS = np.zeros((2, 1)), np.array([30.0, 12]), np.array([0.0, -25])
SIZES = [(1, 3), (2, 1), (3, 4), (6, 5), (2, 521)]  # of hidden cases: variables, and rows, few and many


def network_told(weight, bias):
    """What a report says of a network (mu, alpha) = weight x + bias: formulas, of few variables."""
    n = weight.shape[1]
    if n > 3:
        return {"(mu, alpha)": "weight x + bias", "weight": weight, "bias": bias}
    rows = [_formula(row, constant) for row, constant in zip(weight, bias, strict=True)]
    return {name: f"({', '.join(half)})" for name, half in (("mu", rows[:n]), ("alpha", rows[n:]))}


def _formula(row, constant):
    """2 x1 - x3 + 1, of a row of the weight and its number of the bias."""
    terms = [f"{value:+.6g} x{i}" for i, value in enumerate(row, start=1) if value]
    terms += [f"{constant:+.6g}"] if constant or not terms else []
    text = " ".join(terms).replace("+1 x", "+x").replace("-1 x", "-x").removeprefix("+")
    return text.replace(" +", " + ").replace(" -", " - ")


def blocks_told(blocks):
    """The same of the blocks of a MAF, with what they come to."""
    told = {}
    for k, (weight, bias) in enumerate(zip(blocks["weights"], blocks["biases"], strict=True), start=1):
        told |= {f"block {k}: {name}": text for name, text in network_told(weight, bias).items()}
    return {**told, "z in the end": blocks["outputs"][-1][:, ::-1]}


def modes(questions):
    """Puts every other one into evaluation mode, where the same holds; as `ask_each` takes them."""
    return [
        ({**subject, "evaluation": number % 2 == 1}, {**given, "training": number % 2 == 0})
        for number, (subject, given) in enumerate(questions)
    ]


class Test_1a(SubmissionTest):
    # What forward's log-det may be times: earlier years left its sign open. It is the same for all cases of a test.
    signs = 1, -1
    # What a report says of the network of 1a-1-basic.
    LAYERS = {
        "layer 0": "weights 1, biases -0.5",
        "layer 1": "weights 1, biases 0.25",
        "layer 2": "weights 1 for mu and -0.1 for alpha, biases (1, 0, -1, 0.1, 0, 0); weights before they are masked",
    }

    @graded()
    def test_0(self):
        """1a-0-basic: MADE.forward on three variables, and on one far from zero or very narrow"""
        z = np.array([[0.0, 0, 0], [-1, 1, -1]])
        # First row: x1 = 1 + 0, x2 = 2 * 1 + 0, x3 = 1 - 2 + 0. Second: x1 = 1 - e, x2 = 2 x1 + exp(-0.4), and so on.
        # The log-dets differ in sign: an absolute value is no right one.
        x = [[1, 2, -1], [-1.718282, -2.766244, 0.624436]]
        answer = {"output": x, "log_det": [1.1, -0.2591409]}
        # 30 + 0, and 30 + e^12.
        far = {"output": [[30], [162784.791]], "log_det": [12, 12]}
        # 0.004, twice that, and the difference: each is small, and is to be seen by the next.
        near = {"output": [[0.004, 0.008, -0.004]], "log_det": [0.802]}
        # e^25 times e^-25: even such a standard deviation may not be clamped.
        narrow = {"output": [[0], [1]], "log_det": [-25, -25]}
        known = [(WEIGHT, BIAS, z), (WEIGHT, BIAS, z), (FAR_WEIGHT, FAR_BIAS, np.array([[0.0], [1]]))]
        known += [(WEIGHT, NEAR_BIAS, z[:1]), (FAR_WEIGHT, NARROW_BIAS, np.array([[0], [7.200490e10]]))]
        self.forwards(self.and_again(known, random_case), [answer, answer, far, near, narrow])

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
        answer = {"output": [[1, 2.5, 16], [0.4474145, 1.451229, 6.111708]], "log_det": [-1.85, -0.6094576]}
        cases = self.and_again([(3, 4, 1, z, layers)], lambda rng: self.random_network(rng, 3, 4, 1))
        self.own_networks(cases, [answer])

    @graded()
    def test_2(self):
        """1a-2-hidden: MADE.forward for any number of variables and rows, on the given device"""
        cases = [(*random_network(self.rng, n), self.rng.normal(size=(size, n))) for n, size in SIZES]
        self.forwards([*cases, *far_cases(self.rng)])
        weight, bias = random_network(self.rng, 2)
        self.about("MADE.forward")
        self.ask("flow_network.forward_on_device", weight=weight, bias=bias, z=self.rng.normal(size=(3, 2)))

    @graded()
    def test_3(self):
        """1a-3-hidden: MADE.forward with its own network, of any size"""
        sizes = [(1, 3, 1), (2, 4, 1), (3, 8, 2), (5, 11, 3)]
        self.own_networks([self.random_network(self.rng, *size) for size in sizes])

    @staticmethod
    def random_network(rng, n, hidden_size, n_hidden):
        sizes = [n] + [hidden_size] * (n_hidden + 1) + [2 * n]
        layers = {}
        for k, (below, above) in enumerate(pairwise(sizes)):
            layers[f"weight_{k}"] = rng.normal(size=(above, below)) / np.sqrt(below)
            layers[f"bias_{k}"] = rng.normal(size=above) / 2
        layers[f"weight_{n_hidden + 1}"][n:] /= 4  # alpha: its exponential feeds the next one
        return n, hidden_size, n_hidden, rng.normal(size=(4, n)), layers

    def own_networks(self, cases, answers=()):
        """MADE.forward in cases (n, hidden_size, n_hidden, z, layers), with the answers of the first ones."""
        questions = []
        for number, (n, hidden_size, n_hidden, z, layers) in enumerate(cases):
            title = f"MADE({n}, {hidden_size}, {n_hidden}).forward"
            given = {"n": n, "hidden_size": hidden_size, "n_hidden": n_hidden, "z": z, **layers}
            told = {"z": z, **(self.LAYERS if number < len(answers) else {})}
            questions.append(({"function": "MADE.forward", "title": title, **told}, given))
        replies = self.ask_each("flow_network.own_network", questions)
        for (n, hidden_size, n_hidden, z, layers), reply, answer in zip_longest(cases, replies, answers):
            right = answer
            if answer is None and self.solution:
                network = self.solution.flow_network.masked_network(n, n_hidden, hidden_size, layers)
                right = self.solution.flow_network.forward(network, z)
            self.expect_either_sign(reply, right)
            self.untouched(reply, z_after="z")

    def forwards(self, cases, answers=()):
        """MADE.forward in cases (weight, bias, z) of a linear network, with the answers of the first ones."""
        questions = [
            (
                {"function": "MADE.forward", "z": z, **network_told(weight, bias)},
                {"weight": weight, "bias": bias, "z": z},
            )
            for weight, bias, z in cases
        ]
        replies = self.ask_each("flow_network.forward", modes(questions))
        for (weight, bias, z), reply, answer in zip_longest(cases, replies, answers):
            right = answer
            if answer is None and self.solution:
                right = self.solution.flow_network.forward(self.solution.flow_network.linear_network(weight, bias), z)
            self.expect_either_sign(reply, right)
            self.untouched(reply, z_after="z")

    def expect_either_sign(self, reply, answer):
        if answer is None:
            return
        answers = {sign: {**answer, "log_det": sign * np.asarray(answer["log_det"])} for sign in self.signs}
        self.expect(reply, list(answers.values()))
        fitting = [sign for sign in self.signs if difference(reply.get("log_det"), answers[sign]["log_det"]) is None]
        self.signs = fitting or self.signs


class Test_1b(SubmissionTest):
    X = np.array([[1.0, 2, -1], [2, 3, 0]])

    @graded()
    def test_0(self):
        """1b-0-basic: MADE.inverse on three variables, and on one far from zero or very narrow"""
        # First row: z1 = (1 - 1) / e, z2 = (2 - 2 * 1) exp(0.4), z3 = (-1 - (1 - 2)) / exp(1/2). log_det is
        # -(1 - 0.4 + 1/2).
        z = [[0, 0, 0], [0.367879, -1.491825, 0.367879]]
        answer = {"output": z, "log_det": [-1.1, -1.6]}
        # (30 - 30) / e^12, and (30 + e^12 - 30) / e^12.
        far = {"output": [[0], [1]], "log_det": [-12, -12]}
        known = [(WEIGHT, BIAS, self.X), (WEIGHT, BIAS, self.X), (FAR_WEIGHT, FAR_BIAS, np.array([[30], [162784.791]]))]
        # One row, whose z are (61 - 1) / e, (0 - 2 * 61) exp(0.4) and 0.
        known.append((WEIGHT, BIAS, np.array([[61.0, 0, 61]])))
        answers = [answer, answer, far, {"output": [[22.072766, -182.002613, 0]], "log_det": [-31.1]}]
        # A standard deviation of e^-25, to which nothing may be added; neither it nor a large z may be clamped.
        known.append((FAR_WEIGHT, NARROW_BIAS, np.array([[0], [1.388794e-7]])))
        answers.append({"output": [[0], [10000]], "log_det": [25, 25]})
        self.inverses(self.and_again(known, random_case), answers)

    @graded()
    def test_1(self):
        """1b-1-basic: gradients through MADE.inverse, without which nothing trains"""
        # Of the sum of all z and of all log_det, at x = (2, 3, 0), where z = (1/e, -exp(0.4), 1/e): d z1 / d mu1 is
        # -1/e, and so on.
        answer = {
            "output": [[0.3678794, -1.491825, 0.3678794]],
            "log_det": [-1.6],
            "grad_x": [[-3.667589, 1.859704, 0.3678794]],
            "grad_bias": [-0.3678794, -1.491825, -0.3678794, -1.367879, 0.4918247, -1.367879],
        }
        known = [(WEIGHT, BIAS, self.X[1:], np.ones((1, 3)), np.ones(1))]
        self.gradients(self.and_again(known, self.random_gradients), [answer])

    @graded()
    def test_2(self):
        """1b-2-hidden: MADE.inverse and its gradients for any number of variables and rows, on the given device"""
        cases = [(*random_network(self.rng, n), self.rng.normal(size=(size, n))) for n, size in SIZES]
        self.inverses([*cases, *far_cases(self.rng)])
        self.gradients(
            [(*case, self.rng.normal(size=case[2].shape), self.rng.normal(size=len(case[2]))) for case in cases]
        )
        weight, bias = random_network(self.rng, 2)
        self.about("MADE.inverse")
        self.ask("flow_network.inverse_on_device", weight=weight, bias=bias, x=self.rng.normal(size=(3, 2)))

    def inverses(self, cases, answers=()):
        """MADE.inverse in cases (weight, bias, x) of a linear network, with the answers of the first ones."""
        questions = [
            (
                {"function": "MADE.inverse", "x": x, **network_told(weight, bias)},
                {"weight": weight, "bias": bias, "x": x, "pull": x, "pull_log_det": np.ones(len(x))},
            )
            for weight, bias, x in cases
        ]
        for case, reply, answer in zip_longest(cases, self.ask_each("flow_network.inverse", modes(questions)), answers):
            self.expect(reply, answer or (self.solution and self.solution.flow_network.inverse(*case)))
            self.untouched(reply, x_after="x")

    @staticmethod
    def random_gradients(rng):
        return *random_network(rng, 3), *rng.normal(size=(2, 1, 3)), rng.normal(size=1)

    def gradients(self, cases, answers=()):
        """The same with gradients, in cases (weight, bias, x, pull, pull_log_det)."""
        title = "MADE.inverse, of sum(a z) + sum(b log_det)"
        names = "weight", "bias", "x", "pull", "pull_log_det"
        questions = []
        for weight, bias, x, a, b in cases:
            subject = {"x": x, "a": a, "b": b, **network_told(weight, bias)}
            given = dict(zip(names, (weight, bias, x, a, b), strict=True))
            questions.append(({"function": "MADE.inverse", "title": title, **subject}, given))
        for case, reply, answer in zip_longest(cases, self.ask_each("flow_network.inverse", questions), answers):
            self.expect(reply, answer or (self.solution and self.solution.flow_network.inverse(*case)))


class Test_1c(SubmissionTest):
    # Two blocks of two variables; z = (x - mu) / exp(alpha) with constant mu and alpha, and n = 2 reversed after each.
    # Block 1: mu = (1, -1), alpha = (log 2, 0). Block 2: mu = (0, 2), alpha = (0, -log 4). There are three points: of
    # two, what is of the shape (B,) would pass for what is of the shape (n,).
    X = np.array([[0.0, 0], [3, -1], [1, 1]])
    BLOCKS = {
        "points": np.array([[[0, 0], [3, -1], [1, 1]], [[1, -0.5], [0, 1], [2, 0]]], dtype=float),
        "outputs": np.array([[[-0.5, 1], [1, 0], [0, 2]], [[1, -10], [0, -4], [2, -8]]], dtype=float),
        "jacobians": np.stack([np.tile(np.diag([0.5, 1]), (3, 1, 1)), np.tile(np.diag([1.0, 4]), (3, 1, 1))]),
        "log_dets": np.repeat([[-0.693147], [1.386294]], 3, axis=1),
        "slopes": np.zeros((2, 3, 2)),
        "backwards": np.array([[[1, -1], [7, -2], [3, 0]], [[1, 1.875], [0, 2.25], [2, 2]]], dtype=float),
        "weights": np.zeros((2, 4, 2)),
        "biases": np.array([[1, -1, 0.693147, 0], [0, 2, 0, -1.386294]]),
    }
    # Two blocks of three variables: the first leaves a point as it is, the second has mu = (1, -1, 0).
    POINT = np.array([[1.0, 2, 3]])
    THREE = {
        "points": np.array([[[1.0, 2, 3]], [[3, 2, 1]]]),
        "outputs": np.array([[[1.0, 2, 3]], [[2, 3, 1]]]),
        "jacobians": np.tile(np.eye(3), (2, 1, 1, 1)),
        "log_dets": np.zeros((2, 1)),
        "slopes": np.zeros((2, 1, 3)),
        "backwards": np.array([[[1.0, 2, 3]], [[4, 1, 1]]]),
        "weights": np.zeros((2, 6, 3)),
        "biases": np.array([[0.0, 0, 0, 0, 0, 0], [1, -1, 0, 0, 0, 0]]),
    }

    @graded()
    def test_0(self):
        """1c-0-basic: MAF.log_probs of three points under two blocks and one, and of a point of three variables"""
        # z = (1, -10), (0, -4) and (2, -8), reversed; the log-dets are -log 2 and log 4. So log p is
        # -log(2 pi) + log 2 less 101 / 2, 16 / 2 and 68 / 2.
        answer = {"value": -31.97806, "grad_shifts": [[29.33333, -1], [-1, 7.333333]], "grad_log_dets": [1, 1]}
        # The same points many times over have the same mean.
        cases = [(self.X, self.BLOCKS, answer), (np.tile(self.X, (174, 1)), self.BLOCKS, answer)]
        # z = (-0.5, 1), (1, 0) and (0, 2), log-det -log 2: log p is -log(2 pi) - log 2 less 1.25 / 2, 1 / 2 and 4 / 2.
        answer = {"value": -3.572691, "grad_shifts": [[-0.1666667, -1]], "grad_log_dets": [1]}
        cases.append((self.X, {name: array[:1] for name, array in self.BLOCKS.items()}, answer))
        # -3/2 log(2 pi) - 14 / 2.
        answer = {"value": -9.756816, "grad_shifts": [[-1, -3, -2], [-2, -3, -1]], "grad_log_dets": [1, 1]}
        cases.append((self.POINT, self.THREE, answer))
        self.log_probs(self.and_again(cases, lambda rng: self.random_case(rng, 2, 2, 3)))

    @graded()
    def test_1(self):
        """1c-1-basic: MAF's provided lines and PermuteLayer's, once log_probs runs on them"""
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
        cases = [(self.X, self.BLOCKS, None)]
        if self.solution:
            # Blocks, variables, rows. 521 is prime: whoever takes a batch in parts has a part of another size.
            sizes = [(1, 1, 3), (2, 2, 1), (3, 3, 4), (5, 4, 6), (2, 3, 521)]
            cases = [*(self.random_case(self.rng, *size) for size in sizes), *self.far_cases()]
        self.log_probs(cases)
        self.about("MAF.log_probs")
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

    def far_cases(self):
        """Points near the mean of a narrow Gaussian, whose log-likelihood is positive; and points one of which is fifty
        standard deviations from the mean, under two blocks."""
        narrow = np.array([[0.0, 0, -14, -14]])
        yield self._with_answer(self.rng.normal(size=(3, 2)) / 1e6, np.zeros((1, 4, 2)), narrow)
        x = self.rng.normal(size=(3, 2))
        x[1] += [50, -50]
        yield self._with_answer(x, np.zeros((2, 4, 2)), np.zeros((2, 4)))

    def random_case(self, rng, count, n, size):
        weights, biases = (
            np.stack(arrays) for arrays in zip(*[random_network(rng, n) for _ in range(count)], strict=True)
        )
        # Blocks that shrink, and evenly: a stack of others ends in numbers beyond float32.
        weights[:, n:] /= 5
        biases[:, n:] = np.abs(biases[:, n:])
        return self._with_answer(rng.normal(size=(size, n)), weights, biases)

    def _with_answer(self, x, weights, biases):
        blocks = self.solution.flow_network.blocks(weights, biases, x)
        answer = self.solution.flow_network.log_probs(x, **blocks)
        return x, {**blocks, "weights": weights, "biases": biases}, answer

    def log_probs(self, cases):
        """MAF.log_probs in cases (x, blocks, answer); there is no answer where the answers are not here."""
        questions = []
        for x, blocks, _ in cases:
            count = len(blocks["points"])
            title = f"MAF.log_probs with {count} MADE block{'s' if count > 1 else ''}"
            subject = {"function": "MAF.log_probs", "title": title, "x": x, **blocks_told(blocks)}
            questions.append((subject, {"x": x, **blocks}))
        replies = self.ask_each("flow_network.log_probs", modes(questions))
        for (x, _, answer), reply in zip(cases, replies, strict=True):
            self.expect(reply, answer, batch=len(x))
            if answer and reply["value"].shape == () and reply["value"].dtype.kind == "f":
                self._prior(reply["value"] - answer["value"], len(x.T))
            self.untouched(reply, x_after="x")

    def _prior(self, off, n):
        """Says where a value is off by what the prior's constant comes to."""
        if abs(abs(off) - n * np.log(2 * np.pi) / 2) < 1e-3:
            size = "large" if off > 0 else "small"
            self._problem(f"it is too {size} by n log(2 pi) / 2: is the constant of the prior there, and once?", "")


def far_cases(rng):
    """Numbers and means far from zero, and standard deviations far from one: exp(-25) and exp(25). Each alone: how far
    a number may be off depends on the largest beside it."""
    first = np.array([[0.0, 0], [1, 0], [0, 0], [0, 0]])  # the mean of the second is the first
    yield first, np.array([30.0, 0, 0, 0]), 30 * rng.normal(size=(3, 2))
    # The standard deviation of the second depends on the first, from 40 to 80 and down to -80.
    by_first = np.array([[0.0, 0], [0, 0], [0, 0], [0.05, 0]])
    yield by_first, np.zeros(4), np.stack([rng.choice([-1, 1], 3) * rng.uniform(40, 80, 3), rng.normal(size=3)], axis=1)
    # Each of many is the sum of the one before it and a number: it takes as many passes as there are.
    yield np.concatenate([np.eye(32, k=-1), np.zeros((32, 32))]), np.zeros(64), rng.normal(size=(2, 32))
    for alpha in (-25.0, 25.0):  # of numbers so large that what comes out is never too small to be seen
        yield np.zeros((2, 1)), np.array([0, alpha]), np.exp(25) * rng.normal(size=(3, 1))


def random_case(rng):
    """A linear network of three variables, and two points."""
    return *random_network(rng, 3), rng.normal(size=(2, 3))
