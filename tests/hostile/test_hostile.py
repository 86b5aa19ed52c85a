"""No attack gains a point, sees a secret, changes a file, leaves a process, or spoils a result. `make hostile` is more.

Each tenth attack is let loose behind one wall, in turn; the command lets all of them loose behind each.
"""

import os
import secrets

import pytest
from staff.nest import Nest
from tests.hostile import arena
from tests.hostile.attack import TWO, Attack, at_import, gan
from tests.hostile.corpus import ATTACKS, KINDS
from tests.hostile.forgeries import CALLS, DRAWN
from tests.hostile.forgeries import KINDS as QUESTIONS
from tests.needs import missing

from grading.client import Failed, Worker

# A tenth of them, so that these tests take minutes and not half an hour: neighbours in the list are much alike.
CASES = [(name, arena.WALLS[index % 4]) for index, name in enumerate(list(ATTACKS)[::10])]


def needs(wall):
    """Skips a test where a wall is not to be had; on CI it fails."""
    if os.name == "nt":
        pytest.skip("walls are for Linux")
    if lacks := arena.lacks(wall):
        missing(f"the wall {wall!r} needs {lacks}")


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
    if name == "environments":
        return at_import(name, "", "raise RuntimeError(os.environ['SECRET_TOKEN'])", tests=("2b-0-basic",))
    if name == "kill-the-grader":
        return at_import(name, "", "import signal\nos.kill(os.getppid(), signal.SIGKILL)", tests=("2b-0-basic",))
    return ATTACKS[name]


@pytest.mark.skipif(os.name == "nt", reason="walls are for Linux")
@pytest.mark.parametrize(("name", "kind"), UNWALLED.items())
def test_the_arena_notices_what_happens_without_a_wall(name, kind):
    bout = arena.fight(_careful(name), "none")
    assert kind in {kind for kind, _ in bout.breaches}, bout


READS_MEMORY = """
import ctypes

def stretches():
    try:
        for line in open("/proc/self/maps"):
            words = line.split()
            if words[1].startswith("rw") and (len(words) < 6 or words[5] == "[heap]"):
                yield [int(number, 16) for number in words[0].split("-")]
    except OSError:
        ctypes.pythonapi.sbrk.restype = ctypes.c_void_p
        top = ctypes.pythonapi.sbrk(0)
        yield top - 40 * 2**20, top

found = []
for start, end in stretches():
    if end - start < 2**30:
        data = ctypes.string_at(start, end - start)
        at = data.find(b"# by a neigh" + b"bour: ")
        while at >= 0 and len(found) < 20:
            found.append(data[at : at + 60])
            at = data.find(b"# by a neigh" + b"bour: ", at + 1)
raise RuntimeError(found)
"""


@pytest.mark.parametrize("wall", ("bubblewrap", "user"))
def test_the_memory_of_a_warmed_process_holds_nothing_of_another_submission(wall, tmp_path):
    needs(wall)
    secret = secrets.token_hex(12)
    for name, text in {"one": f"# by a neighbour: {secret}\n" * 50, "next": READS_MEMORY}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "gan.py").write_text(text)
    with Nest(wall) as nest:
        with Worker(nest.room(tmp_path / "one")) as worker:
            worker.prepare("gan")
        with Worker(nest.room(tmp_path / "next")) as worker, pytest.raises(Failed) as failure:
            worker.prepare("gan")
    assert "RuntimeError: [" in str(failure.value)
    assert secret not in str(failure.value)
