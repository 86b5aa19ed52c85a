"""The grader as people run it, and its tests against the answers themselves."""

import ast
import json
import math
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from staff.markers import blanked, filled
from staff.mistakes import entries
from tests.submissions import ROOT, SOLVED, grade, points, write

import grader
import solution
from graderUtil import GradedResult, choose, load_tests
from grading.client import Failed
from grading.problems import gan

COEFFICIENTS = ("mean_weight", "mean_bias", "log_var_weight", "log_var_bias", "weight", "bias")


class Oracle:
    """Takes the worker's place and replies what the answers say: no student's code, no torch."""

    def __init__(self):
        self.hung = set()
        self.rng = np.random.default_rng(0)
        self.asked = []

    def prepare(self, file):
        pass

    def take_prints(self):
        return ""

    def ask(self, probe, seconds, seed, **arguments):
        self.asked.append(probe)
        arguments.pop("training", None)  # the answers are the same in either mode
        reply = getattr(self, probe.replace(".", "_"))(**arguments)
        return {name: np.asarray(value) for name, value in reply.items()}

    def ask_each(self, probe, seconds, cases):
        return [self.ask(probe, seconds, **case) for case in cases]

    def flow_network_forward(self, weight, bias, z):
        network = solution.flow_network.linear_network(weight, bias)
        return {**solution.flow_network.forward(network, z), "z_after": 0 * z}

    def flow_network_forward_on_device(self, **_):
        return {}

    flow_network_inverse_on_device = flow_network_forward_on_device

    def flow_network_own_network(self, n, hidden_size, n_hidden, z, **layers):
        network = solution.flow_network.masked_network(n, n_hidden, hidden_size, layers)
        return {**solution.flow_network.forward(network, z), "z_after": 0 * z}

    def flow_network_inverse(self, weight, bias, x, pull, pull_log_det):
        return {**solution.flow_network.inverse(weight, bias, x, pull, pull_log_det), "x_after": 0 * x}

    def flow_network_log_probs(self, x, watch=False, weights=None, biases=None, **blocks):
        return {**solution.flow_network.log_probs(x, **blocks), "x_after": 0 * x}

    def flow_network_provided(self, n, n_flows, x, constants):
        return {
            **solution.flow_network.provided(x, constants),
            "layers": " ".join(["MADE PermuteLayer"] * n_flows),
            "registered": [True],
            "noise": self.rng.normal(size=(1000, 3)),
            **{f"{way}_log_det": np.zeros(len(x)) for way in ("forward", "inverse")},
        }

    def gan_loss(self, function, real, images, **case):
        extra = {}
        if function == "loss_wasserstein_gp_d":
            a = self.rng.random((len(real), 1, 1, 1))
            extra = {"mixed": a * images + (1 - a) * real}
        answer = getattr(solution.gan, function)(real=real, images=images, **case, **extra)
        return {**answer, "real_after": 0 * real, "touched": "", "seen": extra.get("mixed", real)}

    def gan_conditional_loss(self, function, real, labels, **case):
        answer = getattr(solution.gan, function)(real=real, labels=labels, **case)
        right = {"reals_misnamed": np.zeros(()), "fakes_misnamed": np.zeros(())}
        return {**answer, **right, "real_after": 0 * real, "labels_after": 0 * labels, "touched": ""}

    def gan_draws(self, function, wanted, real, images, labels=None):
        reply = {"slope": np.ones(())}
        for call in ("0", "1", "2"):
            a = self.rng.random((len(real), 1, 1, 1))
            drawn = {
                "z": self.rng.normal(size=(len(real), 3)),
                "x": images if function.endswith("_g") else a * images + (1 - a) * real,
                "y": self.rng.integers(10, size=len(real)),
            }
            reply[f"{wanted}_{call}"] = drawn[wanted]
        return reply

    def gan_on_device(self, **_):
        return {}

    vae_on_device = vae_bound_on_device = gan_on_device

    def vae_sample_gaussian(self, m, v, pull):
        sample = m + np.sqrt(v) * self.rng.normal(size=m.shape)
        answer = solution.vae.sample_gaussian(m, v, pull, sample)
        return {**answer, "sample": sample, "m_after": 0 * m, "v_after": 0 * v}

    def vae_samples(self, m, v):
        return {f"sample_{call}": m + np.sqrt(v) * self.rng.normal(size=m.shape) for call in range(3)}

    def vae_kl_normal(self, **case):
        return {**solution.vae.kl_normal(**case), **{f"{name}_after": 0 * array for name, array in case.items()}}

    def vae_log_bernoulli_with_logits(self, x, logits, pull):
        answer = solution.vae.log_bernoulli_with_logits(x, logits, pull)
        return {**answer, "x_after": 0 * x, "logits_after": 0 * logits}

    def vae_negative_elbo_bound(self, x, **case):
        return self.bound("negative_elbo_bound", (), x, case)

    def vae_negative_iwae_bound(self, x, n_samples, **case):
        return self.bound("negative_iwae_bound", (n_samples,), x, case)

    def vae_draws(self, function, x, n_samples=None, **case):
        count = () if n_samples is None else (n_samples,)
        given = enumerate((x, x[::-1], x, x))
        return {"is_seeded": False, **{f"seen_{k}": self.bound(function, count, x, case)["seen"] for k, x in given}}

    def bound(self, function, count, x, case):
        case = {name: case[name] for name in COEFFICIENTS}
        encoder = {name: array for name, array in case.items() if name not in ("weight", "bias")}
        m, v = (array.reshape(len(x), *[1] * len(count), -1) for array in solution.vae.encoded(x, **encoder))
        noise = self.rng.normal(size=(len(x), *count, m.shape[-1]))
        answer = getattr(solution.vae, function)(x, noise, **case)
        seen = (m + np.sqrt(v) * noise).reshape(-1, m.shape[-1])
        return {**answer, "seen": seen, "x_after": 0 * x, "touched": ""}

    fgan_draws, fgan_on_device = gan_draws, gan_on_device

    def fgan_column(self, function, name, a, at, **_):
        arguments = (at,) if function == "wright_omega" else (name, float(a), at)
        value, gradient = getattr(solution.fgan, function)(*arguments)
        return {"value": value, "gradient": gradient, "at_after": 0 * at}

    def fgan_slope_at_one(self, name, a):
        return {"value": solution.fgan.slope_at_one(name, a)}

    def fgan_domain(self, name, a):
        return {"value": solution.fgan.domain(name, a)}

    def fgan_loss(self, function, name, a, real, images, weight, curvature, bias, **_):
        case = {"real": real, "images": images, "weight": weight, "curvature": curvature, "bias": bias}
        return {**getattr(solution.fgan, function)(name, a, **case), "real_after": 0 * real, "touched": ""}

    def image_flow_dequantise(self, x):
        noisy = {f"v_{call}": ((x + self.rng.random(x.shape)) / 256).astype(np.float32) for call in range(3)}
        return {**noisy, "x_after": 0 * x}

    def image_flow_nats(self, function, values, n_dims):
        return {**getattr(solution.image_flow, function)(values, n_dims), "values_after": 0 * values}

    def image_flow_mask(self, function, sizes):
        return {"value": getattr(solution.image_flow, function)(*sizes)}

    def image_flow_coupling(self, x, **case):
        return {**solution.image_flow.coupling(x=x, **case), "x_after": 0 * x}

    def image_flow_provided(self, v, z):
        nothing = np.zeros(len(v))
        return {**solution.image_flow.provided(v, z), "squeezed_log_det": nothing, "from_squeezed_log_det": nothing}

    def image_flow_log_prob(self, v, **case):
        return {**solution.image_flow.log_prob(v=v, **case), "v_after": 0 * v}

    def image_flow_sample(self, scales, shifts, n):
        shape = scales.shape[1:]
        reply = {"is_uint8": True}
        for key in ("", "other_", "third_"):
            noise = self.rng.normal(size=(n, *shape))
            reply |= {f"{key}noise": noise.reshape(n, -1)}
            reply |= {f"{key}sample": solution.image_flow.sample(scales, shifts, noise)}
        return reply


