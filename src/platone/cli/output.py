"""Output of commands: a summary to read, or JSON."""

import sys
from collections import defaultdict
from pathlib import Path

import msgspec

from platone.kernel.errors import PlatoneError

_FAULTS_SHOWN = 20
"""Faults of a file that are printed: a screen; where there are more, they are alike."""


def write(result: object, text: str, output: Path | None, *, json: bool) -> None:
    """Write a result as JSON to a file or, on request, to stdout; else print its summary."""
    if output is not None:
        output.write_bytes(msgspec.json.encode(result) + b"\n")
    if json and output is None:
        sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
    else:
        sys.stdout.write(text + "\n")


def failure(error: PlatoneError) -> str:
    """Return the last words of a command: one line, or a line for each element at fault."""
    faults = error.fields.get("faults")
    if not isinstance(faults, list):
        return f"platone: {error.detail}"
    reasons: dict[str, list[str]] = defaultdict(list)
    for each in faults:
        name = each["measurement"] if "measurement" in each else each["element"]
        reasons[name].append(each["reason"])
    told = dict(list(reasons.items())[:_FAULTS_SHOWN])
    lines = [f"  {name}: {'; '.join(dict.fromkeys(every))}" for name, every in told.items()]
    total = error.fields.get("faultCount")
    count = total if isinstance(total, int) else len(faults)
    if count == 1:
        return f"platone: {lines[0].strip()}"
    rest = count - sum(len(every) for every in told.values())
    if rest:
        lines.append(f"  and {rest} more")
    return "\n".join([f"platone: {error.title}; {count} faults:", *lines])


def written(path: Path) -> None:
    """Say that a file is there."""
    sys.stdout.write(f"{path} is written ({max(path.stat().st_size // 1000, 1)} kB)\n")
