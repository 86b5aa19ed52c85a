"""A test of a submission: asks the worker, holds what comes back against the answer, and gathers what differs."""

import contextlib
import itertools
import re
import textwrap
import time
import zlib
from dataclasses import dataclass

import numpy as np

from graderUtil import GradedTestCase, Unattempted, Ungraded
from grading.client import HASTE, Failed
from grading.compare import FACTOR, INF, NAN, RELATIVE, SHOWN, difference, error, likeness, shown
from tracebacks import RAISED

TEXTS = ("touched", "layers")  # what is text in a reply; all else is numbers
KEPT = 2**16  # bytes of an array that are noted for the staff's side
PRINTS = 30_000  # characters of what a test prints that are shown

LABELS = {
    "value": "its value",
    "output": "the first thing that it returns",
    "forward": "what PermuteLayer.forward gives",
    "inverse": "what PermuteLayer.inverse gives",
    "loss": "what MAF.loss gives where log_probs gives 3.5",
    "loss_slope": "the derivative of MAF.loss by log_probs",
    "sample": "what MAF.sample gives on known blocks",
    "images": "what it gives with known layers",
    "logit": "what Logit.inverse gives",
    "logit_log_det": "the log_det of Logit.inverse",
    "from_logit": "what Logit.forward gives",
    "from_logit_log_det": "the log_det of Logit.forward",
    "squeezed": "what Squeeze.inverse gives",
    "from_squeezed": "what Squeeze.forward makes of what Squeeze.inverse gave",
    "log_det": "log_det",
    "gradient": "its derivative",
    "grad_x": "the gradient by x",
    "grad_images": "the gradient by the generator's images",
    "grad_tags": "the gradient by the generator's tags",
    "grad_amplitude": "the gradient by the generator's amplitude",
    "grad_gain": "the gradient by the discriminator's gain",
    "grad_curvature": "the gradient by the discriminator's curvature",
    "nelbo": "nelbo, the first thing that it returns",
    "kl": "kl, the second thing that it returns",
    "rec": "rec, the third thing that it returns",
    "grad_mean_weight": "the gradient by the encoder's weight for the mean",
    "grad_mean_bias": "the gradient by the encoder's bias for the mean",
    "grad_log_var_weight": "the gradient by the encoder's weight for the log variance",
    "grad_log_var_bias": "the gradient by the encoder's bias for the log variance",
    "grad_shifts": "the gradient by a shift of what each block gives, a row for each block",
    "grad_log_dets": "the gradient by a number added to the log-det of each block",
}


@dataclass
class Observation:
    """Something that a test saw: of which function, what, an array of numbers or text, whether it was right, whether
    only the staff sees it, and, of numbers that are held against others, their error as a share of what is granted."""

    function: str
    what: str
    seen: np.ndarray
    right: bool
    staff_only: bool = False
    error: float = 0.0


class _Reply(dict):
    """{name: array}, from a process that may send what it likes.

    Raises:
        AssertionError: something is text that should be numbers, or the other way round; or something is missing.
    """

    def __init__(self, arrays):
        super().__init__({name: np.asarray(array) for name, array in arrays.items()})
        for name, array in self.items():
            if (array.dtype.kind == "U") != (name in TEXTS):
                raise AssertionError(f"{_NO_ANSWER}: {ascii(name)[:40]} is of type {array.dtype}.")

    def __missing__(self, name):
        raise AssertionError(f"{_NO_ANSWER}: it lacks {name}.")


# Numbers in the text of a fault: of the grader's own formulas, and others, which a submission can make what it likes.
_OWN = r"256 v|\(1 - a\)|\[0, 1[\])]|\b0 (?:and|to) 1\b|should add up to 1\b|the noise is 0:|\b(?:float|u?int)\d+"
_NUMBER = re.compile(rf"({_OWN})|-?\d[\d.]*(?:e[+-]?\d+)?")
_NO_ANSWER = "The process that runs your code sent no sensible answer"


