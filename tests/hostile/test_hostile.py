"""No attack gains a point, sees a secret, changes a file, leaves a process, or spoils a result. `make hostile` is more.

Each attack is let loose behind one wall, in turn; the command does it behind both.
"""

import os

import pytest
from tests.hostile import arena
from tests.hostile.attack import TWO, Attack, at_import, gan
from tests.hostile.corpus import ATTACKS, KINDS
from tests.hostile.forgeries import CALLS, DRAWN
from tests.hostile.forgeries import KINDS as QUESTIONS

CASES = [(name, arena.WALLS[index % 2]) for index, name in enumerate(ATTACKS)]


def needs(wall):
    """Skips a test where a wall is not to be had; on CI it fails."""
    if os.name == "nt":
        pytest.skip("walls are for Linux")
    if lacks := arena.lacks(wall):
        message = f"the wall {wall!r} needs {lacks}"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)


@pytest.mark.parametrize(("name", "wall"), CASES, ids=[f"{name}-{wall}" for name, wall in CASES])
def test_nothing_is_gained_seen_changed_or_left(name, wall):
    needs(wall)
    bout = arena.fight(ATTACKS[name], wall)
    assert not bout.breaches, f"{bout.happened}: {bout.breaches}"


def test_every_kind_is_there_and_no_name_is_twice():
    assert len(ATTACKS) == sum(len(attacks) for attacks in KINDS.values()) >= 60
    assert len(KINDS) >= 12


@pytest.mark.parametrize(
    ("tests", "files", "honest"),
    [(TWO, gan(), 0), (DRAWN, gan("", CALLS), 3), (QUESTIONS, gan("", CALLS), 1.5)],
)
def test_the_honest_part_scores_what_the_attacks_say(tests, files, honest):
    needs("bubblewrap")
    bout = arena.fight(Attack("honest", "nothing", {"gan.py": files}, tests=tests, honest=honest), "bubblewrap")
    assert (bout.score, bout.breaches) == (honest, [])


# Without a wall the arena must notice. What these do stays within the arena's own folders.
UNWALLED = {
    "paths-that-are-known": "secrets seen",
    "environments": "secrets seen",
    "import-the-answers": "secrets seen",
    "graders-own-files": "files changed",
    "results-by-name": "files changed",
    "daemon": "processes left",
    "tcp-to-this-machine": "got through",
    "kill-the-grader": "invalid results",
}


def _careful(name):
    """The attack; of those that would do harm elsewhere, what they would do in the arena."""
    if name == "results-by-name":
        return at_import(name, "", "open('@RESULTS@/stdout', 'w').write('x')", tests=("2b-0-basic",))
    if name == "kill-the-grader":
        return at_import(name, "", "import signal\nos.kill(os.getppid(), signal.SIGKILL)", tests=("2b-0-basic",))
    return ATTACKS[name]


@pytest.mark.skipif(os.name == "nt", reason="walls are for Linux")
@pytest.mark.parametrize(("name", "kind"), UNWALLED.items())
def test_the_arena_notices_what_happens_without_a_wall(name, kind):
    bout = arena.fight(_careful(name), "none")
    assert kind in {kind for kind, _ in bout.breaches}, bout
