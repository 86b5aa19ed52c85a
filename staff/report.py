"""The page that an instructor reads about a class: one file that needs no network.

The template is `report.html.jinja`; `report.css` and `report.js` are put into it, and a policy that lets nothing else
act. What a submission printed stands as data in blocks that are no scripts, and gets into the page as text alone.
"""

import base64
import hashlib
import re
import statistics
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import jinja2
from markupsafe import Markup

from staff import grade, histogram
from staff.signs import INNOCENT, LOOK, ORDINARY, signs

HERE = Path(__file__).resolve().parent
HEAD, TAIL = 6000, 4000  # characters of a test's output that are shown, where there are more than both
NAME = 100  # characters of a name
SLOWEST = 10
ROWS = 200  # of the table of students that a browser is to lay out at first; a button shows all
QUESTIONS = 18  # that report.css finds room for beside each other; with more the table scrolls in a box of its own
PLAIN = "#table tr[hidden] { display: table-row; }"  # style where scripts do not run
# Beside letters, marks and signs, these join what belongs together in some scripts and in emoji.
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_NOT_PLAIN = re.compile(r"[^\n\t -~]")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # letters and marks to Unicode, and nothing to see


def page(rows, seed):
    """HTML of a class.

    Args:
        rows: `staff.grades.Row`, one for each submission.
        seed: of the run.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: f"{value:.4g}"
    style, script = ((HERE / f"report.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    the_class = Class(rows, seed)
    return environment.get_template("report.html.jinja").render(
        the_class=the_class,
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
        plain=PLAIN,
        plain_hash=_hash(PLAIN),
        most_rows=ROWS,
        most_questions=QUESTIONS,
        plot=Markup(histogram.svg(the_class.core, the_class.most)) if the_class.core else "",
    )


def visible(text, most=None):
    """Text in which nothing is hidden and nothing turns the order of what is read: such characters are spelled out.

    Args:
        most: characters that are kept, if not all.
    """
    text = str(text)
    if most and len(text) > most:
        text = text[:most] + "…"
    return _NOT_PLAIN.sub(_visible, text)


def _visible(found):
    character = found[0]
    kept = character in _JOINERS or (unicodedata.category(character) not in _UNSEEN and character not in _BLANK)
    return character if kept else f"\\u{ord(character):04x}" if ord(character) < 2**16 else f"\\U{ord(character):08x}"


def shortened(text):
    """Beginning and end of a long text: prints come first, what went wrong last."""
    left_out = len(text) - HEAD - TAIL
    if left_out <= 0:
        return text
    return (
        f"{text[:HEAD]}\n\n[... {left_out} characters are left out; the file of results has them ...]\n\n{text[-TAIL:]}"
    )


def _hash(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@dataclass(frozen=True)
class Test:
    """What is known of a test, and how many submissions passed it."""

    number: str
    title: str
    points: float
    passed: int
    run: int
    is_extra: bool

    @property
    def question(self):
        return self.number.split("-")[0]

    @property
    def kind(self):
        return "hidden" if self.number.endswith("-hidden") else "basic"

    @property
    def rate(self):
        """Percent."""
        return 100 * self.passed / self.run if self.run else 0


@dataclass(frozen=True)
class Question:
    """A question, with its tests; passed is how many submissions passed all of them."""

    name: str
    tests: tuple
    passed: int
    run: int
    mean: float

    @property
    def points(self):
        return sum(test.points for test in self.tests)

    @property
    def is_extra(self):
        return all(test.is_extra for test in self.tests)

    @property
    def rate(self):
        """Percent."""
        return 100 * self.passed / self.run if self.run else 0


@dataclass(frozen=True)
class Group:
    """Submissions that have something in common: [(Entry, details)]."""

    members: tuple

    @property
    def count(self):
        return len(self.members)


@dataclass(frozen=True)
class Mistake(Group):
    """A mistake of the catalogue; without hints it is none of those in it."""

    function: str
    misconception: str
    hints: tuple


@dataclass(frozen=True)
class Behaviour(Group):
    """A kind of sign, with those in whom it was seen."""

    kind: object


class Entry:
    """A submission as the page shows it.

    Args:
        index: its number on the page.
        row: `staff.grades.Row`.
    """

    def __init__(self, index, row):
        self.index = index
        self.row = row
        self.id = visible(row.submission.id, NAME)
        self.extra = row.results["extra_data"]
        self.score = row.results.get("score") or 0
        self.core = round(self.score - row.extra_credit, 6)
        self.status = row.status
        self.why = visible(self.extra.get("why") or "", HEAD)
        self.seconds = self.extra.get("seconds")
        self.tests = {test["number"]: test for test in row.results["tests"]}
        self.failed = [number for number, test in self.tests.items() if test.get("status") == "failed"]
        # Extra credit that was not tried is neither.
        self.passed = {number for number, test in self.tests.items() if test.get("status") == "passed"}
        refused = self.why if self.status == "refused" else ""
        self.signs = signs(self.tests.values() if self.status == "graded" else (), row.stops, refused)

    @cached_property
    def students(self):
        """[{name, more}] of those who handed it in, one at least."""
        known = [
            {
                "name": visible(one.name or one.email or one.sid or self.row.submission.id, NAME),
                "more": visible(" ".join(filter(None, (one.sid, one.email))), NAME),
            }
            for one in self.row.submission.students
        ]
        return known or [{"name": self.id, "more": ""}]

    @property
    def name(self):
        """Of all who handed it in."""
        return ", ".join(one["name"] for one in self.students)

    @property
    def look(self):
        """Titles of the signs that are worth a look."""
        return list(dict.fromkeys(sign.kind.title for sign in self.signs if sign.kind.level == LOOK))

    @cached_property
    def mistakes(self):
        """{(function, misconception): hints}."""
        found = {}
        for function, misconception, hint in self.row.mistakes:
            found.setdefault((visible(function, NAME), visible(misconception, HEAD)), []).append(visible(hint, HEAD))
        return found

    def points(self, question):
        """Points in a question."""
        return sum(self.tests[test.number]["score"] for test in question.tests if test.number in self.tests)

    def details(self, order):
        """What the page shows when the row is opened, as plain data.

        Args:
            order: {test id: its number on the page}.
        """
        stops = {}
        for test, text in self.row.stops:
            stops.setdefault(test, []).append(text)
        return {
            "said": self.why or shortened(visible(self.row.results.get("output") or "")),
            "mistakes": [[*key, hints] for key, hints in self.mistakes.items()],
            "signs": [
                [sign.kind.title, sign.test, visible(sign.line)] for sign in self.signs if sign.kind.level == LOOK
            ],
            "tests": [
                [
                    order[number],
                    int(test.get("status") == "passed"),
                    test["score"],
                    shortened(visible(test.get("output") or "")),
                    "\n".join(
                        visible(text, HEAD) for text in stops.get(number, ()) if text not in (test.get("output") or "")
                    ),
                ]
                for number, test in sorted(self.tests.items())
            ],
        }


class Class:
    """What came of a class, as the page shows it."""

    def __init__(self, rows, seed):
        self.seed = seed
        self.entries = [Entry(index, row) for index, row in enumerate(rows)]
        self.graded = [entry for entry in self.entries if entry.status == "graded"]
        self.core = [entry.core for entry in self.graded]

    @cached_property
    def tests(self):
        """[Test], question by question."""
        first = {}
        for entry in self.entries:
            for number, test in entry.tests.items():
                first.setdefault(number, test)
        run = Counter(number for entry in self.graded for number in entry.tests)
        passed = Counter(number for entry in self.graded for number in entry.passed)
        extra = {one.test.name for one in grade.tests() if one.test.is_extra_credit}  # others may have 0 points as well
        found = [
            Test(
                number,
                visible(test["name"], HEAD),
                test.get("max_score") or 0,
                passed[number],
                run[number],
                number in extra,
            )
            for number, test in first.items()
        ]
        return sorted(found, key=lambda test: test.number)

    @cached_property
    def order(self):
        """{test id: its number on the page}."""
        return {test.number: index for index, test in enumerate(self.tests)}

    @property
    def tests_as_data(self):
        """[[id, title, points or "extra", kind]]."""
        return [[test.number, test.title, "extra" if test.is_extra else test.points, test.kind] for test in self.tests]

    @cached_property
    def questions(self):
        """[Question]."""
        found = []
        for name in dict.fromkeys(test.question for test in self.tests):
            tests = tuple(test for test in self.tests if test.question == name)
            own = {test.number for test in tests}
            run = [entry for entry in self.graded if own & set(entry.tests)]
            passed = sum(own & set(entry.tests) <= entry.passed for entry in run)
            question = Question(name, tests, passed, len(run), 0)
            mean = statistics.fmean(entry.points(question) for entry in run) if run else 0
            found.append(replace(question, mean=mean))
        return found

    @property
    def most(self):
        """Points that can be had."""
        return round(sum(test.points for test in self.tests), 6)

    @property
    def summary(self):
        """[(what, how much)]."""
        statuses = Counter(entry.status for entry in self.entries)
        walls = Counter(entry.extra.get("wall") or "" for entry in self.graded)
        shown = [
            ("Submissions", len(self.entries)),
            ("Students", sum(len(entry.students) for entry in self.entries)),
            ("Graded", statuses["graded"]),
            ("Refused", statuses["refused"]),
            ("Failed on this machine", statuses["failed"]),
            *[("Outdated", late) for late in [sum(entry.row.outdated for entry in self.entries)] if late],
            ("Seed", self.seed),
            ("Wall", ", ".join(f"{wall or 'none'} ({count})" for wall, count in sorted(walls.items())) or "none"),
        ]
        if self.core:
            extra = [entry.row.extra_credit for entry in self.graded]
            shown[5:5] = [
                ("Mean", f"{statistics.fmean(self.core):.4g} of {self.most:g}"),
                ("Median", f"{statistics.median(self.core):.4g} of {self.most:g}"),
                ("Full marks", sum(own >= self.most for own in self.core)),
            ]
            if any(extra):
                tried = [points for points in extra if points]
                shown[8:8] = [("Extra credit", f"{len(tried)}, with {statistics.fmean(tried):.4g} on average")]
        return shown

    @property
    def bins(self):
        """[(from, to, how many)] of the histogram."""
        return histogram.bins(self.core, self.most)

    @cached_property
    def mistakes(self):
        """[Mistake], the commonest first."""
        members, hints = {}, {}
        for entry in self.entries:
            for key, own in entry.mistakes.items():
                members.setdefault(key, []).append((entry, ""))
                hints.setdefault(key, {}).update(dict.fromkeys(own))
        found = [Mistake(tuple(who), *key, tuple(hints[key])) for key, who in members.items()]
        return sorted(found, key=lambda mistake: (-mistake.count, mistake.function, mistake.misconception))

    @cached_property
    def unnamed(self):
        """[Mistake] of functions that went wrong in a way that is in no catalogue."""
        members = {}
        for entry in self.entries:
            for function in set(entry.row.wrong) - {function for function, _, _ in entry.row.mistakes}:
                members.setdefault(visible(function, NAME), []).append((entry, ""))
        found = [Mistake(tuple(who), function, "", ()) for function, who in members.items()]
        return sorted(found, key=lambda mistake: (-mistake.count, mistake.function))

    @property
    def not_graded(self):
        """[Entry]."""
        return [entry for entry in self.entries if entry.status != "graded"]

    def behaviours(self, level):
        """[Behaviour] of a level, the commonest first."""
        kinds, members = {}, {}
        for entry in self.entries:
            for sign in entry.signs:
                if sign.kind.level == level:
                    kinds.setdefault(sign.kind.title, sign.kind)
                    members.setdefault(sign.kind.title, {}).setdefault(entry, []).append(sign)
        found = [
            Behaviour(tuple((entry, _told(seen)) for entry, seen in who.items()), kinds[title])
            for title, who in members.items()
        ]
        return sorted(found, key=lambda behaviour: (-behaviour.count, behaviour.kind.title))

    @property
    def ordinary(self):
        """[Behaviour] of code that did not run."""
        return self.behaviours(ORDINARY)

    @property
    def innocent(self):
        """[Behaviour] that looks like an attack and most likely is none."""
        return self.behaviours(INNOCENT)

    @property
    def look(self):
        """[Behaviour] that is worth a look."""
        return self.behaviours(LOOK)

    @property
    def slowest(self):
        """[Entry], the slowest first."""
        timed = [entry for entry in self.entries if entry.seconds is not None]
        return sorted(timed, key=lambda entry: -entry.seconds)[:SLOWEST]

    @property
    def median_seconds(self):
        """Of those graded, of whom it is known."""
        known = [entry.seconds for entry in self.graded if entry.seconds is not None]
        return statistics.median(known) if known else 0


def _told(seen):
    """Signs of one submission in a line."""
    tests = ", ".join(sign.test for sign in seen if sign.test)
    return f"{tests}: {visible(seen[0].line)}" if tests else visible(seen[0].line)
