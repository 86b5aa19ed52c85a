"""Problems 2, 4, 5 and 7: the losses of the GAN, of the conditional one, of the Wasserstein one; the minimax loss."""

from itertools import zip_longest

import numpy as np

from graderUtil import graded
from grading.case import SubmissionTest
from grading.cases import even, far, far_labelled, flat, random_images, random_labelled, random_tagged, steep
from grading.compare import RELATIVE, difference
from grading.draws import labels_fault, noises_fault, weights_fault
from grading.mixtures import images_fault, images_that_tell, mixture

# Batch sizes, and shapes of images. 521 is prime: whoever takes a batch in parts has a part of another size.
BATCHES = [(1, (1, 2, 2)), (4, (1, 2, 2)), (521, (3, 2, 4))]
MANY = 1000  # images, where what is drawn at random is looked at; right ones may take a millisecond for each


class LossTest(SubmissionTest):
    """What the tests of the pairs of losses share.

    probes: the module of the probes that look at what a loss draws, and at its device.
    """

    probes = "gan"

    def basic(self, function, known, fresh):
        """A loss in known cases, [(case, answer)], and in one that `fresh` makes of the generator of random numbers."""
        cases, answers = zip(*known, strict=True)
        self.losses(function, self.and_again(cases, fresh), answers)

    def losses(self, function, cases, answers=()):
        """A loss, on generators that hand out given images and discriminators with given coefficients.

        Args:
            answers: of the first cases; those of the others are worked out.
        """
        for (case, reply), answer in zip_longest(self.asked(function, cases), answers):
            self._check_loss(function, case, reply, answer)

    def _misnamed(self, reply):
        """Why a value is not right; where it is, d may be told what one likes."""
        if reply["reals_misnamed"].any():
            self._problem("d is told another class of a real image than y_real has", "")
        if reply["fakes_misnamed"].any():
            self._problem("d is told another class of a fake than g was", "")

    def asked(self, function, cases):
        """Yields each case with the reply."""
        probe = "gan.conditional_loss" if "labels" in cases[0] else "gan.loss"
        told = labelled_case_told if "labels" in cases[0] else case_told
        questions = [({"function": function, **told(function, case)}, {"function": function, **case}) for case in cases]
        return zip(cases, self.ask_each(probe, questions), strict=True)

    def _check_loss(self, function, case, reply, answer):
        if answer is None and self.solution:
            answer = getattr(self.solution.gan, function)(**case)
            if "curvature" in case and not case["curvature"].any():
                # Far from zero, squares of pixels cancel in it, and rounding is all that is left.
                answer.pop("grad_curvature", None)
        if "labels" in case and answer and difference(reply["value"], answer["value"]):
            self._misnamed(reply)
        self.expect(reply, answer, len(case["real"]))
        self.untouched(reply, real_after="x_real")
        if "labels" in case:
            self.untouched({"labels_after": reply["labels_after"]}, labels_after="y_real")

    def draws(self, function, wanted, labels=None):
        """What a loss draws on many images: noise (z), labels (y), or points between images (x)."""
        self.about(function)
        real, images = images_that_tell(MANY)
        given = {} if labels is None else {"labels": labels}
        given |= {"wanted": wanted, "real": real, "images": images}
        reply = self.ask(f"{self.probes}.draws", function=function, **given)
        slope = reply["slope"]
        depends = slope.shape == () and np.isfinite(slope) and slope > 0
        self.fault("slope", "" if depends else "the loss does not depend on what d returned")
        return reply, real, images

    def many(self, function):
        cases = [random_images(self.rng, *size) for size in BATCHES]
        self.losses(function, [case for near in cases for case in (near, far(near))])

    def noise_and_device(self, function, labels=False):
        """What a loss draws is standard normal, and new on each call; what it makes is on the given device."""
        reply, real, images = self.draws(function, "z", self.rng.integers(10, size=MANY) if labels else None)
        self.fault("noise", noises_fault([reply.get(name) for name in ("z_0", "z_1", "z_2")], width=3, size=MANY))
        case = {"labels": np.arange(4)} if labels else {}
        self.ask(f"{self.probes}.on_device", function=function, real=real[:4], images=images[:4], **case)


