"""Problem 6: the variational autoencoder and the importance-weighted bound."""

import itertools

import numpy as np

from graderUtil import graded
from grading.case import SubmissionTest
from grading.cases import random_autoencoder, told_apart
from grading.compare import RELATIVE, difference, shown
from grading.draws import centred_fault, noise_fault, posterior_noise

MANY = 1000  # samples, where what is drawn at random is looked at
SOME = 300  # where they are drawn by a bound
ENOUGH = SOME // 2  # to tell of numbers whether they are standard normal
LOG_VARIANCE = -2.0  # about which those of q(z | x) lie there
DRAWN = "sample_gaussian, where the sample is the one that it drew"


class VaeTest(SubmissionTest):
    """What the tests of problem 6 share."""

    # The noise is read off z, so that the values are right for whatever z was drawn.
    cut_off = altered = "is a part of it cut off from the graph, or the variance taken for a standard deviation?"

    def of_tensors(self, function, case, answer=None):
        """A function of tensors, and its gradients."""
        self.about(function, **{name: told(value) for name, value in case.items() if name != "pull"})
        reply = self.ask(f"vae.{function}", **case)
        if answer is None and self.solution:
            answer = getattr(self.solution.vae, function)(**case)
        self.expect(reply, answer)
        self.untouched(reply, **{f"{name}_after": name for name in case if name != "pull"})

    def bound(self, function, x, coefficients, n_samples=None, answer=None, relative=RELATIVE):
        """A bound on a model with given coefficients.

        Args:
            answer: where it does not depend on the noise; or what gives it of the noise that was drawn, (B, K, d); else
                it is worked out.
            relative: how much rounding is granted.
        """
        self.about(function, **bound_told(x, coefficients, n_samples))
        reply = self._ask(function, x, coefficients, n_samples)
        if answer is None or callable(answer):
            noise, fault = self._noise(reply.get("seen"), x, coefficients, n_samples or 1)
            # In basic tests `draws` looks at it, and the others can do without.
            unlike = self._noise_fault(noise, n_samples) if self.test.is_hidden and not fault else ""
            self.fault("z", fault or unlike)
            if callable(answer) and not fault:
                self._on |= {"(z - m) / sqrt(v)": noise}
                self.expect(reply, answer(noise), varies=True)
            elif self.solution and not fault:
                noise = noise[:, 0] if n_samples is None else noise
                right = getattr(self.solution.vae, function)(x, noise, **coefficients)
                if n_samples == 1:  # the bound is the ELBO, whose KL divergence some take in closed form
                    elbo = self.solution.vae.negative_elbo_bound(x, noise[:, 0], **coefficients)
                    right = [right, {name: elbo["nelbo" if name == "value" else name] for name in right}]
                self._drawn_kl(reply, right)
                self.expect(reply, right, batch=len(x), varies=True, relative=relative)
        else:
            self._drawn_kl(reply, answer)
            self.expect(reply, answer, batch=len(x))
        self.untouched(reply, x_after="x")

    def _drawn_kl(self, reply, right):
        """Says of a KL divergence that is not right whether it is drawn."""
        found = [reply.get(name) for name in ("kl", "kl_again")]
        if found[1] is not None and difference(found[0], right["kl"]) and not np.array_equal(*found):
            self._problem("kl is another number on each call: the closed form draws nothing", "")

    def draws(self, function, n_samples=None):
        """z is drawn from q(z | x), each for itself and anew on each call, whatever the mode, with gradients or not."""
        self.about(function)
        x, coefficients = random_autoencoder(self.rng, SOME if n_samples is None else 2)
        # Variances are small: what is drawn with others is wide beside them, and cannot be as wide by chance.
        coefficients["log_var_bias"] = np.full(3, LOG_VARIANCE)
        if n_samples:
            x, coefficients = told_apart(x, coefficients)
        given = {**coefficients, **self._known(x, coefficients, 4 * (n_samples or 1))}
        given |= {} if n_samples is None else {"n_samples": n_samples}
        reply = self.ask("vae.draws", function=function, x=x, **given)
        given = x, x[::-1], x, x
        drawn = [self._noise(reply.get(f"seen_{k}"), given[k], coefficients, n_samples or 1) for k in range(4)]
        faults = [fault or self._noise_fault(noise, n_samples) for noise, fault in drawn]
        where = "", "on other images than the call before, ", "in evaluation mode, ", "under no_grad, "
        fault = next((place + text for place, text in zip(where, faults, strict=True) if text), "")
        if not fault:
            # By way of other means the same noise is no longer the same to the last bit.
            pairs = itertools.pairwise(noise for noise, _ in drawn)
            if reply["is_seeded"].any() or any(np.allclose(one, other, atol=1e-3) for one, other in pairs):
                fault = "the noise is the same on each call: is a seed set, or is it kept?"
        self.fault("z", fault)

    @staticmethod
    def _noise_fault(noise, n_samples):
        """Of all, and of the samples of each image; of few there is no telling what law they follow."""
        if np.abs(noise).max() < 1e-3:
            return "decode is given the mean of q(z | x) itself: no noise is drawn"
        if len(noise) > 1 and np.ptp(noise, axis=0).max() < 1e-3:
            return "all images get the same noise"
        width = noise.shape[-1]
        groups = noise.reshape(-1, width), *(noise if n_samples else ())
        return next(filter(None, (noise_fault(z, width) for z in groups if len(z) >= ENOUGH)), "")

    def bound_on_device(self, function, n_samples=None):
        x, coefficients = random_autoencoder(self.rng, 3)
        given = {**coefficients, **self._known(x, coefficients, n_samples or 1)}
        given |= {} if n_samples is None else {"n_samples": n_samples}
        self.about(function)
        self.ask("vae.bound_on_device", function=function, x=x, **given)

    def _ask(self, function, x, coefficients, n_samples):
        given = {**coefficients, **self._known(x, coefficients, n_samples or 1)}
        return self.ask(f"vae.{function}", x=x, **given, **({} if n_samples is None else {"n_samples": n_samples}))

    def _known(self, x, coefficients, n_samples):
        """What stands in for the other functions of the student's, where the answers are."""
        if not self.solution:
            return {}
        noise = self.rng.normal(size=(len(x), n_samples + 1, len(coefficients["mean_bias"])))
        return self.solution.vae.known(x, noise, **coefficients)

    def _noise(self, seen, x, coefficients, n_samples):
        c = coefficients
        m = x @ c["mean_weight"].T + c["mean_bias"]
        v = np.exp(x @ c["log_var_weight"].T + c["log_var_bias"])
        return posterior_noise(seen, m, v, n_samples)