@pytest.fixture
def answered(monkeypatch):
    """Runs all tests with a worker; returns {test id: Outcome}."""

    def run(worker, answers=solution, seed=0):
        case = grader.SubmissionTest
        monkeypatch.setattr(case, "worker", worker)
        monkeypatch.setattr(case, "solution", answers)
        monkeypatch.setattr(case, "seed", seed)
        result = GradedResult(grader.load_points())
        for test in load_tests(*grader.CASES):
            test.run(result)
        return {outcome.test.name: outcome for outcome in result.outcomes}

    return run


@pytest.mark.parametrize("seed", range(5))
def test_the_numbers_of_basic_tests_are_those_of_the_answers(answered, seed):
    outcomes = answered(Oracle(), seed=seed)
    assert {name: o.output for name, o in outcomes.items() if o.status != "passed"} == {}


def test_without_answers_hidden_tests_run_and_are_not_graded(answered):
    oracle = Oracle()
    outcomes = answered(oracle, answers=None)
    assert {o.status for name, o in outcomes.items() if name.endswith("hidden")} == {"ungraded"}
    assert {o.status for name, o in outcomes.items() if name.endswith("basic")} == {"passed"}
    assert {"gan.on_device", "flow_network.inverse_on_device"} <= set(oracle.asked)


def test_known_numbers_alone_earn_nothing_where_answers_are(answered):
    """A submission that recognises the basic cases and replies their numbers."""

    class Parrot(Oracle):
        def gan_loss(self, function, real, **case):
            known = any(np.array_equal(real, case["real"]) for case in (gan.NEAR, gan.SURE, gan.FAR, gan.STEEP))
            reply = super().gan_loss(function, real, **case)
            return reply if known else {**reply, "value": 0.0}

    assert {o.status for name, o in answered(Parrot(), answers=None).items() if name[:2] == "2b"} <= {
        "passed",
        "ungraded",
    }
    outcomes = answered(Parrot())
    failed = {name for name, o in outcomes.items() if o.status == "failed"}
    assert {"2b-0-basic", "2b-1-basic", "2b-2-basic", "2b-3-basic", "5e-0-basic", "5e-1-basic"} <= failed


