"""Findings of a look at a server, and how bad each is."""

from enum import Enum

from platone.messages.base import Message


class Level(Enum):
    """How bad a finding is."""

    OK = "ok"
    """All is as it should be."""
    WARNING = "warning"
    """This works, and somebody should look at it soon."""
    FAULT = "fault"
    """Something does not work, or will not."""


class Finding(Message):
    """A finding of a look at a server.

    Attributes:
        about: What was looked at, in a word or two.
        level: How bad it is.
        text: What was found.
        advice: What to do; empty where nothing has to be done.
    """

    about: str
    level: Level
    text: str
    advice: str = ""


def ok(about: str, text: str) -> Finding:
    """Return a finding that is as it should be."""
    return Finding(about=about, level=Level.OK, text=text)


def warning(about: str, text: str, advice: str) -> Finding:
    """Return a finding that somebody should look at."""
    return Finding(about=about, level=Level.WARNING, text=text, advice=advice)


def fault(about: str, text: str, advice: str) -> Finding:
    """Return a finding of something that does not work."""
    return Finding(about=about, level=Level.FAULT, text=text, advice=advice)