def bound_told(x, coefficients, n_samples):
    """What a report says of the images and of the model that a bound is called on: the model as `probes.vae.Model`."""
    rows = "; the first z is given the first row of bias, the next z the next" * (len(coefficients["bias"]) > 1)
    return {
        "x": x,
        "m of encode(x)": "x @ mean_weight.T + mean_bias",
        "v of encode(x)": "exp(x @ log_var_weight.T + log_var_bias)",
        "decode(z)": "z @ weight.T + bias" + rows,
        **coefficients,
        **({} if n_samples is None else {"n_samples": n_samples}),
    }


def told(array):
    """An array for a report; of one number many times, its shape."""
    if array.size < 20 or np.ptp(array):  # of few, all may be the same by chance
        return array
    return f"{array.flat[0]:g} everywhere, of shape {array.shape}"


class Test_6a(VaeTest):
    @graded(is_extra_credit=True)
    def test_0(self):
        """6a-0-basic: sample_gaussian draws from the right distribution"""
        # Variances 1/4, 10^-6 and 9: standard deviations 1/2, 1/1000 and 3.
        self.samples(np.array([-50.0, 0, 2]), np.array([0.25, 1e-6, 9]))
        self.again(lambda rng: self.samples(rng.normal(size=3), np.exp(rng.normal(size=3))))

    @graded(is_extra_credit=True)
    def test_1(self):
        """6a-1-basic: gradients through sample_gaussian, without which an encoder learns nothing"""
        means = np.array([[0.0, 1], [2, -3]])
        for m in (means, means.reshape(2, 1, 2), means[1]):  # whatever stands before the last dimension, if anything
            self.slopes(m)
        self.again(lambda rng: self.gradients(rng.normal(size=(3, 2)), np.exp(rng.normal(size=(3, 2)))))

    @graded(is_extra_credit=True)
    def test_2(self):
        """6a-2-hidden: sample_gaussian for any shape, for small and large variances, on the given device"""
        for shape in [(1, 1), (5, 3), (2, 4, 3), (3,)]:
            self.gradients(self.rng.normal(size=shape), np.exp(self.rng.normal(size=shape)))
        self.gradients(np.zeros((4, 3)), np.full((4, 3), 1e-3))
        self.gradients(self.rng.normal(size=(4, 3)), np.full((4, 3), 1e6))
        self.samples(np.array([0.0, 50, -50]), np.array([2e-5, 1e4, 2]))
        self.noise((20, 50, 3))
        self.about("sample_gaussian")
        self.ask("vae.on_device", function="sample_gaussian", m=np.zeros((3, 2)), v=np.ones((3, 2)))

    def slopes(self, m):
        """The gradients for variances of 4."""
        v = np.full(m.shape, 4.0)
        self.about("sample_gaussian", DRAWN, m=m, v=v)
        reply = self.ask("vae.sample_gaussian", m=m, v=v, pull=np.ones(m.shape))
        if not self.usable(reply, m):
            return
        # Where z = m + 2 eps was drawn, a variance of 4 + h would have made it z + eps h / 4 = z + (z - m) h / 8.
        added = reply["sample"] - m
        self.expect(reply, {"grad_m": np.ones(m.shape), "grad_v": added / 8}, varies=True)
        # One number that tells mistakes apart, whatever was drawn.
        if "grad_v" in reply and reply["grad_v"].shape == m.shape:
            share = (reply["grad_v"] * added).sum() / (added**2).sum()
            self.observe("share", share, abs(share - 1 / 8) < 1e-4)
        self.untouched(reply, m_after="m", v_after="v")

    def usable(self, reply, m):
        """Whether a sample is such that its gradient, or its noise, can be worked out from it."""
        sample = reply["sample"]
        if sample.shape != m.shape:
            fault = f"the sample is of shape {sample.shape} for m and v of shape {m.shape}"
        elif not np.isfinite(sample).all():
            fault = "not every sample is a finite number"
        else:
            fault = "" if (sample != m.astype(np.float32)).any() else "the sample is m itself: nothing was drawn"
        self.fault("finite", fault)
        return not fault

    def noise(self, shape):
        """No two entries share their noise, along whichever dimension they lie."""
        m, v = self.rng.normal(size=shape), np.exp(self.rng.normal(size=shape))
        self.about("sample_gaussian", m=m, v=v)
        reply = self.ask("vae.sample_gaussian", m=m, v=v, pull=np.ones(shape))
        if not self.usable(reply, m):
            return
        noise = (reply["sample"] - m) / np.sqrt(v)
        axes = range(len(shape))
        # What float32 leaves of noise that is the same is less than 1e-3.
        shared = [k for k in axes if np.ptp(noise, k).max() < 1e-3]
        faults = [f"the noise is the same all along dimension {k} of {shape}" for k in shared]
        for k in axes:
            fault = noise_fault(np.moveaxis(noise, k, -1).reshape(-1, shape[k]), width=shape[k])
            faults += [f"for samples of shape {shape}, looked at along dimension {k}: {fault}"] if fault else []
        self.fault("noise", faults[0] if faults else "")

    def gradients(self, m, v):
        self.about("sample_gaussian", DRAWN, m=m, v=v)
        pull = self.rng.normal(size=m.shape)
        reply = self.ask("vae.sample_gaussian", m=m, v=v, pull=pull)
        if not self.usable(reply, m):
            return
        if self.solution:
            self.expect(reply, self.solution.vae.sample_gaussian(m, v, pull, reply["sample"]), varies=True)
        self.untouched(reply, m_after="m", v_after="v")

    def samples(self, m, v):
        self.about("sample_gaussian", m=m, v=v)
        reply = self.ask("vae.samples", m=np.tile(m, (MANY, 1)), v=np.tile(v, (MANY, 1)))
        found = [reply[f"sample_{call}"] for call in range(3)]
        shapes = [sample.shape for sample in found if sample.shape != (MANY, 3)]
        if fault := f"the samples are of shape {shapes[0]}" if shapes else "":
            self.fault("samples", fault)
            return
        means = [np.array_equal(sample, np.tile(m, (MANY, 1)).astype(np.float32)) for sample in found]
        if means == [False, False, True]:
            self.fault("samples", "under no_grad the samples are m itself: nothing is drawn")
            return
        left = "(samples - m) / standard deviation"
        noises = found[0], np.concatenate(found)  # of one call, and many, which tell more of the tails
        fault = next(filter(None, (noise_fault((z - m) / np.sqrt(v), width=3) for z in noises)), "")
        fault = fault or centred_fault([(z - m) / np.sqrt(v) for z in found])
        fault = fault.replace("the noise", left)
        if not fault and (np.array_equal(*found[:2]) or np.array_equal(*found[1:])):
            fault = "the samples are the same on each call: is a seed set?"
        self.fault("samples", fault)