def case_told(function, case):
    """What a report says of a case: d's outputs before what they come of, and nothing that is 0 throughout or that the
    loss does not look at. Arguments as for the probe `loss`."""
    weight, curvature, bias = (np.asarray(case[name]) for name in ("weight", "curvature", "bias"))
    images = {"g(z)": case["images"]}
    if not function.endswith("_g"):
        images = {"x_real": case["real"], **images}
    values = {f"d({x})": ((weight + curvature * of / 2) * of).sum(axis=(1, 2, 3)) + bias for x, of in images.items()}
    terms = ("curvature", curvature, " + (curvature * x**2).sum() / 2"), ("bias", bias, " + bias")
    terms = [term for term in terms if term[1].any()]
    if function == "loss_wasserstein_gp_d" and not curvature.any():
        values["norm of its gradient by x"] = f"{np.linalg.norm(weight):.6g}, for each image"
    formula = "(weight * x).sum()" + "".join(text for _, _, text in terms)
    return {**values, "d(x)": formula, **images, "weight": weight, **{name: one for name, one, _ in terms}}


def labelled_case_told(function, case):
    """The same for the probe `conditional_loss`."""
    labels, weight, bias = case["labels"], case["weight"], np.asarray(case["bias"])
    pixels = case["real"].reshape(len(labels), -1)
    at_class, last = pixels[np.arange(len(labels)), labels], pixels[:, 10:]
    of_real = {"d(x_real, y_real)": case["gain"] * at_class + last @ weight + bias}
    of_fake = {"d(g(z, y), y)": case["gain"] * case["amplitude"] + case["tags"] @ weight + bias}
    real = {"y_real": labels, "x_real at pixel y_real": at_class, "the last two pixels of x_real": last}
    if function.endswith("_g"):
        of_real = real = {}
    return {
        **of_real,
        **of_fake,
        "d(x, y)": "gain * x at pixel y + (weight * the last two pixels of x).sum() + bias",
        "g(z, y)": "amplitude at pixel y, tags at the last two, 0 at others",
        **real,
        **{name: case[name] for name in ("gain", "weight", "bias", "amplitude", "tags")},
    }


# Three real and three generated images of 1 x 1 x 2 pixels; d adds the pixels. Logits: 1/4, 2, -1 and 1, -3, 1/2.
NEAR = {
    "real": np.array([[0.25, 0], [1, 1], [-2, 1]]).reshape(3, 1, 1, 2),
    "images": np.array([[1, 0], [-2, -1], [0, 0.5]]).reshape(3, 1, 1, 2),
    "weight": np.ones((1, 1, 2)),
    "curvature": np.zeros((1, 1, 2)),
    "bias": np.zeros(()),
}
# Six times as large: logits 1.5, 12, -6 and 6, -18, 3, where softplus is nearly its argument, but not quite.
LARGER = {**NEAR, "weight": np.full((1, 1, 2), 6.0)}
# Logits 3, 4, 3.5 and -3, -4, -4: d is right everywhere, and has still to learn.
SURE = {
    **NEAR,
    "real": np.array([[1, 2], [2, 2], [3, 0.5]]).reshape(3, 1, 1, 2),
    "images": np.array([[-1, -2], [-4, 0], [-1, -3]], dtype=float).reshape(3, 1, 1, 2),
}
# Logits -120, -120, 120 and -120, 120, 120: beyond 100, at which torch's binary_cross_entropy cuts a log off.
FAR = {
    **NEAR,
    "real": np.array([[-60, -60], [-60, -60], [120, 0]], dtype=float).reshape(3, 1, 1, 2),
    "images": np.array([[-60, -60], [60, 60], [0, 120]], dtype=float).reshape(3, 1, 1, 2),
}


