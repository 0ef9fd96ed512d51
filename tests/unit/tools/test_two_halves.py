"""The tool that runs all tests in two halves: what fails once, what fails again, what hangs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / "tools" / "two_halves.py"
PASSES = "def test_passes(): pass\n"
FAILS = "def test_fails(): assert False\n"
HANGS = """
import time
from pathlib import Path
def test_hangs():
    Path(__file__).with_suffix(".mark").touch()
    time.sleep(600)
"""
FAILS_ONCE = '''
from pathlib import Path
def test_fails_once():
    """Pass where an earlier run has left its mark."""
    mark = Path(__file__).with_suffix(".mark")
    seen = mark.exists()
    mark.touch()
    assert seen
'''


COMMAND = [sys.executable, str(TOOL), "-q"]


def _ran(
    folder: Path, first: str, second: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run the tool on a folder of tests, one file in each half."""
    _write(folder, first, second)
    return subprocess.run(  # noqa: S603 - ours
        COMMAND,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | settings,
    )


def _write(folder: Path, first: str, second: str) -> None:
    """Write a folder of tests, one file in each half."""
    for path, text in (("tests/e2e/test_one.py", first), ("tests/unit/test_two.py", second)):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(text)
    for path in ("tests/architecture", "tests/unit/grid"):
        (folder / path).mkdir(parents=True)


def test_what_passes_is_run_once(tmp_path: Path) -> None:
    done = _ran(tmp_path, PASSES, PASSES)
    assert done.returncode == 0
    assert done.stdout.count("1 passed") == 2
    assert "once more" not in done.stdout


@pytest.mark.parametrize("half", [0, 1])
def test_what_fails_once_is_named_and_fails_nothing(tmp_path: Path, half: int) -> None:
    texts = [PASSES, PASSES]
    texts[half] = FAILS_ONCE
    done = _ran(tmp_path, *texts)
    assert done.returncode == 0
    assert "1 failed" in done.stdout
    assert done.stdout.rstrip().endswith("::test_fails_once")
    assert "PASSED ALONE" in done.stdout


@pytest.mark.parametrize("half", [0, 1])
def test_what_fails_again_fails_the_run(tmp_path: Path, half: int) -> None:
    texts = [FAILS_ONCE, FAILS_ONCE]
    texts[half] = FAILS
    done = _ran(tmp_path, *texts)
    assert done.returncode == 1
    assert "1 failed" in done.stdout


def test_many_that_fail_are_not_run_again(tmp_path: Path) -> None:
    many = "".join(FAILS.replace("fails", f"fails_{number}") for number in range(6))
    done = _ran(tmp_path, PASSES, many)
    assert done.returncode == 1
    assert "once more" not in done.stdout


def test_a_file_that_cannot_be_read_fails_the_run(tmp_path: Path) -> None:
    done = _ran(tmp_path, PASSES, "import there_is_no_such_module\n")
    assert done.returncode == 2


@pytest.mark.parametrize("half", [0, 1])
def test_what_hangs_is_ended_and_tells_where_it_stood(tmp_path: Path, half: int) -> None:
    texts = [PASSES, PASSES]
    texts[half] = HANGS
    done = _ran(tmp_path, *texts, TEST_LONGEST_S="20")
    assert done.returncode not in (0, 1)
    assert "1 passed" in done.stdout
    assert "in test_hangs" in done.stdout + done.stderr


def test_a_run_that_is_told_to_end_tells_what_was_said(tmp_path: Path) -> None:
    _write(tmp_path, HANGS, FAILS)
    with subprocess.Popen(COMMAND, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as run:  # noqa: S603 - ours
        while not (tmp_path / "tests/e2e/test_one.mark").exists():
            time.sleep(0.1)
        time.sleep(3)  # the other half, of one test, has ended
        run.terminate()
        said, _ = run.communicate(timeout=60)
    assert run.returncode == 128 + signal.SIGTERM
    assert "1 failed" in said