def test_a_constant_is_no_limit_of_the_iwae_bound(answered):
    class Constant(Oracle):
        def vae_negative_iwae_bound(self, x, n_samples, **case):
            return {**super().vae_negative_iwae_bound(x, n_samples, **case), "value": np.log(2)}

    assert answered(Constant(), answers=None)["6e-1-basic"].status == "passed"
    outcome = answered(Constant())["6e-1-basic"]
    assert outcome.status == "failed"
    assert "with 1500 samples it is 0.693147, where -log p(x) is" in outcome.output


@pytest.mark.parametrize("name", ["6d-2-basic", "6e-2-basic"])
@pytest.mark.parametrize("power", [0.25, 1])  # of the root of v, and of v itself, taken for the deviation
def test_z_drawn_with_another_deviation_is_told_whatever_the_seed(monkeypatch, name, power):
    class Mistaken(Oracle):
        def bound(self, function, count, x, case):
            encoder = {key: case[key] for key in COEFFICIENTS[:4]}
            m, v = (array.reshape(len(x), *[1] * len(count), -1) for array in solution.vae.encoded(x, **encoder))
            noise = self.rng.normal(size=(len(x), *count, m.shape[-1]))
            return {"seen": (m + v**power * noise).reshape(-1, m.shape[-1])}

    monkeypatch.setattr(grader.SubmissionTest, "worker", Mistaken())
    result = GradedResult(grader.load_points())
    for seed in range(20):
        monkeypatch.setattr(grader.SubmissionTest, "seed", seed)
        for test in choose(load_tests(*grader.CASES), [name]):
            test.run(result)
    assert [outcome.status for outcome in result.outcomes] == ["failed"] * 20


def test_a_log_det_for_each_coordinate_does_not_pass_for_one_of_each_row(tmp_path):
    """As it did where there were as many rows as coordinates."""
    mistake = next(entry for entry in entries() if entry.name == "log-det-per-coordinate" and "MAF" in entry.function)
    _, output, _ = grade(write(tmp_path / "s", flow_network=mistake.sources()["flow_network.py"]), "1c-0")
    assert "The size of tensor a (2) must match the size of tensor b (3)" in output


def test_of_several_rows_the_one_that_fails_is_named(answered):
    class Raising(Oracle):
        def ask_each(self, probe, seconds, cases):
            answers = super().ask_each(probe, seconds, cases)
            turn = next((k for k, case in enumerate(cases) if case.get("name") == "neyman"), None)
            return answers if turn is None else [*answers[:turn], Failed("division by zero")]

    outcome = answered(Raising())["8a-1-basic"]
    assert outcome.status == "failed"
    assert outcome.gist == "conjugate of neyman: it stopped with an error"
    assert outcome.output == "division by zero\n    on       at = [-0.4, -0.1]"


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (Failed("submission/gan.py is missing.", absent=True), "the file or the function is missing"),
        (Failed("not written", "loss_nonsaturating_d"), "it is still to be written"),
    ],
)
def test_what_is_not_there_is_not_said_to_have_stopped_or_taken_long(answered, failure, told):
    class Without(Oracle):
        def ask_each(self, probe, seconds, cases):
            return (
                [failure]
                if cases[0].get("function") == "loss_nonsaturating_d"
                else super().ask_each(probe, seconds, cases)
            )

    outcome = answered(Without())["2b-4-hidden"]
    assert outcome.status == "failed" and told in outcome.gist


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("256 v - x goes from -3.5 to 1.25, not from 0 to 1", "256 v - x goes from ... to ..., not from 0 to 1"),
        ("g is given labels of type float32", "g is given labels of type float32"),
        (
            "the noise has mean 1e-05 and standard deviation 1, not 0 and 1",
            "the noise has mean ... and standard deviation ..., not 0 and 1",
        ),
        ("the noise is of shape (0, 1, 1, 0)", "the noise is of shape (..., ..., ..., ...)"),
        ("the weight a is not uniform on [0, 1]: mean 0.5", "the weight a is not uniform on [0, 1]: mean ..."),
        ("no fake is of class 3, 17", "no fake is of class ..., ..."),
    ],
)
def test_of_a_fault_in_a_hidden_test_its_author_is_told_all_but_measured_numbers(text, told):
    """A submission could have hidden inputs spelt in them."""
    (test, *_) = load_tests(gan.Test_2b)
    test.setUp()
    test.about("f")
    test.fault("noise", text)
    assert test.gist() == f"f: {told}"


def test_a_function_that_hung_once_is_given_less_time_after_that(answered):
    class Hanging(Oracle):
        given = []

        def ask(self, probe, seconds, seed, **arguments):
            if arguments.get("function") == "loss_nonsaturating_g":
                self.given.append(seconds)
                raise Failed("too long", hung=True)
            return super().ask(probe, seconds, seed, **arguments)

    outcomes = answered(Hanging())
    assert Hanging.given[0] > 19 and max(Hanging.given[1:]) <= 2
    assert outcomes["2b-0-basic"].status == "passed"


def test_the_grader_and_the_answers_do_without_torch():
    loaded = "import sys, grader, solution, grading.client; sys.exit('torch' in sys.modules)"
    import subprocess

    assert subprocess.run([sys.executable, "-c", loaded], cwd=ROOT / "src").returncode == 0
    for path in (ROOT / "src" / "solution").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} == {"numpy"}
            assert not isinstance(node, ast.ImportFrom) or node.level == 1