class Test_2b(LossTest):
    @graded()
    def test_0(self):
        """2b-0-basic: loss_nonsaturating_d at logits near zero, and at larger ones"""
        # -log sigma: 0.5759, 0.1269, 1.3133 for the real; -log(1 - sigma): 1.3133, 0.0486, 0.9741 for the fakes.
        answer = {"value": 1.450685, "grad_weight": [[[0.623222, -0.195486]]], "grad_bias": 0.03762}
        # 0.2014, 0, 6.0025 and 6.0025, 0, 3.0486.
        larger = {"value": 5.084986, "grad_weight": [[[0.982323, -0.173749]]], "grad_bias": 0.256714}
        # 0.0486, 0.0181, 0.0298 and 0.0486, 0.0181, 0.0181.
        sure = {"value": 0.060458, "grad_weight": [[[-0.102897, -0.098097]]], "grad_bias": -0.0037753}
        known = [(NEAR, answer), (LARGER, larger), (SURE, sure)]
        self.basic("loss_nonsaturating_d", known, lambda rng: random_images(rng, 3, (1, 1, 2)))

    @graded()
    def test_1(self):
        """2b-1-basic: loss_nonsaturating_g at logits near zero, and at larger ones"""
        # -log sigma: 0.3133, 3.0486, 0.4741.
        gradient = np.repeat([-0.089647, -0.317525, -0.125847], 2).reshape(3, 1, 1, 2)
        known = [(NEAR, {"value": 1.278642, "grad_images": gradient})]
        # With the sign of d turned round the fakes are at -6, 18, -3: 6.0025, 0, 3.0486.
        gradient = np.repeat([1.995055, 3.045996e-08, 1.905148], 2).reshape(3, 1, 1, 2)
        known += [({**LARGER, "weight": -LARGER["weight"]}, {"value": 3.017021, "grad_images": gradient})]
        # And at 3, 4, 4: 0.0486, 0.0181, 0.0181.
        gradient = np.repeat([0.0158086, 0.0059954, 0.0059954], 2).reshape(3, 1, 1, 2)
        known += [({**SURE, "weight": -SURE["weight"]}, {"value": 0.0282957, "grad_images": gradient})]
        self.basic("loss_nonsaturating_g", known, lambda rng: random_images(rng, 3, (1, 1, 2)))

    @graded()
    def test_2(self):
        """2b-2-basic: loss_nonsaturating_d at logits of 120 and -120"""
        # 120, 120, 0 and 0, 120, 120: a third of 480. Two slopes of -1 and two of 1.
        known = [(FAR, {"value": 160, "grad_weight": [[[60, 100]]], "grad_bias": 0})]
        self.basic("loss_nonsaturating_d", known, lambda rng: far(random_images(rng, 3, (1, 1, 2))))

    @graded()
    def test_3(self):
        """2b-3-basic: loss_nonsaturating_g at logits of 120 and -120"""
        gradient = np.repeat([-1 / 3, 0, 0], 2).reshape(3, 1, 1, 2)
        known = [(FAR, {"value": 40, "grad_images": gradient})]
        self.basic("loss_nonsaturating_g", known, lambda rng: far(random_images(rng, 3, (1, 1, 2))))

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
# As SURE; logits 3, 4, 3.5 and -3, -4, -4.
SURE_LABELLED = {**LABELLED, "real": LABELLED["real"].copy()}
SURE_LABELLED |= {"tags": np.array([[0, -2], [-1, -2], [-1, -2]], dtype=float)}
SURE_LABELLED["real"].reshape(3, 12)[[0, 1, 2], [3, 0, 9]] = [0.25, 2, 1]
SURE_LABELLED["real"].reshape(3, 12)[:, 10:] = [[0.75, 1], [0, 1], [0.5, 1]]
# As LARGER and FAR; logits 1.5, 12, -6 and 6, -18, 3, then 30, 240, -120 and 120, -360, 60.
LARGER_LABELLED = {**LABELLED, "gain": np.array(6.0), "weight": np.array([6.0, 12])}
FAR_LABELLED = {**LABELLED, "gain": np.array(120.0), "weight": np.array([120.0, 240])}


