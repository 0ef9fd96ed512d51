"""One undisturbed run of the Italian day, shared by the tests that look at it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_COMMAND = "from platone.demo.command import app; app()"


@dataclass(frozen=True)
class Run:
    """A finished run: exit code, what it printed, and its files."""

    code: int
    printed: str
    out: Path

    def read(self, name: str) -> Any:
        return json.loads((self.out / name).read_text("utf-8"))


def run_demo(out: Path, *arguments: str) -> Run:
    command = [sys.executable, "-c", _COMMAND, "italy", "--out", str(out), *arguments]
    done = subprocess.run(  # noqa: S603 - our own program
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
        env=os.environ | {"COLUMNS": "160"},
    )
    return Run(done.returncode, done.stdout + done.stderr, out)


@pytest.fixture(scope="session")
def italy(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_demo(tmp_path_factory.mktemp("italy"))
