"""Components that a test needs and a machine may lack."""

import os

import pytest


def missing(untried: str, reason: str) -> None:
    """Skip, as a person may without a component; where it is the check that counts, fail."""
    said = f"{untried} not tried: {reason}"
    if os.environ.get("CI") == "true":
        pytest.fail(said)
    pytest.skip(said)
