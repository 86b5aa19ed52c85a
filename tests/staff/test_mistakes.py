"""The catalogue: every mistake is caught in its own question and named, every right way gets full marks."""

import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from staff import mistakes
from staff.markers import spaces
from staff.mistakes import margins, mutants, naming
from staff.mistakes.__main__ import confused, examine
from staff.mistakes.entry import FUNCTIONS, Right, Wrong, with_body
from staff.mistakes.observing import grade
from staff.mistakes.sweep import spread
from tests.submissions import ROOT, SOLVED, write

from grading.case import Observation

NOVEL = {
    "loss_nonsaturating_g": "return -F.logsigmoid(3 * d(g(z))).mean() + 0.1",
    "loss_nonsaturating_d": "return F.softplus(-d(x_real) * 1.5).mean() + F.softplus(d(g(z)) ** 3).mean()",
    "conditional_loss_nonsaturating_d": "return d(x_real, y_real).cos().mean() - d(g(z, y_real), y_real).mean() / 7",
    "loss_wasserstein_gp_g": "return (3 - d(g(z))).exp().mean()",
    "MADE.inverse": """
        mu, alpha = self.net(x).chunk(2, dim=1)
        return (x + 3 * mu) * torch.exp(-2 * alpha), 7 * alpha.sum(dim=1)
    """,
    "MAF.log_probs": """
        z = x
        for layer in self.nf:
            z, _ = layer.inverse(z)
        return -z.abs().pow(3).sum(dim=1).mean() / 5
    """,
}

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the staff's tools are for Linux and macOS")


def test_the_catalogue_is_large_and_covers_every_function():
    wrong = Counter(entry.function for entry in mistakes.entries(Wrong))
    right = Counter(entry.function for entry in mistakes.entries(Right))
    assert set(wrong) == set(right) == set(FUNCTIONS)
    assert wrong.total() >= 120 and right.total() >= 40
    core = {name for name, (file, _) in FUNCTIONS.items() if file in ("flow_network.py", "gan.py")}
    assert min(wrong[name] for name in core) >= 15 and min(wrong.values()) >= 2


def test_every_entry_is_a_submission_of_its_own_with_words_to_go_with_it():
    seen = Counter((entry.function, entry.name) for entry in mistakes.entries())
    assert seen.most_common(1)[0][1] == 1
    sources = Counter(tuple(entry.sources().values()) for entry in mistakes.entries())
    assert sources.most_common(1)[0][1] == 1
    for entry in mistakes.entries(Wrong):
        assert entry.misconception and entry.hint and entry.hint
        compile(entry.sources()[entry.file], entry.name, "exec")


def test_a_hint_does_not_give_the_solved_line_away():
    solved = "".join(path.read_text() for path in SOLVED.glob("*.py"))
    lines = {line.strip() for space in spaces(solved) for line in space["inside"].splitlines()}
    lines = {line for line in lines if len(line) > 12}
    assert lines
    for entry in mistakes.entries(Wrong):
        assert not any(line in entry.hint for line in lines)


def test_every_wrong_one_is_caught_and_named_and_every_right_one_gets_full_marks():
    # Every fourth one, so that these tests take minutes; `make mistakes` takes all, under 20 seeds.
    rows = list(spread(examine, [(entry, 0) for entry in mistakes.entries()[::4]], jobs=2))
    assert [(row.entry.function, row.entry.name, row.flaws) for row in rows if row.flaws] == []

    wrong = [row for row in rows if isinstance(row.entry, Wrong)]
    assert sum(row.basic for row in wrong) >= 0.85 * len(wrong)
    doubtful = confused(wrong)
    assert sum(not others for others in doubtful.values()) >= 0.9 * len(doubtful)

    # A mistake that is in no catalogue is like none of them.
    for function, body in NOVEL.items():
        observations = grade(Wrong(function, "novel", body).sources(), 0, [FUNCTIONS[function][1]]).observations
        assert any(not o.right for o in observations)
        taken = naming.fingerprint(observations, function)
        assert [row.entry.name for row in wrong if naming.same(taken, row.fingerprint)] == []


def test_no_right_submission_comes_near_to_failing_under_any_seed():
    # One in two hundred did fail, by rounding, under seeds such as the last; `make margins` takes a thousand.
    work = [
        *((None, seed) for seed in (*range(12), 3512800568)),
        *((entry, 1) for entry in mistakes.entries(Right)[::4]),
    ]
    found = list(spread(margins.examine, work, jobs=2))
    assert [(one.name, one.seed, one.failed) for one in found if one.failed] == []
    what, (error, name, seed) = next(iter(margins.largest(found).items()))
    assert 0.01 < error < margins.MOST, (what, name, seed)


def test_every_mutant_of_the_solved_files_is_caught_or_listed_as_equivalent():
    # Every sixteenth of the core's and the VAE's; `make mutants` takes all, the tables of problem 8 among them.
    quick = [mutant for mutant in mutants.mutants() if mutant[0] not in ("fgan.py", "image_flow.py")][::16]
    results = list(spread(mutants.examine, [(mutant,) for mutant in quick], jobs=2))
    assert len(results) > 30
    assert [result for result in results if mutants.flaws(*result)] == []


def test_an_anonymous_submission_is_recognised_however_it_is_written(tmp_path):
    """One function with a known mistake in a style of its own, one with an unknown mistake; as the staff grades it."""
    text = with_body(
        (SOLVED / "gan.py").read_text(),
        "loss_nonsaturating_g",
        """
        losses = []
        for logit in d(g(z)):
            losses.append(-F.softplus(logit))
        return sum(losses) / len(losses)
        """,
    )
    folder = write(tmp_path / "anonymous", gan=with_body(text, "loss_wasserstein_gp_g", NOVEL["loss_wasserstein_gp_g"]))
    command = [sys.executable, "-m", "staff.grade", folder, "--names"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    found = run.stdout.split("Behind the wall")[1].splitlines()[1:]
    assert found[0] == "loss_nonsaturating_g: the minimax loss instead of the non-saturating one"
    assert found[1].startswith("    Hint: Equation (11)")
    assert len(found) == 2, run.stdout


def test_looking_busy_earns_nothing():
    """Losses that call the networks as they should, and return nothing of it."""
    text = (SOLVED / "gan.py").read_text()
    for name in [name for name, (file, _) in FUNCTIONS.items() if file == "gan.py"]:
        y = ", y_real" if "conditional" in name else ""
        mixed = "torch.rand(len(x_real), 1, 1, 1, device=device)"
        mixed = f"d({mixed} * (g(z) - x_real) + x_real).sum()" if name == "loss_wasserstein_gp_d" else "0"
        text = with_body(text, name, f"return 0 * (d(g(z{y}){y}).sum() + {mixed})")
    graded = grade({"gan.py": text}, 0, ["2b", "4b", "5e"])
    assert {name for name, outcome in graded.outcomes.items() if outcome.points} == set()


@pytest.mark.parametrize("said", ["", "\n", " \n" * 50, "\t" * 60])
def test_a_failure_of_no_words_has_a_fingerprint_too(said):
    seen = [Observation("MADE.forward", "1a-0-basic failed", np.array(said), False)]
    assert len(naming.fingerprint(seen, "MADE.forward")) == 1


def test_what_keeps_mistakes_from_being_named_is_said():
    with pytest.raises(naming.NotNamed, match="Mistakes cannot be named: ValueError: invalid literal for int"):
        naming.fingerprints("no seed", ())