class Test_6b(VaeTest):
    @graded(is_extra_credit=True)
    def test_0(self):
        """6b-0-basic: kl_normal of three pairs of Gaussians, and of one"""
        case = {
            "qm": np.array([[1.0, 0], [0, 3], [2, -1]]),
            "qv": np.array([[1.0, 4], [1, 2], [4, 0.5]]),
            "pm": np.array([[0.0, 0], [0, 1], [2, -1]]),
            "pv": np.array([[1.0, 1], [1, 4], [4, 0.5]]),
            "pull": np.ones(3),
        }
        # (1 + 1 - 1) / 2 and (4 - 1 - log 4) / 2; 0 and (log 2 + 2/4 + 4/4 - 1) / 2; the third pair are the same.
        answer = {
            "value": [1.306853, 0.596574, 0],
            "grad_qm": [[1, 0], [0, 0.5], [0, 0]],
            "grad_qv": [[0, 0.375], [0, -0.125], [0, 0]],
            "grad_pm": [[-1, 0], [0, -0.5], [0, 0]],
            "grad_pv": [[-0.5, -1.5], [0, -0.0625], [0, 0]],
        }
        for rows in (slice(None), slice(1)):
            parts = ({name: np.array(array)[rows] for name, array in arrays.items()} for arrays in (case, answer))
            self.of_tensors("kl_normal", *parts)
        # A q that is all but a point: (log 10^8 - 1) / 2. By qv it is (1 - 10^8) / 2.
        sure = {"qm": np.zeros((1, 1)), "qv": np.full((1, 1), 1e-8), "pm": np.zeros((1, 1)), "pv": np.ones((1, 1))}
        answer = {"value": [8.710340], "grad_qv": [[-5e7]], "grad_pv": [[0.5]]}
        self.of_tensors("kl_normal", {**sure, "pull": np.ones(1)}, answer)
        self.again(lambda rng: self.of_tensors("kl_normal", gaussians(rng, (3, 2))))

    @graded(is_extra_credit=True)
    def test_1(self):
        """6b-1-basic: kl_normal sums over the last dimension, whatever stands before it"""
        # Each of the three variables adds (30^2 / 0.0001) / 2.
        case = {"qm": np.full((2, 4, 3), 30.0), "pm": np.zeros((2, 4, 3)), "pull": np.ones((2, 4))}
        case |= {"qv": np.full((2, 4, 3), 1e-4), "pv": np.full((2, 4, 3), 1e-4)}
        self.of_tensors("kl_normal", case, {"value": np.full((2, 4), 1.35e7)})
        self.again(lambda rng: self.of_tensors("kl_normal", gaussians(rng, (2, 3, 4))))

    @graded(is_extra_credit=True)
    def test_2(self):
        """6b-2-hidden: kl_normal of Gaussians narrow and wide, of any shape"""
        for shape in [(1, 1), (4, 3), (60, 10), (2, 3, 5), (3,)]:
            self.of_tensors("kl_normal", gaussians(self.rng, shape))
        same = gaussians(self.rng, (4, 3))
        for name in ("m", "v"):  # of two of them; beside the others, rounding of the gradients that cancel is small
            same[f"q{name}"][:2] = same[f"p{name}"][:2]
        self.of_tensors("kl_normal", same)
        narrow = gaussians(self.rng, (4, 3))
        self.of_tensors("kl_normal", {**narrow, "qv": narrow["qv"] * 1e-8})
        self.of_tensors("kl_normal", {**narrow, "qv": narrow["qv"] * 1e4, "pv": narrow["pv"] * 1e2})
        self.of_tensors("kl_normal", {**narrow, "pv": narrow["pv"] * 1e-6})
        self.of_tensors("kl_normal", {**narrow, "qm": narrow["qm"] * 50, "pm": narrow["pm"] * 50})
        self.about("kl_normal")
        self.ask("vae.on_device", function="kl_normal", **{name: np.ones((3, 2)) for name in ("qm", "qv", "pm", "pv")})


