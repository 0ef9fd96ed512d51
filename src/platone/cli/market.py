"""`platone market …`: a recorded session's calculations again."""

import sys
from collections.abc import Callable
from pathlib import Path

import typer

from platone import bootstrap
from platone.cli.option import Output

app = typer.Typer(no_args_is_help=True, help="Run a recorded session's calculations again.")


def _calculate(calculation: Callable[[bytes], bytes], session: Path, output: Path | None) -> None:
    result = calculation(session.read_bytes()) + b"\n"
    if output is None:
        sys.stdout.buffer.write(result)
    else:
        output.write_bytes(result)


@app.command()
def clear(session: Path, output: Output = None) -> None:
    """Clear a recorded session again: the same input gives the same bytes."""
    _calculate(bootstrap.clear_file, session, output)


@app.command()
def settle(session: Path, output: Output = None) -> None:
    """Settle a recorded session again: the same input gives the same bytes."""
    _calculate(bootstrap.settle_file, session, output)