class Test_4b(LossTest):
    @graded()
    def test_0(self):
        """4b-0-basic: conditional_loss_nonsaturating_d on three images with labels"""
        answer = {"value": 1.450685, "grad_gain": 0.147075, "grad_weight": [0.032392, 0.124134], "grad_bias": 0.03762}
        larger = {"value": 5.084986, "grad_gain": 0.302321, "grad_weight": [0.15876, 0.173747], "grad_bias": 0.256714}
        # (0 + 0 + 120) / 3 + (120 + 0 + 60) / 3.
        distant = {"value": 100, "grad_gain": 1 / 3, "grad_weight": [1 / 6, 1 / 6], "grad_bias": 1 / 3}
        sure = {"value": 0.060458, "grad_gain": 0.0020857, "grad_weight": [-0.028733, -0.087174]}
        sure |= {"grad_bias": -0.0037753}
        known = [(LABELLED, answer), (LARGER_LABELLED, larger), (SURE_LABELLED, sure), (FAR_LABELLED, distant)]
        self.basic("conditional_loss_nonsaturating_d", known, lambda rng: random_labelled(rng, 3))

    @graded()
    def test_1(self):
        """4b-1-basic: conditional_loss_nonsaturating_g on three images with labels"""
        gradient = [[-0.089647, -0.179294], [-0.317525, -0.635049], [-0.125847, -0.251694]]
        answer = {"value": 1.278642, "grad_tags": gradient, "grad_amplitude": -0.533019}
        # With the sign of d turned round the fakes are at -6, 18, -3.
        turned, turned_sure = (
            {**case, "gain": -case["gain"], "weight": -case["weight"]} for case in (LARGER_LABELLED, SURE_LABELLED)
        )
        gradient = [[1.995055, 3.99011], [3.045996e-08, 6.091992e-08], [1.905148, 3.810297]]
        larger = {"value": 3.017021, "grad_tags": gradient, "grad_amplitude": 3.9002}
        gradient = [[0.0158086, 0.0316172], [0.0059954, 0.0119908], [0.0059954, 0.0119908]]
        sure = {"value": 0.0282957, "grad_tags": gradient, "grad_amplitude": 0.0277994}
        distant = {"value": 120, "grad_amplitude": -40}
        known = [(LABELLED, answer), (turned, larger), (turned_sure, sure), (FAR_LABELLED, distant)]
        self.basic("conditional_loss_nonsaturating_g", known, lambda rng: random_labelled(rng, 3))

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
        cases = [random_labelled(self.rng, size) for size, _ in BATCHES]
        self.losses(function, [*cases, *map(far_labelled, cases)])

    def labels_of_fakes(self, function):
        """Those of the real images, in any order, or drawn from them, or from all ten classes alike."""
        for first in (0, 2):  # two classes do not occur: the last two, then the first two
            labels = first + self.rng.choice(8, size=MANY, p=np.arange(1, 9) / 36)
            reply, _, _ = self.draws(function, "y", labels)
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
# Of norm 1, on images so large that what some add to the square of a norm, for the slope of a root at 0, is nothing.
UNIT = {name: 10 * STEEP[name] for name in ("real", "images", "curvature", "bias")}
UNIT |= {"weight": np.array([[[0.1, 0.5], [0.5, 0.7]]])}
STEEPER = {**STEEP, "weight": 20 * STEEP["weight"]}  # of norm 100
SINGLE = {**STEEP, "real": STEEP["real"][:1], "images": STEEP["images"][:1]}
# The same pixels, two in each of two channels.
TWO_CHANNELS = {**STEEP, **{name: STEEP[name].reshape(-1, 2, 1, 2) for name in ("real", "images")}}
TWO_CHANNELS |= {name: STEEP[name].reshape(2, 1, 2) for name in ("weight", "curvature")}
# d(x) = 2 x1 + 2 x2 + x3 + x4^2 / 2. The first three pixels tell real and generated images, as `images_that_tell`; the
# last is the same in both of a pair, so that the gradient by x, (2, 2, 1, x4), is the same wherever they are mixed.
BENT = {
    "real": np.array([[0, 0, 0.5, 4], [0, 0, 1, 0]]).reshape(2, 1, 2, 2),
    "images": np.array([[1, 0.5, 0, 4], [1, 1, 0, 0]]).reshape(2, 1, 2, 2),
    "weight": np.array([[[2.0, 2], [1, 0]]]),
    "curvature": np.array([[[0.0, 0], [0, 1]]]),
    "bias": np.zeros(()),
}
BENT_CHANNELS = {**BENT, **{name: BENT[name].reshape(2, 2, 1, 2) for name in ("real", "images")}}
BENT_CHANNELS |= {name: BENT[name].reshape(2, 1, 2) for name in ("weight", "curvature")}