class Test_6c(VaeTest):
    cut_off = altered = "is a number clamped, an exponential too small beside 1, or a part cut off from the graph?"

    @graded(is_extra_credit=True)
    def test_0(self):
        """6c-0-basic: log_bernoulli_with_logits at logits near zero"""
        case = {
            "x": np.array([[1.0, 0], [1, 1], [0, 0]]),
            "logits": np.array([[1.098612, 1.098612], [6, -1], [6, -1]]),
            "pull": np.ones(3),
        }
        # The first logits are log 3: log 3/4 + log 1/4. log sigma(6) + log sigma(-1); log sigma(-6) + log sigma(1).
        # None is 0, where formulas with max(0, h) or |h| are right but for the slope that autograd makes up.
        gradient = [[0.25, -0.75], [0.002472623, 0.731059], [-0.9975274, -0.268941]]
        answer = {"value": [-1.673976, -1.315737, -6.315737], "grad_logits": gradient}
        self.of_tensors("log_bernoulli_with_logits", case, answer)
        self.again(lambda rng: self.of_tensors("log_bernoulli_with_logits", pixels(rng, (3, 2))))

    @graded(is_extra_credit=True)
    def test_1(self):
        """6c-1-basic: log_bernoulli_with_logits at logits of 120 and -120"""
        # Beyond 100, at which torch's binary_cross_entropy cuts a log off.
        case = {"x": np.array([[1.0, 0, 1, 0]]), "logits": np.array([[120.0, 120, -120, -120]]), "pull": np.ones(1)}
        self.of_tensors("log_bernoulli_with_logits", case, {"value": [-240], "grad_logits": [[0, -1, 1, 0]]})
        self.again(lambda rng: self.of_tensors("log_bernoulli_with_logits", pixels(rng, (2, 3), least=50)))

    @graded(is_extra_credit=True)
    def test_2(self):
        """6c-2-basic: log_bernoulli_with_logits sums over the last dimension, whatever stands before it"""
        case = {"x": np.ones((2, 4, 3)), "logits": np.zeros((2, 4, 3)), "pull": np.ones((2, 4))}
        self.of_tensors("log_bernoulli_with_logits", case, {"value": np.full((2, 4), -2.079442)})
        self.again(lambda rng: self.of_tensors("log_bernoulli_with_logits", pixels(rng, (2, 3, 4))))

    @graded(is_extra_credit=True)
    def test_3(self):
        """6c-3-hidden: log_bernoulli_with_logits at any logits, of any shape"""
        for shape in [(1, 1), (4, 3), (50, 784), (2, 3, 5), (3,)]:
            for least in (0, 50):
                self.of_tensors("log_bernoulli_with_logits", pixels(self.rng, shape, least))
        for least in (3, 9):  # among many pixels: where all are as they should be, only rounding is left of a few
            self.of_tensors("log_bernoulli_with_logits", pixels(self.rng, (4, 100), least))
        self.about("log_bernoulli_with_logits")
        self.ask(
            "vae.on_device", function="log_bernoulli_with_logits", x=np.ones((3, 2)), logits=self.rng.random((3, 2))
        )


