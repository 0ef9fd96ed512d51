"""`platone doctor`: a look at a server, and what to do about what is found."""

from collections.abc import Sequence
from pathlib import Path

import typer

from platone import bootstrap
from platone.cli.output import write
from platone.settings import load_settings

_MARKS = {"ok": "\N{CHECK MARK}", "warning": "!", "fault": "\N{BALLOT X}"}


def examine_server(config: Path | None, data: Path | None, *, json: bool) -> None:
    """Show what is found of a server; the status is 1 where something does not work."""
    findings = list(bootstrap.examine(load_settings(config, data=data)))
    lines = [
        f"{_MARKS[each.level.value]} {each.about}: {each.text}."
        + (f"\n    {each.advice}" if each.advice else "")
        for each in findings
    ]
    count = _count([each.level.value for each in findings])
    write({"findings": findings}, "\n".join([*lines, count]), None, json=json)
    if any(each.level.value == "fault" for each in findings):
        raise typer.Exit(1)


def _count(levels: Sequence[str]) -> str:
    faults, warnings = levels.count("fault"), levels.count("warning")
    return f"{len(levels)} looks: {faults} faults, {warnings} warnings"
