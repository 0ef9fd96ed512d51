"""Browsers in words: what a browser calls itself, as a person would name it."""

import re

_BROWSERS = (
    ("Edge", re.compile(r"Edg(e|A|iOS)?/")),
    ("Opera", re.compile(r"OPR/|OPiOS/|Opera")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/")),
    ("Firefox", re.compile(r"Firefox/|FxiOS/")),
    ("Chrome", re.compile(r"Chrome/|CriOS/|Chromium/|HeadlessChrome/")),
    ("Safari", re.compile(r"Version/[\d.]+.* Safari/")),
)
"""Browsers by their marks. The order counts: later ones stand in the names of earlier ones."""
_SYSTEMS = (
    ("iPhone", re.compile(r"\(iPhone;")),
    ("iPad", re.compile(r"\(iPad;")),
    ("Android", re.compile(r"Android")),
    ("ChromeOS", re.compile(r"CrOS ")),
    ("Windows", re.compile(r"Windows NT")),
    ("macOS", re.compile(r"Macintosh|Mac OS X")),
    ("Linux", re.compile(r"Linux|X11")),
)
"""Systems likewise: Android calls itself Linux, too, and an iPhone Mac OS X."""
_LONGEST = 80
"""Characters that are shown of a name that says nothing."""


def browser_and_system(agent: str) -> tuple[str, str] | None:
    """Return a browser and its system by the name that it gives itself; None where it tells none.

    Args:
        agent: The header `User-Agent`, which anybody can set to anything.
    """
    browser = next((name for name, mark in _BROWSERS if mark.search(agent)), None)
    system = next((name for name, mark in _SYSTEMS if mark.search(agent)), None)
    return None if browser is None or system is None else (browser, system)


def browser_in_words(agent: str, sentence: str, unknown: str) -> str:
    """Return a browser as a person would name it, such as `Firefox on Windows`.

    Args:
        agent: The header `User-Agent`.
        sentence: How the reader's language says it, with `{browser}` and `{system}`.
        unknown: What it is called where it told nothing.
    """
    found = browser_and_system(agent)
    if found is None:
        return agent[:_LONGEST] or unknown
    return sentence.format(browser=found[0], system=found[1])