# Two images of two pixels, one latent variable. m = 1 + 2 x_2: 1 and 3; v = 1; the decoder does not look at z. The
# first logit is log 3, and none is 0, as in 6c-0-basic.
BLIND = {
    "mean_weight": np.array([[0.0, 2]]),
    "mean_bias": np.array([1.0]),
    "log_var_weight": np.zeros((1, 2)),
    "log_var_bias": np.zeros(1),
    "weight": np.zeros((2, 1)),
    "bias": np.array([[1.098612, 2]]),
}
# The same with v = 10^-12, so that z is m, and logits (z, 2 - z).
SHARP = {
    **BLIND,
    "log_var_bias": np.array([-27.631021]),
    "weight": np.array([[1.0], [-1]]),
    "bias": np.array([[0.0, 2]]),
}
X = np.array([[1.0, 0], [1, 1]])
# Two latent variables far from the prior, N(60, 100) and N(-80, 100), and a logit of -2000, as of many pixels.
FAR = {
    "mean_weight": np.zeros((2, 1)),
    "mean_bias": np.array([60.0, -80]),
    "log_var_weight": np.zeros((2, 1)),
    "log_var_bias": np.full(2, np.log(100)),
    "weight": np.zeros((1, 2)),
    "bias": np.array([[-2000.0]]),
}
# One pixel, q(z | x) = N(0, 4), and a logit of 40 + z, so large that for x = 0 the loss is all but the logit itself.
LINEAR = {
    "mean_weight": np.zeros((1, 1)),
    "mean_bias": np.zeros(1),
    "log_var_weight": np.zeros((1, 1)),
    "log_var_bias": np.log([4.0]),
    "weight": np.ones((1, 1)),
    "bias": np.array([[40.0]]),
}


