"""Runs programs as if only what an extra installs were there."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]

# every module of a distribution that the extra does not bring looks as if it were not installed
_GUARD = """
import json, sys
absent = frozenset(json.loads(sys.argv.pop(1)))
class Guard:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
for name in absent:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Guard())
exec(sys.argv.pop(1))
"""
_COMMAND = "from platone.cli import main; sys.argv[0] = 'platone'; main()"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def installed() -> Any:
    """The tool that knows what an extra brings."""
    spec = importlib.util.spec_from_file_location("installed", ROOT / "tools" / "installed.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def absent(installed: Any, extra: str) -> list[str]:
    """The modules of all distributions here that an extra does not bring."""
    kept = installed.closure(extra).keys() | {"platone"}
    return sorted(
        module
        for module, owners in packages_distributions().items()
        if not kept & {canonicalize_name(owner) for owner in owners}
    )


@pytest.fixture(scope="session")
def run_with(installed: Any) -> Run:
    """Runs Python text, or a command, with an extra alone."""

    def run(extra: str, *arguments: str, program: str = _COMMAND, **variables: str) -> Any:
        missing = json.dumps(absent(installed, extra))
        return subprocess.run(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-c", _GUARD, missing, program, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=os.environ | variables,
        )

    return run