def test_the_solved_submission_gets_all_points():
    status, output, errors = grade(SOLVED)
    assert status == 0, output
    assert not errors
    assert "Total: 35/35 points; extra credit: 27.5/27.5 points" in output
    assert re.search(r"^Hidden tests with --seed \d+$", output, re.M)
    blocks = re.findall(
        r"^----- START (\S+): [^\n]+\n----- END (\S+) \[took 0:00:0\d\.\d{6} \(max allowed [26]0 seconds\), "
        r"(\S+)/(\S+) points\]$",
        output,
        re.M,
    )
    assert len(blocks) == len(load_tests(*grader.CASES))
    assert all(start == end and got == most for start, end, got, most in blocks)
    assert "\033" not in output


@pytest.fixture
def students_copy(tmp_path):
    """The source folder as a student has it."""
    source = tmp_path / "src"
    shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("solution", "__pycache__"))
    shutil.copy(ROOT / "points.json", source)
    return source


def test_what_nan_comes_from_is_told_once(tmp_path):
    gan = (SOLVED / "gan.py").read_text().replace("return -F.logsigmoid(d(x_real))", "return torch.nan * d(x_real)")
    _, output, _ = grade(write(tmp_path / "s", gan=gan), "2b-0-basic")
    assert output.count("(nan: 0/0") == 1 and output.count("is not right") > 1


def test_on_a_students_machine_a_bound_of_a_wrong_divergence_is_told_to_lean_on_it(students_copy):
    path = students_copy / "submission" / "vae.py"
    path.write_text(text := path.read_text().replace("return 0.5 * (pv.log()", "return (pv.log()"))
    _, output, _ = grade(students_copy / "submission", "6d", source=students_copy)
    assert "kl, the second thing that it returns is not right" in output
    assert "It calls what you wrote for 6a, 6b and 6c: if these do not pass yet, mend them first." in output
    path.write_text(text.replace("return kl + rec, kl, rec", "return kl + rec, kl, rec[None]"))
    _, output, _ = grade(students_copy / "submission", "6d-0", source=students_copy)
    assert "rec must be a 0-d tensor" in output and "It calls what you wrote" not in output
    path.write_text(text)
    _, output, _ = grade(students_copy / "submission", "6d")  # where the answers are, a mistake costs one question
    assert "extra credit: 3/3 points" in output


def test_on_a_students_machine_hidden_tests_are_marked_ungraded(students_copy):
    status, output, _ = grade(students_copy / "submission", "5e", source=students_copy)
    assert status == 0
    assert re.search(
        r"^----- END 5e-4-hidden \[took 0:00:00\.\d+ \(max allowed 20 seconds\), \?\?\?/1 points\] "
        r"\(hidden test ungraded\)$",
        output,
        re.M,
    )
    assert "Total: 3/3 points, and 4 points of hidden tests that are graded when you submit" in output
    assert "Hidden tests" not in output


def test_on_a_students_machine_a_hidden_test_that_found_nothing_leans_on_nothing(students_copy):
    _, output, _ = grade(students_copy / "submission", "6d-3", source=students_copy)
    assert "It calls what you wrote" not in output and "already found" not in output


def test_blank_files_get_nothing_and_the_functions_are_named(tmp_path, students_copy):
    folder = write(tmp_path / "blank", **{path.stem: blanked(path.read_text()) for path in SOLVED.glob("[fg]*.py")})
    status, output, _ = grade(folder, source=students_copy)
    assert status == 1
    assert "Total: 0/16 points, and 19 points of hidden tests" in output
    unwritten = re.search(r"Still to be written: (.*)\.", output)[1].split(", ")
    assert len(unwritten) == 9
    assert {"MADE.forward", "MADE.inverse", "MAF.log_probs", "loss_wasserstein_gp_g"} <= set(unwritten)
    assert "MADE.forward in submission/flow_network.py, line" in output


def test_a_submission_without_extra_credit_is_graded_as_before(tmp_path):
    """An older one has no vae.py and no loss_minimax_g; a new one may have left them blank."""
    text = (SOLVED / "gan.py").read_text()
    older = write(tmp_path / "older", vae=None, gan=text[: text.index("def loss_minimax_g")])
    blank = {path.stem: path.read_text() for path in SOLVED.glob("*.py") if path.stem not in ("gan", "flow_network")}
    blank = {stem: blanked(text) for stem, text in blank.items()}
    start = text.index("def loss_minimax_g")
    new = write(tmp_path / "new", **blank, gan=text[:start] + blanked(text[start:]))
    for folder in (older, new):
        status, output, errors = grade(folder, "1b", *(f"6{part}" for part in "abcde"), "7a")
        assert status == 0 and not errors
        assert "Total: 5/5 points; extra credit: 0/14 points" in output
        assert output.count("(extra credit, not tried)") == 21
        assert "Still to be written" not in output and "missing" not in output


def test_functions_left_empty_say_what_is_missing(tmp_path):
    text = (SOLVED / "gan.py").read_text()
    folder = write(tmp_path / "empty", gan=filled(text, lambda _: "# your code"))
    status, output, _ = grade(folder, "2b-1-basic")
    assert status == 1
    assert "it returned None (is its last line a return?)" in output


