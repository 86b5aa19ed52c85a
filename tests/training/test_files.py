"""A file is whole or not there."""

import pytest

from training.errors import TrainingStopped
from training.files import written_beside


def test_the_content_appears_at_once_and_folders_are_made(tmp_path):
    path = tmp_path / "new" / "file"
    with written_beside(path) as file:
        file.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_an_error_keeps_the_former_content_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"former")
    with pytest.raises(KeyboardInterrupt), written_beside(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"former"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "taken").write_text("")
    with (
        pytest.raises(TrainingStopped, match="taken/file cannot be written"),
        written_beside(tmp_path / "taken" / "file"),
    ):
        pass
