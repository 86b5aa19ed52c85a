"""What a test needs of the machine."""

import os

import pytest


def missing(message):
    """Skips the test for what this machine lacks; on CI it fails, since CI's machines have it all."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
