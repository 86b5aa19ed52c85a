"""Problem 9, extra credit: a flow on discrete images."""

import itertools
import textwrap

import numpy as np

from graderUtil import graded
from grading.case import SubmissionTest
from grading.compare import difference
from grading.draws import centred_fault, dequantisation_fault, each_once, noise_fault

CHECKERBOARD = np.array([[1.0, 0], [0, 1]]).reshape(1, 1, 2, 2)
SECOND_CHANNEL = np.array([0.0, 1]).reshape(1, 2, 1, 1)


class Test_9a(SubmissionTest):
    @graded(is_extra_credit=True)
    def test_0(self):
        """9a-0-basic: log_likelihood_bound and bits_per_dim of numbers that can be worked out by hand"""
        # 4 log 256 = 22.18071.
        answer = {"value": [-22.18071, -20.18071], "gradient": [1, 1]}
        self.nats("log_likelihood_bound", np.array([0.0, 2]), 4, answer)
        # A fair coin for each of two values: log(1/4) nats, 1 bit per dimension; with certainty 0; the mean is 1/4.
        answer = {"value": 0.25, "gradient": np.full(4, -0.1803369)}
        self.nats("bits_per_dim", np.array([-1.386294, 0, 0, 0]), 2, answer)
        # -2000 log 2 and -4000 log 2, for 1000 values: 2 and 4 bits. In float32, exp of either is 0.
        answer = {"value": 3, "gradient": np.full(2, -7.213475e-4)}
        self.nats("bits_per_dim", np.array([-1386.294, -2772.589]), 1000, answer)
        # 4 log 2 and 0, as a density of the levels may claim, which is no code: -1 bit.
        answer = {"value": -1, "gradient": np.full(2, -0.3606738)}
        self.nats("bits_per_dim", np.array([2.772589, 0]), 2, answer)
        self.again(self.other_numbers)

    @graded(is_extra_credit=True)
    def test_1(self):
        """9a-1-basic: dequantise draws each v evenly between the level and the next"""
        levels = np.array([0, 1, 127, 128, 254, 255])
        self.dequantise(np.stack([levels, levels[::-1]]).reshape(2, 1, 2, 3))
        self.many_levels()

    @graded(is_extra_credit=True)
    def test_2(self):
        """9a-2-hidden: log_likelihood_bound and bits_per_dim for other numbers and batches"""
        for size in (1, 5, 521):
            self.other_numbers(self.rng, size)

    @graded(is_extra_credit=True)
    def test_3(self):
        """9a-3-hidden: the noise of dequantise, for images of all levels, and for black and white ones"""
        self.many_levels()

    def many_levels(self):
        self.dequantise(self.rng.integers(256, size=(50, 2, 8, 5)))
        for level in (0, 255):
            self.dequantise(np.full((50, 2, 8, 10), level))

    def other_numbers(self, rng, size=4):
        n_dims = int(rng.integers(3, 3000))
        for function in ("log_likelihood_bound", "bits_per_dim"):
            self.nats(function, n_dims * rng.normal(size=size), n_dims)
        # From twenty nats for a value, as of a flow that is not trained, to densities above those of the levels.
        self.nats("bits_per_dim", n_dims * rng.uniform(-20, -6, size=size), n_dims)
        self.nats("bits_per_dim", n_dims * rng.uniform(0.1, 2, size=size), n_dims)
        self.nats("log_likelihood_bound", n_dims * rng.uniform(6, 9, size=size), n_dims)

    def nats(self, function, values, n_dims, answer=None):
        self.about(function, values=values, n_dims=np.array(n_dims))
        reply = self.ask("image_flow.nats", function=function, values=values, n_dims=n_dims)
        if answer is None and self.solution:
            answer = getattr(self.solution.image_flow, function)(values, n_dims)
        self.expect(reply, answer, batch=len(values))
        self.untouched(reply, values_after="what it is given")

    def dequantise(self, x):
        alone = f"dequantise, of images that are {x.flat[0]} everywhere" if np.ptp(x) == 0 else None
        self.about("dequantise", alone, x=x)
        reply = self.ask("image_flow.dequantise", x=x)
        self.fault("noise", dequantisation_fault([reply[f"v_{call}"] for call in range(3)], x))
        self.untouched(reply, x_after="x")


