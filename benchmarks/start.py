"""Starting: how long the shortest commands and `import platone.grid` make a person wait.

Each is a fresh interpreter. The files that it reads are in memory, and their bytecode is there,
as for whoever calls a command twice.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness import Row, paired_s

_PROOF = Path(__file__).parents[1] / "tests" / "data" / "proof" / "market-outcome.json"
_RUNS = 9

_TWO_COMMANDS = """
import typer
app = typer.Typer()
@app.command()
def first() -> None:
    "Do nothing."
@app.command()
def second() -> None:
    "Do nothing either."
app()
"""
"""The least that a command line by typer can be: what it costs is the library's."""

_ENGINES = "import numpy, scipy.sparse.linalg, scipy.optimize, power_grid_model, highspy, msgspec"
"""The libraries that the grid engine stands on."""


def _program(*arguments: str) -> Callable[[], None]:
    """Run Python with arguments, in an interpreter of its own."""

    def run() -> None:
        subprocess.run(  # noqa: S603 - our own interpreter and programs
            [sys.executable, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": ""},
        )

    return run


def measure() -> list[Row]:
    """Commands beside an empty application, imports beside the libraries alone."""
    empty = "typer application of two empty commands, --help"
    typer_help = _program("-c", _TWO_COMMANDS, "--help")
    platone = ("-m", "platone")
    pairs = [
        ("platone --help", _program(*platone, "--help"), empty, typer_help),
        ("platone dso --help", _program(*platone, "dso", "--help"), empty, typer_help),
        ("platone verify, a proof", _program(*platone, "verify", str(_PROOF)), empty, typer_help),
        ("platone verify, a proof", _program(*platone, "verify", str(_PROOF)), "python -c pass",
         _program("-c", "pass")),
        ("import platone.grid.study", _program("-c", "import platone.grid.study"),
         "import of its libraries alone", _program("-c", _ENGINES)),
    ]  # fmt: skip
    rows = []
    for what, ours, beside, other in pairs:
        ours_s, other_s = paired_s(ours, other, _RUNS)
        rows.append(Row(f"start: {what}", ours_s * 1e3, "ms", beside, other_s * 1e3))
    return rows