class Test_6d(VaeTest):
    leans_on = "6a, 6b and 6c"

    @graded(is_extra_credit=True)
    def test_0(self):
        """6d-0-basic: negative_elbo_bound with a decoder that does not look at z"""
        # KL: 1/2 and 9/2. log p(x | z): log 3/4 + log sigma(-2) and log 3/4 + log sigma(2).
        answer = {
            "nelbo": 3.91461,
            "kl": 2.5,
            "rec": 1.41461,
            "grad_mean_weight": [[2, 1.5]],
            "grad_mean_bias": [2],
            "grad_bias": [[-0.25, 0.380797]],
        }
        self.bound("negative_elbo_bound", X, BLIND, answer=answer)
        # KL: (3600 + 100 - 1 - log 100) / 2 and (6400 + 100 - 1 - log 100) / 2, of one image.
        answer = {
            "nelbo": 7094.395,
            "kl": 5094.395,
            "rec": 2000,
            "grad_mean_bias": [60, -80],
            "grad_log_var_bias": [49.5, 49.5],
            "grad_bias": [[-1]],
        }
        self.bound("negative_elbo_bound", np.ones((1, 1)), FAR, answer=answer)
        self.again(lambda rng: self.bound("negative_elbo_bound", *random_autoencoder(rng, 3)))

    @graded(is_extra_credit=True)
    def test_1(self):
        """6d-1-basic: negative_elbo_bound with an encoder that is sure of z"""
        # z is 1 and 3. KL: (1 - 1 + 27.631021) / 2 and (9 - 1 + 27.631021) / 2.
        # log p(x | z): log sigma(1) + log sigma(-1) and log sigma(3) + log sigma(-1).
        answer = {
            "nelbo": 17.309697,
            "kl": 15.815511,
            "rec": 1.494186,
            "grad_mean_weight": [[1.841816, 1.841816]],
            "grad_mean_bias": [1.841816],
            "grad_log_var_bias": [-0.5],
            "grad_weight": [[-0.20561], [-0.731059]],
            "grad_bias": [[-0.158184, 0]],
        }
        self.bound("negative_elbo_bound", X, SHARP, answer=answer)
        self.again(lambda rng: self.bound("negative_elbo_bound", *random_autoencoder(rng, 2)))

    @graded(is_extra_credit=True)
    def test_2(self):
        """6d-2-basic: the z that negative_elbo_bound draws, and the gradient through it"""
        self.draws("negative_elbo_bound")

        def answer(noise):
            # z is 2 eps. KL: (4 - 1 - log 4) / 2. -log p(x | z) is log(1 + e^(40 + z)), which is 40 + z. By the log
            # variance the KL divergence changes by (4 - 1) / 2, and z by half of it: by eps.
            eps = noise.item()
            return {
                "nelbo": 40.806853 + 2 * eps,
                "kl": 0.806853,
                "rec": 40 + 2 * eps,
                "grad_mean_bias": [1],
                "grad_log_var_bias": [1.5 + eps],
                "grad_weight": [[2 * eps]],
                "grad_bias": [[1]],
            }

        self.bound("negative_elbo_bound", np.zeros((1, 1)), LINEAR, answer=answer)

    @graded(is_extra_credit=True)
    def test_3(self):
        """6d-3-hidden: negative_elbo_bound on other models and batches, on the device of x"""
        for size in (1, 4, 521):  # a prime: whoever takes a batch in parts has a part of another size
            x, coefficients = random_autoencoder(self.rng, size)
            self.bound("negative_elbo_bound", x, coefficients)
            self.bound("negative_elbo_bound", x, {**coefficients, "bias": 100 * np.sign(coefficients["bias"])})
            # q(z | x) near the prior, where the KL divergence is nearly 0.
            near = {name: array / 20 for name, array in coefficients.items() if name.startswith(("mean", "log_var"))}
            self.bound("negative_elbo_bound", x, {**coefficients, **near})
        self.bound_on_device("negative_elbo_bound")


