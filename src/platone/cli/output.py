"""How commands give their results: a summary to read, or JSON."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write here, not to stdout.")]
Json = Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")]


def write(result: object, text: str, output: Path | None, *, json: bool) -> None:
    """Write a result as JSON to a file or, on request, to stdout; else print its summary."""
    encoded = msgspec.json.encode(result) + b"\n"
    if output is not None:
        output.write_bytes(encoded)
    if json and output is None:
        sys.stdout.buffer.write(encoded)
    else:
        sys.stdout.write(text + "\n")
