"""Settings are read, or it is said what is wrong with them and where."""

import pytest
from staff import settings
from staff.settings import Unsettled

TEXT = settings.FILE.read_text()


def test_the_file_as_it_comes_is_right():
    assert settings.load().hidden_visibility == "after_published"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            ' = "after_published"',
            ' = "never"',
            "hidden_visibility is 'never'; it can be visible, hidden, after_due_date",
        ),
        ("= 512", "= 12", "memory_mb is 12; it can be 512 to 65535"),
        ("= 512", "= 1024.0", "memory_mb is 1024.0"),
        ("= 512", "= true", "memory_mb is True"),
        ("\nwall =", "\nwalls =", "should have the entries hidden_visibility, memory_mb, wall; it has"),
        ("\nwall =", "\nwall", "Expected"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, old, new, message):
    path = tmp_path / "settings.toml"
    path.write_text(TEXT.replace(old, new))
    with pytest.raises(Unsettled, match=message):
        settings.load(path)


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(Unsettled, match="nowhere.toml"):
        settings.load(tmp_path / "nowhere.toml")