class Test_5e(LossTest):
    @graded()
    def test_0(self):
        """5e-0-basic: loss_wasserstein_gp_d where the gradient of d is the same wherever two images are mixed"""
        # d is 1, 5, 12 on the real images and 7, 6, 10 on the fakes: 23/3 - 18/3. There is no penalty, so that a
        # mistake in the means stands alone here, and one in the penalty below.
        answers = [{"value": 5 / 3, "grad_weight": [[[0, 20 / 3], [-10 / 3, 0]]], "grad_bias": 0}]
        # d is 1, 2, 6 on the real images and 4, 3, 4 on the fakes: 11/3 - 9/3. The penalty is 10 (5 - 1)^2; its
        # gradient is 10 * 2 (5 - 1) weight / 5, and reaches the weight only if the gradient by x was itself made to be
        # differentiated.
        answer = {"value": 160.666667, "grad_weight": [[[16, 32.666667], [31.666667, 64]]], "grad_bias": 0}
        answers.append(answer)
        # d is 0.3, 0, -0.4 and -0.4, 0.3, 0: the means are equal. The penalty is 10 (1/2 - 1)^2.
        answers.append({"value": 2.5, "grad_weight": [[[-6, 0.666667], [-0.333333, 8]]], "grad_bias": 0})
        # d is twenty times what it was for the second: 220/3 - 180/3 + 10 (100 - 1)^2.
        gradient = [[[396, 792.666667], [791.666667, 1584]]]
        answers.append({"value": 98023.333333, "grad_weight": gradient, "grad_bias": 0})
        # One image of each kind, at which d is 1 and 4.
        answers.append({"value": 163, "grad_weight": [[[15, 32], [32, 65]]], "grad_bias": 0})
        # An image has one norm, of all its channels.
        answers.append({**answer, "grad_weight": [[[16, 32.666667]], [[31.666667, 64]]]})
        # d is 8.5, 1 and 11, 4, and its gradient of norm 5 and 3: 7.5 - 4.75 + 10 (4^2 + 2^2) / 2.
        answer = {"value": 102.75, "grad_weight": [[[30.333333, 30.083333], [13.916667, 32]]], "grad_bias": 0}
        # An image has one a, too.
        answers += [answer, {**answer, "grad_weight": [[[30.333333, 30.083333]], [[13.916667, 32]]]}]
        linear, bent = [UNIT, STEEP, FLAT, STEEPER, SINGLE, TWO_CHANNELS], [BENT, BENT_CHANNELS]
        cases = self.and_again([*linear, *bent], lambda rng: random_tagged(rng, 3, (1, 2, 2)))
        for (case, reply), answer in zip_longest(self.asked("loss_wasserstein_gp_d", cases), answers):
            if any(case is one for one in linear):
                self._check_loss("loss_wasserstein_gp_d", case, reply, answer)
            else:
                self._check_penalty(case, reply, is_even=any(case is one for one in bent), answer=answer)

    @graded()
    def test_1(self):
        """5e-1-basic: loss_wasserstein_gp_g where d is linear"""
        gradient = np.tile(np.array([[-1 / 3, -2 / 3], [-2 / 3, -4 / 3]]), (3, 1, 1, 1))
        known = [(STEEP, {"value": -11 / 3, "grad_images": gradient})]
        known += [({**STEEP, "weight": -STEEP["weight"]}, {"value": 11 / 3, "grad_images": -gradient})]
        # On images a hundred times as large: nothing else in the loss grows with them.
        large = {**STEEP, "images": 100 * STEEP["images"]}
        known += [(large, {"value": -1100 / 3, "grad_images": gradient})]
        self.basic("loss_wasserstein_gp_g", known, lambda rng: random_images(rng, 3, (1, 2, 2)))

    @graded()
    def test_2(self):
        """5e-2-basic: where loss_wasserstein_gp_d takes the penalty"""
        reply, real, images = self.draws("loss_wasserstein_gp_d", "x")
        found = [mixture(reply.get(name), real, images) for name in ("x_0", "x_1", "x_2")]
        faults = [mixed.fault for mixed in found if mixed.fault]
        self.fault("mixture", faults[0] if faults else weights_fault([mixed.weights for mixed in found]))

    @graded()
    def test_3(self):
        """5e-3-hidden: loss_wasserstein_gp_d where d is curved, on other images and batches"""
        self.critic_losses([random_tagged(self.rng, *size) for size in BATCHES])
        self.critic_losses([even(random_tagged(self.rng, *size)) for size in BATCHES], are_even=True)
        self.critic_losses([steep(random_tagged(self.rng, *BATCHES[1]))])
        # Some add 1e-6 to the square of a norm, for the slope of a root at 0: no mistake, but here more than rounding.
        self.critic_losses([flat(random_tagged(self.rng, *BATCHES[1]))], relative=1e-3)

    @graded()
    def test_4(self):
        """5e-4-hidden: loss_wasserstein_gp_g on other images and batches"""
        cases = [random_images(self.rng, *size) for size in BATCHES]
        self.losses("loss_wasserstein_gp_g", [*cases, steep(cases[1])])
        # The mean of d does not tell pixels of one image from those of another.
        reply, real, images = self.draws("loss_wasserstein_gp_g", "x")
        self.fault("images", images_fault(reply.get("x_0"), real, images))

    @graded()
    def test_5(self):
        """5e-5-hidden: the noise of both Wasserstein losses, and the device on which they make things"""
        self.noise_and_device("loss_wasserstein_gp_d")
        self.noise_and_device("loss_wasserstein_gp_g")

    def critic_losses(self, cases, are_even=False, relative=RELATIVE):
        """Where d is curved, the penalty depends on where it is taken: at the points where the student's code called d.

        Args:
            are_even: whether it is the same wherever a mixture of two images of the same place in the batch lies.
            relative: how much rounding is granted.
        """
        for case, reply in self.asked("loss_wasserstein_gp_d", cases):
            self._check_penalty(case, reply, are_even, relative=relative)

    def _check_penalty(self, case, reply, is_even=False, answer=None, relative=RELATIVE):
        """As `_check_loss`; an answer is that for images mixed in pairs."""
        found = mixture(reply.get("seen"), case["real"], case["images"])
        fault = found.fault
        if not fault and (found.weights.min() < -1e-5 or found.weights.max() > 1 + 1e-5):
            fault = "a is not between 0 and 1"
        self.fault("mixture", fault)
        if fault:
            self.observe("value", reply["value"], False)
        else:
            answer, terms = answer if found.paired else None, None
            if self.solution:
                answer = answer or self.solution.gan.loss_wasserstein_gp_d(**case, mixed=found.images)
                terms = self.solution.gan.terms_of_critic(**case, mixed=found.images)
                terms = {name: np.abs(those).sum(axis=0) for name, those in terms.items()}
            self.expect(reply, answer, len(case["real"]), not (is_even and found.paired), relative, terms)
        self.untouched(reply, real_after="x_real")


