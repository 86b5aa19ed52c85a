"""What a submission writes is counted, however it is laid out; and it can be removed."""

import os
import resource

import pytest
from staff import scratch, written


@pytest.fixture
def here(tmp_path):
    before = os.getcwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)
    scratch.remove(tmp_path)


def nest(depth, name):
    """Folders within each other, of which the last is where one then stands."""
    for _ in range(depth):
        os.mkdir(name)
        os.chdir(name)


def fill(count, size):
    for number in range(count):
        with open(str(number), "wb") as file:
            file.write(bytes(size))


@pytest.mark.parametrize(
    ("depth", "count", "size", "said"),
    [
        (20, 23, 3 * 2**20, "wrote more than 64 MB of files"),
        (20, 5001, 0, "made more than 5000 files"),
        (31, 0, 0, "made more than 30 folders within each other"),
        (2000, 0, 0, "made more than 30 folders within each other"),
        (29, 20, 3 * 2**20, ""),
    ],
)
def test_names_too_long_for_a_path_hide_nothing_and_go_when_all_does(here, depth, count, size, said):
    (here / "s").mkdir()
    os.chdir("s")
    nest(depth, "d" * 255)
    fill(count, size)
    os.chdir(here)
    found = written.excess(here / "s")
    assert said in found if said else found == ""
    scratch.remove(here / "s")
    assert os.listdir(here) == []


def test_links_are_not_followed_and_other_things_not_waited_for(here):
    (here / "s").mkdir()
    os.symlink("/usr", "s/link")
    os.symlink("loop", "s/loop")
    os.mkfifo("s/pipe")
    (here / "s" / "closed").mkdir(mode=0)
    assert written.excess(here / "s") == ""


def test_what_cannot_be_looked_at_is_too_much_and_what_is_gone_is_not(here, monkeypatch):
    (here / "s" / "inner").mkdir(parents=True)
    opened, before = os.open, sorted(os.listdir("/proc/self/fd"))

    def failing(number):
        def instead(path, flags, **more):
            if path == "inner":
                raise OSError(number, os.strerror(number))
            return opened(path, flags, **more)

        return instead

    for number in (*written.GONE, 24, 13):
        monkeypatch.setattr(os, "open", failing(number))
        said = written.excess(here / "s")
        assert said == (
            "" if number in written.GONE else f"it made files that cannot be counted ({os.strerror(number)})"
        )
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_folders_deeper_than_files_may_be_open_are_removed(here):
    (here / "s").mkdir()
    os.chdir("s")
    nest(200, "d" * 255)
    os.chdir(here)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 60, most[1]))
    try:
        scratch.remove(here / "s")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, most)
    assert os.listdir(here) == []