class Test_9b(SubmissionTest):
    X = np.array([[1.0, 2, 3, -1], [0, 0, 0, 0]]).reshape(2, 1, 2, 2)
    # log_scale of the second and third value is the first, and half the last; shift is 1 and the first minus the last.
    WEIGHT = np.zeros((8, 4))
    WEIGHT[1, 0], WEIGHT[2, 3], WEIGHT[6, 0], WEIGHT[6, 3] = 1, 0.5, 1, -1
    WEIGHT[1, 2] = 7  # the network is not to see the third value
    BIAS = np.array([9.0, 0, 0, 0, 5, 1, 0, 0])  # what it says of the first is of no use
    # Whatever x, log_scale is 8 and shift 30: 2 e^8 + 30 and 3 e^8 + 30 of 2 and 3.
    FAR_BIAS = np.repeat([8.0, 30], 4)
    Z = np.array([[1.0, 2, 3, -1]]).reshape(1, 1, 2, 2)
    FAR = np.array([[1, 5991.916, 8972.874, -1]]).reshape(1, 1, 2, 2)
    # Of 2 x 4 values four move, and e^25 to the power of four is more than float32 holds.
    WIDE = np.array([[1.0, 0, 1, 0], [0, 1, 0, 1]]).reshape(1, 1, 2, 4)
    # Two channels of which the second stays: log_scale of a value is the one behind it, shift is 1.
    PLANES = np.array([[1.0, 2, 3], [0, 1, -0.5]]).reshape(1, 2, 1, 3)
    BEHIND = np.concatenate([np.eye(6, k=3), np.zeros((6, 6))])
    BY_ONE = np.repeat([0.0, 1], 6)

    @graded(is_extra_credit=True)
    def test_0(self):
        """9b-0-basic: the masks of 2 x 4 and 3 x 3 values, and of 2, 4 and 6 channels"""
        self.mask("checkerboard_mask", (2, 4), [[[[1, 0, 1, 0], [0, 1, 0, 1]]]])
        self.mask("channel_mask", (2,), np.array([1, 0]).reshape(1, 2, 1, 1))
        self.mask("channel_mask", (4,), np.array([1, 1, 0, 0]).reshape(1, 4, 1, 1))
        self.mask("checkerboard_mask", (3, 3), [[[[1, 0, 1], [0, 1, 0], [1, 0, 1]]]])
        self.mask("channel_mask", (6,), np.array([1, 1, 1, 0, 0, 0]).reshape(1, 6, 1, 1))
        self.again(lambda rng: self.mask("checkerboard_mask", rng.integers(2, 9, size=2)))

    @graded(is_extra_credit=True)
    def test_1(self):
        """9b-1-basic: AffineCoupling.forward of four values, of which two stay, and of two channels"""
        # 2 e + 1, and 3 exp(-1/2) + 1 - (-1); log_det = 1 - 1/2. By a log_scale, z exp(log_scale) and, of log_det, 1.
        answer = {"output": self.X.copy(), "log_det": [0.5, 0]}
        answer["grad_bias"] = [0, 7.436564, 3.819592, 0, 0, 2, 2, 0]
        answer["output"][:, 0, [0, 1], [1, 0]] = [[6.436564, 3.819592], [1, 0]]
        for training in (True, False):
            self.coupling("forward", CHECKERBOARD, self.WEIGHT, self.BIAS, self.X, answer, training=training)
        far = {"output": self.FAR, "log_det": [16]}
        self.coupling("forward", CHECKERBOARD, 0 * self.WEIGHT, self.FAR_BIAS, self.Z, far)
        self.steep("forward", 25, np.where(self.WIDE, 1, 7.200490e10), 100)
        # 1 + 1, 2 e + 1 and 3 exp(-1/2) + 1.
        answer = {"output": self.PLANES.copy(), "log_det": [0.5]}
        answer["output"][:, 0, 0] = [2, 6.436564, 2.819592]
        self.coupling("forward", SECOND_CHANNEL, self.BEHIND, self.BY_ONE, self.PLANES, answer)
        self.again(lambda rng: self.random_case(rng, "forward", CHECKERBOARD, (3, 1, 2, 2)))

    @graded(is_extra_credit=True)
    def test_2(self):
        """9b-2-basic: AffineCoupling.inverse of four values, of which two stay, and of two channels"""
        # (2 - 1) / e, and (3 - 2) exp(1/2); log_det = -1 + 1/2. By a log_scale, -z and, of log_det, -1.
        answer = {"output": self.X.copy(), "log_det": [-0.5, 0]}
        answer["grad_bias"] = [0, -1.367879, -3.648721, 0, 0, -1.367879, -2.648721, 0]
        answer["output"][:, 0, [0, 1], [1, 0]] = [[0.3678794, 1.648721], [-1, 0]]
        for training in (True, False):
            self.coupling("inverse", CHECKERBOARD, self.WEIGHT, self.BIAS, self.X, answer, training=training)
        far = {"output": self.Z, "log_det": [-16]}
        self.coupling("inverse", CHECKERBOARD, 0 * self.WEIGHT, self.FAR_BIAS, self.FAR, far)
        # Whatever x, log_scale is -8 and shift 1: (2 - 1) e^8 and (3 - 1) e^8.
        near = {"output": np.array([[1, 2980.958, 5961.916, -1]]).reshape(1, 1, 2, 2), "log_det": [16]}
        self.coupling("inverse", CHECKERBOARD, 0 * self.WEIGHT, np.repeat([-8.0, 1], 4), self.Z, near)
        self.steep("inverse", -25, np.where(self.WIDE, 1, 7.200490e10), 100)
        # 1 - 1, (2 - 1) / e and (3 - 1) exp(1/2).
        answer = {"output": self.PLANES.copy(), "log_det": [-0.5]}
        answer["output"][:, 0, 0] = [0, 0.3678794, 3.297443]
        self.coupling("inverse", SECOND_CHANNEL, self.BEHIND, self.BY_ONE, self.PLANES, answer)
        self.again(lambda rng: self.random_case(rng, "inverse", CHECKERBOARD, (3, 1, 2, 2)))

    @graded(is_extra_credit=True)
    def test_3(self):
        """9b-3-hidden: the masks of other sizes"""
        for sizes in [(1, 1), (5, 4), (3, 7)]:
            self.mask("checkerboard_mask", sizes)
        for channels in (6, 16):
            self.mask("channel_mask", (channels,))

    @graded(is_extra_credit=True)
    def test_4(self):
        """9b-4-hidden: AffineCoupling.forward and its gradients, for other masks and batches"""
        self.many("forward")

    @graded(is_extra_credit=True)
    def test_5(self):
        """9b-5-hidden: AffineCoupling.inverse and its gradients, for other masks and batches"""
        self.many("inverse")

    def many(self, direction):
        """One half stays, or the other, of images that are square and that are not."""
        wide = np.array([[1.0, 0, 1], [0, 1, 0]]).reshape(1, 1, 2, 3)
        by_channel = np.array([1.0, 1, 0, 0]).reshape(1, 4, 1, 1)
        cases = [
            (CHECKERBOARD, (1, 1, 2, 2)),
            (1 - wide, (4, 2, 2, 3)),
            (by_channel, (3, 4, 2, 3)),
            (1 - by_channel[:, ::2], (2, 2, 3, 2)),
        ]
        for number, (mask, shape) in enumerate(cases):
            self.random_case(self.rng, direction, mask, shape, training=number % 2 == 0)
        self.far_cases(direction)

    def steep(self, direction, log_scale, output, log_det):
        """Scales that are e to the log_scale, of ones."""
        answer = {"output": output, "log_det": [log_det]}
        bias = np.repeat([log_scale, 0.0], 8)
        self.coupling(direction, self.WIDE, np.zeros((16, 8)), bias, np.ones((1, 1, 2, 4)), answer)

    def far_cases(self, direction):
        """Numbers and shifts far from zero, and scales far from one, of few values and of many. Each alone: how far a
        number may be off depends on the largest beside it."""
        by_x = np.concatenate([np.zeros((4, 4)), np.eye(4)[[0, 0, 3, 3]]])  # each shift is one of the values that stay
        self.coupling(direction, CHECKERBOARD, by_x, np.zeros(8), 30 * self.rng.normal(size=(3, 1, 2, 2)))
        for log_scale in (-8, 8):
            bias = np.repeat([log_scale, 0.0], 4)
            self.coupling(direction, CHECKERBOARD, 0 * by_x, bias, self.rng.normal(size=(3, 1, 2, 2)))
        for log_scale in (-25, 25):
            bias = np.repeat([log_scale, 0.0], 8)
            self.coupling(direction, self.WIDE, np.zeros((16, 8)), bias, self.rng.normal(size=(3, 1, 2, 4)))

    def mask(self, function, sizes, answer=None):
        self.about(function, sizes=np.array(sizes))
        reply = self.ask("image_flow.mask", function=function, sizes=np.array(sizes))
        if answer is None and self.solution:
            answer = getattr(self.solution.image_flow, function)(*sizes)
        self.expect(reply, None if answer is None else {"value": answer})

    def random_case(self, rng, direction, mask, shape, training=True):
        n_dims = np.prod(shape[1:])
        weight, bias = rng.normal(size=(2 * n_dims, n_dims)) / np.sqrt(4 * n_dims), rng.normal(size=2 * n_dims) / 2
        self.coupling(direction, mask, weight, bias, rng.normal(size=shape), rng=rng, training=training)

    def coupling(self, direction, mask, weight, bias, x, answer=None, rng=None, training=True):
        stays = mask * x
        says = stays.reshape(len(x), -1) @ weight.T + bias
        log_scale, shift = (half.reshape(x.shape) for half in np.split(says, 2, axis=1))
        about = {"function": f"AffineCoupling.{direction}", "evaluation": not training, "mask": mask}
        about["z" if direction == "forward" else "x"] = x
        self.about(**about, log_scale=log_scale, shift=shift)
        pulls = {"pull": np.ones(x.shape), "pull_log_det": np.ones(len(x))}
        if rng is not None:
            pulls = {name: rng.normal(size=ones.shape) for name, ones in pulls.items()}
        case = {"mask": mask, "weight": weight, "bias": bias, "x": x, **pulls}
        reply = self.ask("image_flow.coupling", direction=direction, training=training, **case)
        if answer is None and self.solution:
            answer = self.solution.image_flow.coupling(direction, **case)
        given = reply.get("net_given", stays)
        if fault := difference(np.squeeze(given), np.squeeze(stays)):
            self.about(**about)  # log_scale and shift are others then, and so is all that follows from them
            self.observe("net_given", given, False)
            problem = "net is to be given the values that stay, and zero in the place of the others"
            self.require(False, "net", f"{problem}:\n{textwrap.indent(fault, '    ')}", problem)
        else:
            self.expect(reply, answer, batch=len(x))
        self.untouched(reply, x_after="z" if direction == "forward" else "x")


