"""How commands give their results: a summary to read, or JSON."""

import sys
from pathlib import Path

import msgspec

from platone.kernel.errors import PlatoneError

_FAULTS_SHOWN = 20


def write(result: object, text: str, output: Path | None, *, json: bool) -> None:
    """Write a result as JSON to a file or, on request, to stdout; else print its summary."""
    if output is not None:
        output.write_bytes(msgspec.json.encode(result) + b"\n")
    if json and output is None:
        sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
    else:
        sys.stdout.write(text + "\n")


def failure(error: PlatoneError) -> str:
    """What a command ends with: one line, and where several elements are at fault a line each."""
    faults = error.fields.get("faults")
    if not isinstance(faults, list):
        return f"platone: {error.detail}"
    if len(faults) == 1:
        return f"platone: {faults[0]['element']}: {faults[0]['reason']}"
    lines = [f"  {each['element']}: {each['reason']}" for each in faults[:_FAULTS_SHOWN]]
    total = error.fields.get("faultCount")
    count = total if isinstance(total, int) else len(faults)
    if count > len(lines):
        lines.append(f"  and {count - len(lines)} more")
    return "\n".join([f"platone: {error.title}. It has {count} faults:", *lines])


def written(path: Path) -> None:
    """Say that a file is there."""
    sys.stdout.write(f"{path} is written ({max(path.stat().st_size // 1000, 1)} kB)\n")