def test_a_failure_shows_expected_got_and_the_inputs(tmp_path):
    text = (
        (SOLVED / "gan.py")
        .read_text()
        .replace("return -F.logsigmoid(d(g(z))).mean()", "return F.logsigmoid(d(g(z))).mean()")
    )
    status, output, _ = grade(write(tmp_path / "sign", gan=text), "2b-1-basic")
    assert status == 1
    assert "loss_nonsaturating_g: its value is not right" in output
    assert re.search(r"expected 1\.27864\d*\n +got +-1\.27864\d*\n +\(what is expected, times -1\)", output)
    assert "on       d(g(z)) = [1, -3, 0.5]\n             d(x) = (weight * x).sum()\n" in output
    assert "x_real" not in output and "curvature" not in output and "bias" not in output
    assert "0/1 points]" in output


def test_swapped_critic_means_are_told_where_the_penalty_is_0_with_the_parts_of_the_value(tmp_path):
    text = (SOLVED / "gan.py").read_text()
    old, new = "return d(x_fake).mean() - d(x_real).mean()", "return d(x_real).mean() - d(x_fake).mean()"
    _, output, _ = grade(write(tmp_path / "swapped", gan=text.replace(old, new)), "5e-0-basic")
    first = output.partition("value is not right")[2].partition("value is not right")[0]
    assert "expected 1.66667\n    got      -1.66667\n             (what is expected, times -1)" in first
    assert "on       d(x_real) = [1, 5, 12]\n             d(g(z)) = [7, 6, 10]" in first
    assert "norm of its gradient by x = 1, for each image" in first


@pytest.mark.parametrize("which", ["d", "g"])
def test_of_a_conditional_loss_logits_are_shown_and_what_the_networks_are_made_of(tmp_path, which):
    text = (SOLVED / "gan.py").read_text()
    start = text.index(f"def conditional_loss_nonsaturating_{which}")
    text = text[:start] + text[start:].replace("    return -F", "    return 3 - F", 1)
    _, output, _ = grade(write(tmp_path / "twice", gan=text), f"4b-{'dg'.index(which)}-basic")
    known = output.partition("On a fresh case")[0]
    assert "d(g(z, y), y) = [1, -3, 0.5]" in known and "amplitude at pixel y" in known
    assert ("d(x_real, y_real) = [0.25, 2, -1]" in known) == ("x_real" in known) == (which == "d")


@pytest.mark.parametrize(
    ("old", "new", "test", "told"),
    [
        (
            "log_det = alpha.sum(dim=1)",
            "log_det = 2 * alpha.sum(dim=1)",
            "1a-1",
            ["layer 0 = weights 1, biases -0.5\n"],
        ),
        (
            "log_det = -alpha.sum(dim=1)",
            "log_det = alpha.sum(dim=1)",
            "1b-0",
            ["mu = (1, 2 x1, x1 - x2)\n", "alpha = (1, -0.4, 0.5 x1)\n", "mu = (30)\n"],
        ),
        (
            "(z.square() + np.log(2 * np.pi))",
            "z.square()",
            "1c-0",
            [
                "log_probs with 2 MADE blocks: it is too large by n log(2 pi) / 2: is the constant of the prior there",
                "block 1: mu = (1, -1)\n",
                "block 2: alpha = (0, -1.38629)\n",
                "z in the end = [[-10, 1], [-4, 0], [-8, 2]]\n",
            ],
        ),
    ],
)
def test_reports_of_a_flow_say_what_the_networks_are(tmp_path, old, new, test, told):
    text = (SOLVED / "flow_network.py").read_text()
    assert text.count(old) == 1 or test == "1a-1"
    _, output, _ = grade(write(tmp_path / "wrong", flow_network=text.replace(old, new)), test)
    known = output.partition("On a fresh case")[0]
    assert [line for line in told if line not in known] == []


def test_a_problem_of_another_kind_is_not_lost_among_many(tmp_path):
    text = (SOLVED / "gan.py").read_text()
    text = text.replace(
        "return -F.logsigmoid(d(g(z))).mean()", "x_real += len(z) > 99; return F.logsigmoid(d(g(z))).mean()"
    )
    _, output, _ = grade(write(tmp_path / "two", gan=text), "2b-5-hidden")
    assert re.search(r"\.\.\. and \d+ more, among them:\n    loss_nonsaturating_g: x_real was changed in place", output)
    text = (SOLVED / "gan.py").read_text()
    text = text.replace("return -F.logsigmoid(d(g(z))).mean()", "return F.logsigmoid(d(g(z))).mean()")
    _, output, _ = grade(write(tmp_path / "one", gan=text), "2b-5-hidden")
    assert re.search(r"\.\.\. and \d+ more of the kind", output)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("d(x_fake, y_real)", "d(x_fake, y_real.roll(1))", "another class of a fake than g was"),
        ("d(x_real, y_real)", "d(x_real, y_real.roll(1))", "another class of a real image than y_real has"),
    ],
)
def test_labels_that_do_not_fit_their_images_are_said(tmp_path, old, new, told):
    text = (SOLVED / "gan.py").read_text()
    assert text.count(old) == 1
    _, output, _ = grade(write(tmp_path / "labels", gan=text.replace(old, new)), "4b-0-basic")
    first, *rest = output.partition("START 4b-0-basic")[2].splitlines()[1:]
    assert first == f"conditional_loss_nonsaturating_d: d is told {told}"
    assert rest[0].endswith("its value is not right:")


