"""Components that a test needs and a machine may lack."""

import os
import socket

import pytest
from tools.component import component


def missing(untried: str, reason: str) -> None:
    """Skip, as a person may without a component; where it is the check that counts, fail."""
    said = f"{untried} not tried: {reason}"
    if os.environ.get("CI") == "true":
        pytest.fail(said)
    pytest.skip(said)


def has_ipv6() -> bool:
    """Return whether this machine has an address of IPv6 to listen on."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def program_or_skip(name: str) -> str:
    """Return where a program is, fetched if need be; skip where it cannot be had."""
    program = component(name, again=False)
    if program is None:
        missing(name, "it is not installed, and cannot be fetched: make components")
    return program or ""


def mosquitto_or_skip() -> str:
    """Return Mosquitto's program, fetched if need be; skip where it cannot be had."""
    return program_or_skip("mosquitto")