class SubmissionTest(GradedTestCase):
    """Base of the tests in grader.py. The grader sets the class attributes before it runs them.

    worker: answers `ask`, `grading.client.Worker` or `grading.inprocess.InProcess`.
    solution: the module of the answers; None on a student's machine.
    seed: of the cases that hidden tests draw.
    leans_on: questions whose functions are called as the student wrote them, where the answers are not.
    cut_off: asked where all values are right, and a gradient lacks something.
    altered: asked where all values are right, and a gradient is another.
    """

    worker = None
    solution = None
    seed = 0
    leans_on = ""
    cut_off = "is a part of it cut off from the graph?"
    altered = "is something added, hooked, or cut off from the graph?"

    def setUp(self):
        self.rng = np.random.default_rng([self.seed, zlib.crc32(self.test.name.encode())])
        self.observations = []
        self.unwritten = None
        self._began = time.perf_counter()
        self._left = self.test.seconds
        self._problems = []
        self._gist = []
        self._values_wrong = False
        self._again = self.test.is_hidden
        self._fresh_from = None
        self._function = self._about = ""
        self._no_news = False
        self._on = {}
        self._may_lean = True
        self._prints = ""

    def ask(self, probe, **arguments):
        """Calls a probe; what the student's code takes for it counts towards the time of the test.

        Raises:
            AssertionError: it gave no answer; or `Ungraded`, for a hidden test where the answers are not here.
            Unattempted: the test is of extra credit, and what it is about is not there or not written.
        """
        with self._asking(probe) as seconds:
            return _Reply(self.worker.ask(probe, seconds, seed=self._drawn_seed(), **arguments))

    def ask_each(self, probe, questions):
        """Calls a probe several times in one go, which takes less than one after the other.

        Args:
            questions: of each the arguments of `about`, as a dict, and those of the probe, another.

        Yields:
            As `ask` returns, after `about` has been told.

        Raises:
            As `ask`, in the turn of the question that it is about.
        """
        self.about(**questions[0][0])
        if len(questions) == 1:
            yield self.ask(probe, **questions[0][1])
            return
        with self._asking(probe) as seconds:
            cases = [{"seed": self._drawn_seed(), **arguments} for _, arguments in questions]
            answers = self.worker.ask_each(probe, seconds, cases)  # after one that failed there is none
        fresh_from, self._fresh_from = self._fresh_from, None
        for number, ((subject, _), answer) in enumerate(zip(questions, answers, strict=False)):
            self._again |= number == fresh_from
            self.about(**subject)
            if isinstance(answer, Failed):
                raise self._failed(answer)
            yield _Reply(answer)

    @contextlib.contextmanager
    def _asking(self, probe):
        """Gives the seconds that an answer may take, and keeps account of them."""
        started = time.perf_counter()
        on, self._on = self._on, {}  # what fails at import fails on any input
        try:
            self.worker.prepare(probe.split(".")[0])
            self._on = on
            self.waited += time.perf_counter() - started
            yield min(self._left, HASTE) if self._function in self.worker.hung else self._left
        except Failed as failure:
            raise self._failed(failure) from None
        finally:
            self._left = self.test.seconds + self.waited - (time.perf_counter() - self._began)
            self._print(self.worker.take_prints())

    def _drawn_seed(self):
        return int(self.rng.integers(2**31))

    def _failed(self, failure):
        """Notes why there is no answer; returns what the test is to raise."""
        less = "\nIt hung in an earlier test, and was given less time in this one."
        less = less if failure.hung and self._function in self.worker.hung else ""
        if failure.hung:
            self.worker.hung.add(self._function)
        if self.test.is_extra_credit and (failure.absent or failure.unwritten == self._function):
            return Unattempted()
        # What a submission says in a hidden test is not for its author, not even by a name.
        if not self.test.is_hidden or failure.unwritten == self._function:
            self.unwritten = failure.unwritten
        self.observe("failed", str(failure), False)
        why = "it took too long" if failure.hung else "it stopped with an error"
        if failure.absent:
            why = "it is not there: the file or the function is missing"
        elif self.unwritten:
            why = "it is still to be written"
        self._gist.append(f"{self._about or 'Your code'}: {why}")
        self._may_lean = str(failure).startswith(RAISED)  # what is of another shape is so by this function's own doing
        on = "" if failure.absent or failure.unwritten else self._inputs()
        self._problems.insert(0, (self._told(failure) + less, on))
        return self._verdict()

    def _told(self, failure):
        """What a `Failed` says, or where it has been said."""
        if failure.told_in:
            return f"The file cannot be imported, as in {failure.told_in}."
        if not self.test.is_hidden:
            failure.told_in = self.test.name
        return str(failure)

    def _print(self, text):
        left = PRINTS - len(self._prints)
        self._prints += text if len(text) <= left else text[: max(left, 0)] + "\n... and more" * (left > 0)

    def about(self, function, title=None, evaluation=False, **on):
        """Says what comes next is about.

        Args:
            function: one of those that students write, such as MADE.forward.
            title: how to call it, if not by its name.
            evaluation: whether in evaluation mode; where something was wrong before, what is wrong there is no news.
            on: the inputs that it is called on, and what is to be said of them: arrays, or texts.
        """
        self._function = function
        self._about = (title or function) + ", in evaluation mode" * evaluation
        self._no_news = evaluation and bool(self._problems)
        self._on = on

    def again(self, run):
        """Where the answers are, runs a basic test once more on a case that nobody can know, so that knowing its
        numbers by heart is of no use.

        Args:
            run: called with the generator of random numbers.
        """
        if self.solution:
            self._again = True
            run(self.rng)

    def and_again(self, known, make):
        """Known cases and, where the answers are, a fresh one behind them; as `again`, for `ask_each` to ask all in one
        go.

        Args:
            known: a list.
            make: called with the generator of random numbers, gives another case.
        """
        if not self.solution:
            return known
        self._fresh_from = len(known)
        return [*known, make(self.rng)]

    def expect(self, reply, answer, batch=None, varies=False, relative=RELATIVE, terms=None):
        """Compares a reply with the right one, entry by entry.

        Args:
            reply: {name: array}.
            answer: {name: array}, or a list of these, of which one must fit; None where the answers are not here.
            batch: the batch size.
            varies: whether the numbers depend on what the student's code draws.
            relative: how much rounding is granted.
            terms: {name: size}, of the terms that a number is the sum of.
        """
        if answer is None:
            return
        answers, terms = answer if isinstance(answer, list) else [answer], terms or {}
        granted = {name: (relative, terms.get(name, 0)) for right in answers for name in right}
        found = [{n: difference(reply.get(n), right[n], batch, *granted[n]) for n in right} for right in answers]
        best = min(found, key=lambda differences: sum(bool(text) for text in differences.values()))
        right = answers[found.index(best)]
        if len({text.partition(FACTOR)[2] for text in best.values() if text and text.startswith("expected")}) > 1:
            for name, text in best.items():  # what only one number is a multiple of, it is by chance
                best[name] = text.partition(FACTOR)[0] if text and np.size(right[name]) == 1 else text
        wrong = {name for name, text in best.items() if text}
        of_gradients = {name for name in best if name.startswith("grad_")}
        self._values_wrong |= not wrong <= of_gradients
        there = [reply[name] for name in wrong & set(reply)]
        if wrong and not self._values_wrong and of_gradients < set(best) and all(np.isfinite(g).all() for g in there):
            why = self._why_no_gradient([(reply.get(name), np.asarray(right[name])) for name in wrong])
            self._problem(f"its values are right, its gradient is not: {why}", "")
        for name, text in best.items():
            seen = bool(text) if varies else reply.get(name, "none")
            self.observe(name, seen, not text, error(reply.get(name), right[name], *granted[name]))
            if text:
                self._problem(f"{LABELS.get(name, name.replace('grad_', 'the gradient by '))} is not right:", text)

    def _why_no_gradient(self, pairs):
        """What to ask of gradients that are not right, as pairs of what they are, or None, and what they should be."""
        return {
            "nothing": "it is 0 all over. Does a sigmoid saturate, is something clamped, or cut off from the graph?",
            "multiple": "it is a multiple of the right one. Is it scaled, or changed by a hook?",
            "less": self.cut_off,
            "other": self.altered,
        }[likeness(pairs)]

    def require(self, holds, what, problem, gist=None):
        """Gathers a problem unless something holds; `what` names it for the staff; gist is as in `_problem`."""
        self.observe(what, str(bool(holds)), bool(holds))
        if not holds:
            self._problem(problem, "", gist)

    def fault(self, what, text):
        """Gathers a problem if there is text that describes it."""
        self.observe(what, text or "none", not text)
        if text:
            self._problem(text, "", _NUMBER.sub(lambda found: found[1] or "...", text))

    def untouched(self, reply, **after):
        """Requires that a call left its inputs alone.

        Args:
            after: name in the reply = name of the input.
        """
        for name, given in after.items():
            self.require(not reply[name].any(), name, f"{given} was changed in place: others still need it")
        if "touched" in reply:
            text = str(reply["touched"])
            problem = "something was changed"
            self.require(not text, "touched " + text, f"{problem}: {text}", problem)

    def observe(self, what, seen, right, error=0.0):
        """Notes something seen of the submission, by which the staff's side recognises known mistakes."""
        what, seen = f"{self.test.name} {what}", np.asarray(seen)
        if seen.nbytes > KEPT:
            seen = np.asarray(f"an array of {seen.nbytes} bytes")
        self.observations.append(Observation(self._function, what, seen, bool(right), self._again, error))

    def conclude(self):
        if self._problems or self._is_ungraded():
            raise self._verdict()

    def prints(self):
        return self._prints

    def gist(self):
        """The problems without the numbers, and without a word of the student's code."""
        return "\n".join(dict.fromkeys(self._gist))

    def _is_ungraded(self):
        return self.solution is None and self.test.is_hidden

    def _verdict(self):
        return (Ungraded if self._is_ungraded() else AssertionError)(self._report())

    def _problem(self, title, text, gist=None):
        """Gathers a problem.

        Args:
            gist: the title without what comes from the submission, if anything in it does.
        """
        if self._no_news:
            return
        lines = f"{self._about}: {title}" if self._about else title
        gist = f"{self._about}: {gist}" if gist and self._about else gist or lines
        self._gist.append(gist.removesuffix(":"))  # no numbers follow
        if self._again and not self.test.is_hidden:
            lines = f"On a fresh case, {lines}"
        problem = lines + ("\n" + textwrap.indent(text, "    ") if text else ""), self._inputs()
        if problem not in self._problems:
            self._problems.append(problem)

    def _inputs(self):
        """What the student's code was called on, a line each. Where no answers are, a hidden test's numbers explain
        nothing."""
        if self._is_ungraded():
            return "\n".join(f"{n} {_shape_of_input(v)}" for n, v in self._on.items() if not isinstance(v, str))
        return "\n".join(f"{name} {_shown_input(value)}" for name, value in self._on.items())

    def _report(self):
        """The first problems, what stopped the test before all, and those on the same inputs together; what follows
        from one mistake is much."""
        most = 3
        text = ""
        for on, problems in itertools.groupby(self._problems[:most], key=lambda problem: problem[1]):
            text += "".join(f"{lines}\n" for lines, _ in problems)
            if on:
                text += textwrap.indent("on       " + on.replace("\n", "\n         "), "    ") + "\n"
        for remark in (NAN, INF):
            first, found, later = text.partition(remark)
            text = first + found + re.sub(rf"\n *{re.escape(remark)}", "", later)  # once will do
        if rest := self._problems[most:]:
            told = {_title(lines) for lines, _ in self._problems[:most]}
            others = [title for title in dict.fromkeys(_title(lines) for lines, _ in rest) if title not in told]
            if any(title.endswith("is not right") for title in told):  # then gradients hardly are
                others = [title for title in others if "the gradient by" not in title]
            text += f"... and {len(rest)} more" + (", among them:\n" if others else " of the kind\n")
            text += "".join(f"    {title}\n" for title in others[:most])
        if self._problems and self._may_lean and self.leans_on and self.solution is None and not self.unwritten:
            text += f"It calls what you wrote for {self.leans_on}: if these do not pass yet, mend them first."
        return text.rstrip("\n")


def _title(lines):
    """Of a problem the words without the numbers that follow, and without the case."""
    return lines.partition("\n")[0].removeprefix("On a fresh case, ").removesuffix(":")


def _shape_of_input(value):
    return f"of shape {np.shape(value)}" if np.size(value) > 1 else _shown_input(value)


def _shown_input(value):
    """An input as text, without dimensions of one; its shape stands before it if it has such."""
    if isinstance(value, str):
        return f"= {value}"
    value = np.asarray(value)
    few = np.squeeze(value)
    return f"{value.shape} = {shown(few)}" if few.shape != value.shape and few.size <= SHOWN else f"= {shown(value)}"