def test_an_error_in_a_later_case_comes_first_and_whole_with_what_it_was_called_on(tmp_path):
    text = (SOLVED / "flow_network.py").read_text()
    wrong = text.replace("return (log_prior + log_det).mean()", "return (log_prior + log_det)[2].mean() + 1")
    assert wrong != text
    _, output, _ = grade(write(tmp_path / "late", flow_network=wrong), "1c-0-basic")
    block = output.partition("variables\n")[2]
    assert block.startswith("An error in the submission:\n") and "IndexError: index 2" in block
    error, on, rest = block.partition("    on       x = [1, 2, 3]\n".replace("x =", "x (1, 3) ="))
    assert on and "is not right" not in error and "its value is not right" in rest
    assert "among them:\n    An error" not in output


def test_at_home_an_error_in_a_hidden_test_shows_shapes_and_of_a_device_no_inputs(students_copy):
    path = students_copy / "submission" / "gan.py"
    solved = path.read_text()
    for inserted, told in (
        ("assert len(z) < 9", "AssertionError\n    on       d(g(z)) of shape (521,)\n"),
        ("z = z + torch.ones(3)", "without device"),
    ):
        old = "    return -F.logsigmoid(d(g(z))).mean()"
        path.write_text(solved.replace(old, f"    {inserted}\n{old}"))
        _, output, _ = grade(path.parent, "2b-5", "2b-6", source=students_copy)
        assert told in output and "[[" not in output and ("of shape" in output) == ("assert" in inserted)


def test_labels_of_another_type_are_said(tmp_path):
    text = (SOLVED / "gan.py").read_text()
    text = text.replace("d(x_fake, y_real)", "d(x_fake, y_real.float())")
    _, output, _ = grade(write(tmp_path / "floats", gan=text), "4b-0-basic")
    assert "labels y of type torch.float32; they are class numbers of type torch.int64" in output


@pytest.mark.parametrize(
    ("old", "new", "test", "not_said"),
    [  # in one case the means are equal, and the value cannot see the sign; at the far logits, half of it comes out
        (
            "return d(x_fake).mean() - d(x_real).mean()",
            "return d(x_real).mean() - d(x_fake).mean()",
            "5e-0-basic",
            "cut",
        ),
        (
            "return -F.logsigmoid(d(x_real)).mean() - F.logsigmoid(-d(x_fake)).mean()",
            "return -F.logsigmoid(-d(x_real)).mean() - F.logsigmoid(d(x_fake)).mean()",
            "2b-2-basic",
            "times",
        ),
    ],
)
def test_what_holds_in_one_case_or_for_one_number_only_is_not_taken_for_the_cause(tmp_path, old, new, test, not_said):
    text = (SOLVED / "gan.py").read_text()
    assert text.count(old) == 1
    _, output, _ = grade(write(tmp_path / "other", gan=text.replace(old, new)), test)
    known = output.partition("START")[2].partition("On a fresh case")[0]
    assert "value is not right" in known and not_said not in known


SPLIT = "torch.log1p(torch.exp({}logits))"