class Test_9c(SubmissionTest):
    # Two layers on images of two values: z = 2 v + 1 with log-det log 2 (say), then z = (z, -z) / 2 with log-det v1.
    LAYERS = {
        "scales": np.array([[2.0, 2], [0.5, -0.5]]).reshape(2, 1, 1, 2),
        "shifts": np.array([[1.0, 1], [0, 0]]).reshape(2, 1, 1, 2),
        "offsets": np.array([0.6931472, 0]),
        "slopes": np.array([[0.0, 0], [1, 0]]).reshape(2, 1, 1, 2),
    }
    V = np.array([[0.0, 1], [-1, 0.5]]).reshape(2, 1, 1, 2)

    @graded(is_extra_credit=True)
    def test_0(self):
        """9c-0-basic: ImageFlow.log_prob of two images under two layers; Logit and Squeeze are as they were"""
        # After layer 1: (1, 3) and (-1, 2). z = (1/2, -3/2) and (-1/2, -1); log-dets log 2 + 1 and log 2 - 1.
        # log p = -log(2 pi) - 2.5 / 2 + log 2 + 1 and -log(2 pi) - 1.25 / 2 + log 2 - 1.
        for training in (True, False):
            # By v, with (1 - z1 / 2) 2 of the first value and z2 of the other.
            answer = {"value": [-1.39473, -2.76973], "grad_v": np.reshape([1.5, -1.5, 2.5, -1], self.V.shape)}
            self.log_prob(self.V, answer, training=training, **self.LAYERS)
        # Four layers that change nothing but log-dets, 1 + 2 + 3 + 4, and twelve zeros: -12 log(2 pi) / 2.
        same = {"scales": np.ones((4, 2, 2, 3)), "slopes": np.zeros((4, 2, 2, 3)), "offsets": np.arange(1.0, 5)}
        zeros = np.zeros((1, 2, 2, 3))
        self.log_prob(zeros, {"value": [-1.027262]}, shifts=0 * same["scales"], **same)
        # One layer that leads to 40 and -40, whose densities float32 does not hold: -1600 - log(2 pi).
        far = {name: array[:1, :1, :1, :2] for name, array in same.items() if name != "offsets"}
        shifts = np.reshape([40.0, -40], (1, 1, 1, 2))
        self.log_prob(np.zeros((1, 1, 1, 2)), {"value": [-1601.838]}, shifts=shifts, offsets=np.zeros(1), **far)
        # s = 0.01 + 0.98 v is 0.01, 1/2, 0.99, 0.255 and 0.745; sigma(z) is 1/2, 0.8 and 0.2.
        v = np.array([[0, 0.5, 1, 0.25], [0.5, 0.5, 0.5, 0.75]]).reshape(1, 1, 2, 4)
        z = np.array([[0, 1.386294, 1.386294, -1.386294], [0, 0, 0, 0]]).reshape(1, 1, 2, 4)
        answer = {
            "logit": [[[[-4.59512, 0, 4.59512, -1.072121], [0, 0, 0, 1.072121]]]],
            "logit_log_det": [17.93572],
            "from_logit": [[[[0.5, 0.8061224, 0.8061224, 0.1938776], [0.5, 0.5, 0.5, 0.5]]]],
            "from_logit_log_det": [-12.26759],
            "squeezed": np.array([[0, 1], [0.5, 0.25], [0.5, 0.5], [0.5, 0.75]]).reshape(1, 4, 1, 2),
            "from_squeezed": v,
        }
        self.provided(v, z, answer)
        self.again(lambda rng: (self.random_case(rng, 2, 3), self.random_provided(rng)))

    @graded(is_extra_credit=True)
    def test_1(self):
        """9c-1-basic: ImageFlow.sample under layers that make the same image of all noise, and its noise"""
        # The last layer makes (0, 0, 0, 0) of any noise; the first makes the image of it, in [0, 1] and beyond.
        scales = np.stack([np.ones(4), np.zeros(4)]).reshape(2, 1, 2, 2)
        shifts = np.array([[0.1, 0.5, -0.2, 1.3], [0, 0, 0, 0]]).reshape(2, 1, 2, 2)
        image = np.array([25, 128, 0, 255]).reshape(1, 1, 2, 2)
        for n in (2, 2000):  # the noise of 2000 images is enough to tell how it is spread
            self.sample(scales, shifts, n, np.repeat(image, n, axis=0))
        self.again(lambda rng: self.sample(scales * rng.normal(size=4).reshape(2, 2), rng.random((2, 1, 2, 2)), 3))

    @graded(is_extra_credit=True)
    def test_2(self):
        """9c-2-hidden: ImageFlow.log_prob and its gradients, for other layers and batches"""
        for count, size in [(1, 1), (3, 4), (5, 20)]:
            self.random_case(self.rng, count, size, training=count != 3)
        # Log-dets as of images of many values; then values far from zero.
        self.random_case(self.rng, 2, 3, offset=3000)
        for count in (1, 2):
            self.random_case(self.rng, count, 3, shift=30)

    @graded(is_extra_credit=True)
    def test_3(self):
        """9c-3-hidden: ImageFlow.sample, for other layers, and its noise"""
        self.sample(*self.rng.normal(size=(2, 3, 2, 2, 2)) / 2, 4)
        self.sample(np.full((1, 1, 1, 3), 0.2), np.full((1, 1, 1, 3), 0.5), 2000)
        # Far from zero on the way, and back.
        scales, shifts = (np.array(pair).reshape(2, 1, 1, 1) * np.ones((2, 1, 2, 2)) for pair in ((0.01, 30), (0.5, 0)))
        self.sample(scales, shifts, 4)

    def random_case(self, rng, count, size, offset=0, shift=0, training=True):
        layers = {name: rng.normal(size=(count, 2, 2, 3)) for name in ("scales", "shifts", "slopes")}
        layers["shifts"] += shift * np.sign(layers["shifts"])
        layers["offsets"] = offset + rng.normal(size=count)
        self.log_prob(rng.normal(size=(size, 2, 2, 3)), pull=rng.normal(size=size), training=training, **layers)

    def random_provided(self, rng):
        self.provided(rng.random((2, 3, 4, 6)), 2 * rng.normal(size=(2, 3, 4, 6)))

    def provided(self, v, z, answer=None):
        self.about("ImageFlow.log_prob", "the provided layers of image_flow.py", v=v, z=z)
        reply = self.ask("image_flow.provided", v=v, z=z)
        for layer in ("squeezed", "from_squeezed"):
            zero = reply[f"{layer}_log_det"].shape == (len(v),) and not reply[f"{layer}_log_det"].any()
            self.require(zero, f"{layer}_log_det", "the log_det of Squeeze is not zero for each image")
        self.expect(reply, answer or (self.solution and self.solution.image_flow.provided(v, z)), batch=len(v))

    def log_prob(self, v, answer=None, pull=None, training=True, **layers):
        self.about("ImageFlow.log_prob", evaluation=not training, v=v, **layers)
        case = {**layers, "v": v, "pull": np.ones(len(v)) if pull is None else pull}
        reply = self.ask("image_flow.log_prob", training=training, **case)
        if answer is None and self.solution:
            answer = self.solution.image_flow.log_prob(**case)
        self.expect(reply, answer, batch=len(v))
        self.untouched(reply, v_after="v")

    @staticmethod
    def _noise(found):
        """What the last layer was given, twice the same one once."""
        return each_once(found) if found is not None and found.ndim == 2 else found

    def sample(self, scales, shifts, n, answer=None):
        """The noise that a call started from, which is looked at where there is enough, tells what it should give."""
        self.about("ImageFlow.sample", scales=scales, shifts=shifts)
        reply = self.ask("image_flow.sample", scales=scales, shifts=shifts, n=n)
        n_dims = scales[0].size
        calls = [(reply[key + "sample"], self._noise(reply.get(key + "noise"))) for key in ("", "other_", "third_")]
        fault = next(filter(None, (noise_fault(noise, n_dims) for _, noise in calls if n > 1000)), "")
        if not fault and any(z is None or z.shape != (n, n_dims) or not np.isfinite(z).all() for _, z in calls):
            fault = "the last layer is not given one noise vector for each image"
        if not fault and n > 1000:
            noises = [noise for _, noise in calls]
            fault = noise_fault(np.concatenate(noises), n_dims) or centred_fault(noises)
        if not fault and any(np.array_equal(one[1], other[1]) for one, other in itertools.pairwise(calls)):
            fault = "the noise is the same on each call: is a seed set, or is it kept?"
        self.fault("noise", fault)
        self.require(bool(reply["is_uint8"].all()), "type", "the images are not of type torch.uint8")
        self.untouched(reply)
        if answer is not None:
            self.expect({"images": calls[0][0]}, {"images": answer})
        if fault or not self.solution:
            return
        for (images, noise), mode in zip(calls, ("", " in evaluation mode", ""), strict=True):
            expected = self.solution.image_flow.sample(
                scales, shifts, noise.reshape(n, *scales.shape[1:]).astype(float)
            )
            near = images.shape == expected.shape and abs(images - expected).max() <= 1
            right = near and (images == expected).mean() > 0.99  # float32 may fall on the other side of an edge
            self.require(right, f"images{mode}", f"the images are not the levels that the noise leads to{mode}")