# One pixel, x = 1, and q(z | x) = p(z). The decoder looks at no z: whatever the first is, p(x | z) = 2/3 for it, then
# 1/4, then 3/4.
HANDED = {
    "mean_weight": np.zeros((1, 1)),
    "mean_bias": np.zeros(1),
    "log_var_weight": np.zeros((1, 1)),
    "log_var_bias": np.zeros(1),
    "weight": np.zeros((1, 1)),
    "bias": np.array([[0.693147], [-1.098612], [1.098612]]),
}
# p(x | z) is e^-300, e^-301, e^-302, as of an image of many pixels.
UNLIKELY = {**HANDED, "bias": np.array([[-300.0], [-301], [-302]])}
# The same of e^-1000, which double precision cannot hold either; and samples of which one is all that counts.
UNLIKELIER = {**HANDED, "bias": UNLIKELY["bias"] - 700}
UNEVEN = {**HANDED, "bias": np.array([[-200.0], [1.098612], [-300]])}
# The third of these for any z, and q(z | x) = N(1, 4).
WIDE = {**HANDED, "mean_bias": np.ones(1), "log_var_bias": np.log([4.0]), "bias": HANDED["bias"][2:]}
# A logit of 2 z + offset for z ~ N(0, 1), and q(z | x) = N(1, 1.44). Without offset p(x) = 1/2, by symmetry.
STEEP = {
    **HANDED,
    "mean_bias": np.ones(1),
    "log_var_bias": np.array([0.364643]),
    "weight": np.full((1, 1), 2.0),
}
K = 1500