@pytest.mark.parametrize(
    ("file", "old", "new", "test", "said", "not_said"),
    [
        (
            "vae",
            "    z = sample_gaussian(m, v)\n    kl",
            "    z = m + v.sqrt() * torch.randn_like(m[:1])\n    kl",
            "6d-2-basic",
            "all images get the same noise",
            "standard deviation",
        ),
        (  # as its noise is 0, which is the same for all images too
            "vae",
            "model.decode(z)).mean()",
            "model.decode(m)).mean()",
            "6d-2-basic",
            "decode is given the mean of q(z | x) itself: no noise is drawn",
            "same noise",
        ),
        (
            "vae",
            "return kl + rec, kl, rec",
            "return kl - rec, kl, rec",
            "6d-0-basic",
            "decode(z) = z @ weight.T + bias\n",
            "first row",
        ),
        ("vae", "/ pv - 1).sum(dim=-1)", "/ pv - 1).sum(dim=1)", "6b-1-basic", "30 everywhere, of shape (2, 4", "[["),
        (  # what overflows on the side that is not taken is nan in the gradient
            "vae",
            "F.softplus(logits)",
            f"torch.where(logits > 0, logits + {SPLIT.format('-')}, {SPLIT.format('')})",
            "6c-1-basic",
            "on either side of torch.where",
            "cut off",
        ),
        (
            "vae",
            "    kl = kl_normal(m, v, torch.zeros_like(m), torch.ones_like(v)).mean()",
            "    kl = (0.5 * (z**2 - (z - m) ** 2 / v - v.log())).sum(dim=-1).mean()",
            "6d-0-basic",
            "\nnegative_elbo_bound: kl is another number on each call: the closed form draws nothing\n",
            "cut off",
        ),
        (
            "flow_network",
            "z = (x - mu) * torch.exp(-alpha)",
            "z = (x - mu) * torch.exp(-alpha).detach()",
            "1b-1-basic",
            "its values are right, its gradient is not: is something added, hooked, or cut off from the graph?",
            "log_det is not right",
        ),
        (
            "gan",
            "return -F.logsigmoid(d(g(z, y_real), y_real)).mean()",
            "return -F.logsigmoid(d(g(y_real, z), y_real)).mean()",
            "4b-1-basic",
            "TypeError: g was given z of type torch.int64; noise is torch.float32, and labels, if any, come behind it",
            "Unusable",
        ),
        (
            "gan",
            "    return F.logsigmoid(-d(g(z))).mean()",
            "    loss = F.logsigmoid(-d(g(z))).mean()\n\n    raise NotImplementedError",
            "7a-0-basic",
            "loss_minimax_g still raises NotImplementedError behind what you wrote: remove that line",
            "not tried",
        ),
        (  # at 100, where the library cuts the log off, the value would be right
            "vae",
            "F.softplus(logits)",
            "F.binary_cross_entropy(logits.sigmoid(), torch.zeros_like(logits), reduction='none')",
            "6c-1-basic",
            "its value is not right",
            "cut off",
        ),
        (
            "gan",
            "return -F.logsigmoid(d(g(z))).mean()",
            "logits = d(g(z))\n    return F.softplus(-logits.detach()).mean() + 0 * logits.mean()",
            "2b-3-basic",
            "and -120\nloss_nonsaturating_g: its values are right, its gradient is not: it is 0 all over. Does",
            "is a part of it",
        ),
        (
            "vae",
            "    z = sample_gaussian(m, v)\n    kl",
            "    z = sample_gaussian(m, v.sqrt())\n    kl",
            "6d-3-hidden",
            "cut off from the graph, or the variance taken for a standard deviation?",
            "saturate",
        ),
        (
            "gan",
            "    return -F.logsigmoid(d(g(z, y_real), y_real)).mean()",
            "    loss = -F.logsigmoid(d(g(z, y_real), y_real)).mean()\n    y_real.zero_()\n    return loss",
            "4b-3-basic",
            "0.5/0.5 points",  # 4b-1-basic says what is wrong
            "all fakes are of class",
        ),
        (
            "gan",
            "return -F.logsigmoid(d(g(z))).mean()",
            "return (lambda: loss_nonsaturating_g(g, d, x_real, device=device))()",
            "2b-1-basic",
            " more calls\n",
            "SystemExit",
        ),
    ],
)
def test_reports_name_the_cause_and_nothing_else(tmp_path, file, old, new, test, said, not_said):
    text = (SOLVED / f"{file}.py").read_text()
    assert text.count(old) == 1
    _, output, _ = grade(write(tmp_path / "wrong", **{file: text.replace(old, new)}), test)
    known = output.partition("START")[2].partition("On a fresh case")[0]
    assert said in known and not_said not in known and len(known) < 5000


def test_an_error_shows_the_students_own_lines_and_prints_stand_with_their_test(tmp_path):
    text = (SOLVED / "gan.py").read_text()
    text = text.replace("return -F.logsigmoid(d(g(z))).mean()", 'print("looking at", z.shape); return d(g(z, z))')
    status, output, errors = grade(write(tmp_path / "error", gan=text), "2b")
    assert status == 1
    block = output.split("----- START 2b-1-basic")[1].split("----- END")[0]
    assert "looking at torch.Size([3, 3])" in block
    lines = block.splitlines()
    first = lines.index("An error in the submission:")
    assert 'gan.py", line' in lines[first + 1] and "in loss_nonsaturating_g" in lines[first + 1]
    assert next(line for line in lines[first + 2 :] if line[:1] != " ").startswith("TypeError: ")
    assert points(output)["2b-0-basic"] == "1/1"
    assert not errors


def test_an_unknown_id_lists_what_there_is():
    status, output, errors = grade(SOLVED, "2c-0-basic")
    assert status == 2
    assert "There is no test '2c-0-basic'" in errors
    assert "2b-0-basic   loss_nonsaturating_d" in errors
    assert not output


def test_one_question_or_one_test_can_be_chosen():
    assert set(points(grade(SOLVED, "1c", "2b-1-basic")[1])) == {
        "1c-0-basic",
        "1c-1-basic",
        "1c-2-hidden",
        "2b-1-basic",
    }


def test_python_without_numpy_is_said():
    run = subprocess.run([sys.executable, "-S", "grader.py"], cwd=ROOT / "src", capture_output=True, text=True)
    assert run.returncode == 2 and run.stderr.count("\n") == 1
    assert "has no NumPy. Activate the environment" in run.stderr


def test_missing_points_are_said(students_copy):
    (students_copy / "points.json").unlink()
    status, _, errors = grade(students_copy / "submission", source=students_copy)
    assert status == 2 and errors.startswith("points.json is missing") and errors.count("\n") == 1


