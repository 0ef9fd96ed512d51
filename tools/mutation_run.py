"""Runs tests against mutations: each in a process of its own, in bounded time, on a copy.

The parent process imports what the tests import from other packages, once, and never the
product: each child is forked from it and imports the product from its copy of the tree::

    parent ──fork──► baseline: all tests of a group, watched ──► lines by test, seconds by test
           ──fork──► a mutation: the tests that reach its line, the fastest first, until one fails
"""

import ctypes
import gc
import importlib
import os
import pickle
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from mutant import Mutant
from mutation_watch import AT_IMPORT, Choice, Watch

ROOT = Path(__file__).parents[1]
LEFT_OUT = (".git", ".venv", "out", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache")
"""Folders that no copy of the tree needs."""
LONGEST_TESTS_S = 30.0
"""Tests that reach a line are chosen, the fastest first, until they take this long, s."""
LONGEST_BASELINE_S = 1800.0
"""How long all tests of a group may take, watched, s."""
LONGEST_WAIT = 5.0
"""How many times its processor's time a mutation may take by the clock: others use the machine."""
MEMORY = 8 << 30
"""Address space of a child, bytes: a mutation may allocate without end."""
QUIET = ["-q", "-x", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
_PR_SET_PDEATHSIG = 1
"""Linux's name for: end with the parent, however that ends."""
_NOTHING_RAN = 5
"""Pytest's status where no test was found."""


@dataclass(frozen=True)
class Baseline:
    """What the unchanged tests of a group reach, and how long they take.

    Attributes:
        reached: Lines by file and test.
        duration_s: Seconds by test.
        failed: Tests that fail without any change.
        elsewhere: Tests that run the modules in processes of their own, so that no line is seen.
        imported: Modules of other packages that the tests import.
    """

    reached: dict[str, dict[str, set[int]]]
    duration_s: dict[str, float]
    failed: list[str]
    imported: list[str]
    elsewhere: list[str]

    def tests(self, path: str, mutant: Mutant) -> list[str]:
        """Return the tests that reach a mutation, the fastest first, as far as time allows.

        Of a contract no lines are seen: all tests of the group may reach it.
        """
        if path.endswith(".vy"):
            return sorted(
                self.duration_s.keys() - set(self.failed), key=self.duration_s.__getitem__
            )
        by_test = self.reached.get(path, {})
        lines = set(range(mutant.line, mutant.last_line + 1))
        tests = [test for test, reached in by_test.items() if test and reached & lines]
        tests += [test for test in self.elsewhere if test not in tests]
        if by_test.get(AT_IMPORT, set()) & lines:  # a test may look at constants alone
            files = {test.partition("::")[0] for test in by_test if test}
            tests = [
                test
                for test in self.duration_s.keys() - set(self.failed)
                if not files or test.partition("::")[0] in files
            ]
        tests.sort(key=lambda test: (self.duration_s[test], test))
        chosen: list[str] = []
        total_s = 0.0
        for test in tests:
            total_s += self.duration_s[test]
            if chosen and total_s > LONGEST_TESTS_S:
                break
            chosen.append(test)
        return chosen


class Copy:
    """A copy of the tree, in which one file at a time is changed."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))

    @contextmanager
    def changed(self, path: str, source: str) -> Iterator[None]:
        """Change a file for a while; its compiled form is not taken for it, whatever the clock."""
        file = self.root / path
        before, stamp = file.read_bytes(), file.stat().st_mtime
        file.write_text(source)
        os.utime(file, (stamp + 1000, stamp + 1000))
        try:
            yield
        finally:
            file.write_bytes(before)
            os.utime(file, (stamp, stamp))

    def become(self, log: Path) -> None:
        """Turn this process into one that runs tests in the copy."""
        os.setsid()
        os.chdir(self.root)
        source = str(self.root / "src")
        os.environ.update(PYTHONPATH=source, TMPDIR=str(self.root / "tmp"))
        tempfile.tempdir = None
        (self.root / "tmp").mkdir(exist_ok=True)
        others = (each for each in sys.path if each != str(ROOT / "tools"))
        sys.path[:] = [source, str(self.root), *others]  # as `python -m pytest` there has it
        sys.path_importer_cache.clear()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for standard in (1, 2):
            os.dup2(output, standard)


def forked(action: Callable[[], int]) -> int:
    """Run an action in a child process, which ends with its result; return the child's number."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 70
        with suppress(AttributeError):  # other systems than Linux
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        try:
            status = action()
        except BaseException:  # noqa: BLE001 - the process ends here, whatever it is
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return child


def ended(child: int, timeout_s: float) -> int | None:
    """Wait for a child and return its status; None if it was stopped for its time."""
    deadline = time.monotonic() + timeout_s
    status: int | None = None
    while time.monotonic() < deadline:
        done, code = os.waitpid(child, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(code)
            break
        time.sleep(0.02)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # with all that its tests have started
    if status is None:
        os.waitpid(child, 0)
    return status


def baseline(place: Copy, modules: list[str], tests: list[str], elsewhere: list[str]) -> Baseline:
    """Run the tests of a group once, unchanged and watched.

    Args:
        place: The copy in which they run.
        modules: The files that are watched, from the root.
        tests: Files and folders of tests, from the root.
        elsewhere: Names of functions among them that run the modules in processes of their own.
    """
    result = place.root / "baseline.pickle"
    paths = frozenset(str(place.root / module) for module in modules)

    def run() -> int:
        place.become(place.root / "baseline.log")
        watch = Watch(paths)
        pytest.main([*QUIET, "--maxfail=1000", *tests], plugins=[watch])
        sys.settrace(None)
        reached = {
            str(Path(path).relative_to(place.root)): {
                test: lines for test, lines in by_test.items() if test not in watch.failed
            }
            for path, by_test in watch.reached.items()
        }
        own = [
            test
            for test in watch.duration_s
            if test.split("::")[-1].split("[")[0] in elsewhere and test not in watch.failed
        ]
        found = Baseline(reached, dict(watch.duration_s), watch.failed, _foreign_modules(), own)
        result.write_bytes(pickle.dumps(found))
        return 0

    if ended(forked(run), LONGEST_BASELINE_S) != 0:
        log = (place.root / "baseline.log").read_text()
        raise SystemExit(f"The tests do not run:\n{log[-2000:]}")
    found = pickle.loads(result.read_bytes())  # noqa: S301 - written by the child
    assert isinstance(found, Baseline)  # noqa: S101 - for the type
    if not found.duration_s:
        log = (place.root / "baseline.log").read_text()
        raise SystemExit(f"No test runs, so none could notice anything:\n{log[-2000:]}")
    return found


def _foreign_modules() -> list[str]:
    """Return what was imported from other packages, in the order of the import."""
    testing = ("pytest", "_pytest", "hypothesis", "_hypothesis", "anyio", "pluggy")
    return [
        name
        for name, module in list(sys.modules.items())
        if "site-packages" in (getattr(module, "__file__", None) or "")
        and not name.startswith(testing)
        and not name.startswith("platone")
    ]


def import_once(names: list[str]) -> None:
    """Import other packages' modules here, so that no child needs to."""
    limit = sys.getrecursionlimit()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            with suppress(Exception):
                importlib.import_module(name)
    sys.setrecursionlimit(limit)  # a package raises it; the tests look at it
    gc.freeze()


def is_noticed(place: Copy, path: str, mutant: Mutant, known: Baseline) -> bool:
    """Tell whether a test fails, or does not end, where a file has a change."""
    tests = known.tests(path, mutant)
    if not tests:
        return False

    longest_s = 30.0 + 6.0 * sum(known.duration_s[test] for test in tests)

    def run() -> int:
        place.become(place.root / "mutant.log")
        resource.setrlimit(resource.RLIMIT_CPU, (ceil(longest_s), ceil(longest_s)))
        sys.dont_write_bytecode = True
        files = sorted({test.split("::")[0] for test in tests})
        options: list[Any] = [Choice(tests)]
        status = pytest.main([*QUIET, *files], plugins=options)
        return 0 if status == _NOTHING_RAN else int(status)

    with place.changed(path, mutant.source):
        return ended(forked(run), LONGEST_WAIT * longest_s) != 0