class Test_6e(VaeTest):
    leans_on = "6a and 6c"

    @graded(is_extra_credit=True)
    def test_0(self):
        """6e-0-basic: negative_iwae_bound with three samples of known weights"""
        one = np.ones((1, 1))
        # -log((2/3 + 1/4 + 3/4) / 3). The gradients are shares 2/5, 3/20 and 9/20 of those of -log p(x | z), which are
        # -1/3, -3/4 and -1/4.
        answer = {"value": 0.587787, "grad_bias": [[-0.133333], [-0.1125], [-0.1125]]}
        self.bound("negative_iwae_bound", one, HANDED, 3, answer)
        # 300 - log((1 + 1/e + 1/e^2) / 3); the shares are 0.665, 0.245 and 0.090.
        answer = {"value": 300.691006, "grad_bias": [[-0.665241], [-0.244728], [-0.090031]]}
        self.bound("negative_iwae_bound", one, UNLIKELY, 3, answer)
        self.bound("negative_iwae_bound", one, UNLIKELIER, 3, {**answer, "value": 1000.691006})
        # -log(3/4 / 3); the shares are 0, 1 and 0.
        answer = {"value": 1.386294, "grad_bias": [[0], [-0.25], [0]]}
        self.bound("negative_iwae_bound", one, UNEVEN, 3, answer)
        # Two images: p(x | z) is 3/4 for the one and 1/4 for the other, whatever z. -(log 3/4 + log 1/4) / 2.
        answer = {"value": 0.836988, "grad_bias": [[0.25]]}
        self.bound("negative_iwae_bound", np.array([[1.0], [0]]), {**HANDED, "bias": HANDED["bias"][2:]}, 3, answer)
        # The one is sure, the other has e^-500: what is taken out of one image's weights must not be another's.
        answer = {"value": 250, "grad_bias": [[0.5]]}
        self.bound("negative_iwae_bound", np.array([[1.0], [0]]), {**HANDED, "bias": np.array([[500.0]])}, 3, answer)

        def answer_of(noise):
            # z is 1 + 2 eps. p(z) / q(z | x) is 2 exp((eps^2 - z^2) / 2), p(x | z) is 3/4; z moves by 1 with the mean,
            # and by eps with the log variance, of which 1/2 comes into the log of the weight by itself.
            eps = noise.ravel()
            z = 1 + 2 * eps
            weights = 1.5 * np.exp((eps**2 - z**2) / 2)
            shares = weights / weights.sum()
            return {
                "value": -np.log(weights.mean()),
                "grad_mean_bias": [shares @ z],
                "grad_log_var_bias": [shares @ (z * eps) - 0.5],
                "grad_bias": [[-0.25]],
            }

        self.bound("negative_iwae_bound", one, WIDE, 3, answer_of)
        self.again(lambda rng: self.bound("negative_iwae_bound", *told_apart(*random_autoencoder(rng, 3)), 4))

    @graded(seconds=60, is_extra_credit=True)  # some take the samples one after the other
    def test_1(self):
        """6e-1-basic: with many samples negative_iwae_bound is all but -log p(x)"""
        self.limit(0)
        self.again(lambda rng: self.limit(rng.choice([-1, 1]) * rng.uniform(1, 2)))

    @graded(is_extra_credit=True)
    def test_2(self):
        """6e-2-basic: the z that negative_iwae_bound draws"""
        self.draws("negative_iwae_bound", n_samples=ENOUGH)

    @graded(seconds=60, is_extra_credit=True)
    def test_3(self):
        """6e-3-hidden: negative_iwae_bound on other models, batches and numbers of samples, on the device of x"""
        # More images, and more samples, than anybody takes in one go, where they are taken in chunks; primes, so that
        # the last chunk is of another size.
        for size, n_samples in [(1, 1), (1, 5), (4, 1), (4, 3), (19, 2), (2, 40), (1, 521)]:
            x, coefficients = told_apart(*random_autoencoder(self.rng, size))
            # A z is sixteen standard deviations from the next image's, and in float32 their number is good to 1e-5.
            self.bound("negative_iwae_bound", x, coefficients, n_samples, relative=5 * RELATIVE)
            # Weights of e^-150, which only their logarithms hold; in float32 these are good to 2e-5, and so is their
            # difference, which the shares of the samples in the gradient depend on.
            unlikely = {**coefficients, "bias": 20 * coefficients["bias"]}
            self.bound("negative_iwae_bound", x, unlikely, n_samples, relative=20 * RELATIVE)
        for bias in (self.rng.uniform(-1000, -990, size=3), self.rng.permutation([-200.0, -300, 1])):
            handed = {**HANDED, "bias": bias[:, None]}
            self.bound("negative_iwae_bound", np.ones((1, 1)), handed, 3, relative=20 * RELATIVE)
        self.bound_on_device("negative_iwae_bound", n_samples=2)

    def limit(self, offset):
        """What many samples come to."""
        x, coefficients = np.ones((1, 1)), {**STEEP, "bias": np.full((1, 1), float(offset))}
        self.about("negative_iwae_bound", **bound_told(x, coefficients, K))
        value = self._ask("negative_iwae_bound", x, coefficients, K)["value"]
        z, weights = np.polynomial.hermite_e.hermegauss(64)
        answer = -np.log(np.average(1 / (1 + np.exp(-2 * z - offset)), weights=weights))
        # Right ones are off by 0.018 at most, in the mean square.
        off = f"with {K} samples it is {shown(value)}, where -log p(x) is {answer:.4f}"
        self.fault("limit", "" if value.shape == () and abs(value - answer) < 0.1 else off)


def gaussians(rng, shape):
    """Two Gaussians for each row."""
    qm, pm = rng.normal(size=(2, *shape))
    qv, pv = np.exp(rng.normal(size=(2, *shape)))
    return {"qm": qm, "qv": qv, "pm": pm, "pv": pv, "pull": rng.normal(size=shape[:-1])}


def pixels(rng, shape, least=0):
    """Binary images, and logits of this size or more."""
    x = rng.integers(2, size=shape).astype(float)
    logits = rng.choice([-1, 1], size=shape) * (least + rng.uniform(0, max(2 * least, 3), size=shape))
    return {"x": x, "logits": logits, "pull": rng.normal(size=shape[:-1])}