def test_a_test_with_points_twice_is_named(monkeypatch, tmp_path, capsys):
    text = (ROOT / "points.json").read_text()
    (tmp_path / "points.json").write_text(text.replace("{", '{"1a-0-basic": 3, ', 1))
    monkeypatch.setattr(grader, "HERE", tmp_path)
    with pytest.raises(SystemExit):
        grader.load_points()
    assert "1a-0-basic stands there more than once" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda points: points.pop("2b-1-basic") and points.pop("9c-0-basic"), "no points for 2b-1-basic, 9c-0-basic"),
        (lambda points: points.update({"1a-0-basic": "2"}), "points that are no numbers from 0 on, for 1a-0-basic"),
        (
            lambda points: points.update({"1a-0-basic": math.nan}),
            "points that are no numbers from 0 on, for 1a-0-basic",
        ),
        (lambda points: points.update({"1a-0-basic": -1}), "points that are no numbers from 0 on, for 1a-0-basic"),
        (lambda points: points.update({"9d-0-basic": 1, "2c": 1}), "points for 9d-0-basic, but there is no such test"),
        (lambda points: points.update({"2a": True, "3a": None}), "points that are no numbers from 0 on, for 2a, 3a"),
    ],
)
def test_points_that_cannot_be_graded_with_are_named(monkeypatch, tmp_path, capsys, changed, said):
    found = json.loads((ROOT / "points.json").read_text())
    changed(found)
    (tmp_path / "points.json").write_text(json.dumps(found))
    monkeypatch.setattr(grader, "HERE", tmp_path)
    with pytest.raises(SystemExit) as stop:
        grader.load_points()
    errors = capsys.readouterr().err
    assert stop.value.code == 2 and said in errors and errors.count("\n") == 1


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_a_folder_that_is_missing_or_holds_no_code_is_said(tmp_path, folder):
    status, _, errors = grade(tmp_path / folder)
    assert status == 2
    assert "is no folder with flow_network.py, gan.py" in errors and "Traceback" not in errors


def test_a_seed_below_zero_is_refused(capsys):
    with pytest.raises(SystemExit):
        grader.main(["--seed", "-1"])
    assert "--seed must not be negative" in capsys.readouterr().err


def test_a_breakpoint_works_with_debug(tmp_path):
    import subprocess

    text = (SOLVED / "gan.py").read_text()
    text = text.replace(
        "return -F.logsigmoid(d(g(z))).mean()", "breakpoint()\n    return -F.logsigmoid(d(g(z))).mean()"
    )
    folder = write(tmp_path / "paused", gan=text)
    command = [sys.executable, "grader.py", "--submission", str(folder), "--debug", "2b-1-basic"]
    run = subprocess.run(
        command, cwd=ROOT / "src", input="p z.shape\n" + 9 * "c\n", capture_output=True, text=True, timeout=120
    )
    assert "torch.Size([3, 3])" in run.stdout
    assert "1/1 points]" in run.stdout
    assert run.returncode == 0


def test_the_same_seed_gives_the_same_cases(tmp_path):
    """A submission that prints what it is given."""
    text = (SOLVED / "gan.py").read_text()
    text = text.replace(
        "return -F.logsigmoid(d(g(z))).mean()", "print(z, x_real); return -F.logsigmoid(d(g(z))).mean()"
    )
    folder = write(tmp_path / "printing", gan=text)
    runs = [re.sub(r"took \S+", "", grade(folder, "2b-5-hidden", "--seed", seed)[1]) for seed in ("1", "1", "2")]
    assert runs[0] == runs[1]
    assert runs[0].replace("--seed 1", "") != runs[2].replace("--seed 2", "")


BROKEN = {
    "a missing file": (None, "submission/gan.py is missing."),
    "a syntax error": ("def loss_nonsaturating_d(g, d:\n", "SyntaxError"),
    "an import outside the list": (
        "import yaml\n",
        "yaml is not among the packages of this problem set, which are torch, ",
    ),
    "another encoding": ("#\0\n", "submission/gan.py holds null bytes, as UTF-16 does"),
    "an error on import": ("1 / 0\n", "ZeroDivisionError"),
    "a missing function": ("import torch\n", "submission/gan.py has no loss_nonsaturating_"),
    "an import that ends the process": ("import os\nos._exit(3)\n", "Your code ended its process with status 3."),
}


@pytest.mark.parametrize("why", BROKEN)
def test_a_broken_file_costs_its_own_points_only(tmp_path, why):
    text, message = BROKEN[why]
    folder = write(tmp_path / "broken", gan=text)
    status, output, errors = grade(folder, "1b", "2b")
    assert status == 1
    assert not errors
    got = points(output)
    assert all(value.split("/")[0] == "0" for name, value in got.items() if name[:2] == "2b")
    assert all(len(set(value.split("/"))) == 1 for name, value in got.items() if name[:2] == "1b")
    is_told_each_time = why == "a missing function"
    assert output.count(message) == (7 if is_told_each_time else 1)
    assert output.count("The file cannot be imported, as in 2b-0-basic.") == (0 if is_told_each_time else 6)
    assert "Total: 5/12 points" in output


LEAVES = """
import sys
import grader

def waiting(do):
    def instead(*given):
        sys.stdin.read()
        return do(*given)
    return instead

if sys.argv[1] == "at the beginning":
    grader.choose = waiting(grader.choose)
else:
    grader.TerminalResult.close = waiting(grader.TerminalResult.close)
sys.exit(grader.main(sys.argv[2:]))
"""


@pytest.mark.parametrize("when", ["at the beginning", "at the end"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_who_leaves_gets_no_traceback(tmp_path, when, unbuffered):
    """python grader.py | head"""
    command = [sys.executable, "-c", LEAVES, when, "--submission", write(tmp_path / "s", gan="1 / 0"), "2b-0-basic"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    process = subprocess.Popen(command, cwd=ROOT / "src", env=environment, **pipes)
    process.stdout.close()
    assert (process.communicate(timeout=300)[1], process.returncode) == (b"", 1)