class Test_7a(LossTest):
    @graded(is_extra_credit=True)
    def test_0(self):
        """7a-0-basic: loss_minimax_g at logits near zero, and at larger ones"""
        # log(1 - sigma): -1.3133, -0.0486, -0.9741.
        gradient = np.repeat([-0.243686, -0.015809, -0.207487], 2).reshape(3, 1, 1, 2)
        known = [(NEAR, {"value": -0.778642, "grad_images": gradient})]
        # -6.0025, 0, -3.0486.
        gradient = np.repeat([-1.995055, -3.045996e-08, -1.905148], 2).reshape(3, 1, 1, 2)
        known += [(LARGER, {"value": -3.017021, "grad_images": gradient})]
        # d is sure that they are fakes: at -3, -4, -4, -0.0486, -0.0181, -0.0181.
        gradient = np.repeat([-0.0158086, -0.0059954, -0.0059954], 2).reshape(3, 1, 1, 2)
        known += [(SURE, {"value": -0.0282957, "grad_images": gradient})]
        self.basic("loss_minimax_g", known, lambda rng: random_images(rng, 3, (1, 1, 2)))

    @graded(is_extra_credit=True)
    def test_1(self):
        """7a-1-basic: loss_minimax_g at logits of 120 and -120"""
        # 0, -120 and -120. No gradient comes from the first, a fake that was found out.
        gradient = np.repeat([0, -1 / 3, -1 / 3], 2).reshape(3, 1, 1, 2)
        known = [(FAR, {"value": -80, "grad_images": gradient})]
        self.basic("loss_minimax_g", known, lambda rng: far(random_images(rng, 3, (1, 1, 2))))

    @graded(is_extra_credit=True)
    def test_2(self):
        """7a-2-hidden: loss_minimax_g on other images and batches, its noise and its device"""
        self.many("loss_minimax_g")
        self.noise_and_device("loss_minimax_g")
