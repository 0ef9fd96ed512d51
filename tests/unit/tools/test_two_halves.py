"""The tool that runs all tests in two halves: what fails once and what fails again."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / "tools" / "two_halves.py"
PASSES = "def test_passes(): pass\n"
FAILS = "def test_fails(): assert False\n"
FAILS_ONCE = '''
from pathlib import Path
def test_fails_once():
    """Pass where an earlier run has left its mark."""
    mark = Path(__file__).with_suffix(".mark")
    seen = mark.exists()
    mark.touch()
    assert seen
'''


def _ran(folder: Path, first: str, second: str) -> subprocess.CompletedProcess[str]:
    """Run the tool on a folder of tests, one file in each half."""
    for path, text in (("tests/e2e/test_one.py", first), ("tests/unit/test_two.py", second)):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(text)
    for path in ("tests/architecture", "tests/unit/grid"):
        (folder / path).mkdir(parents=True)
    command = [sys.executable, str(TOOL), "-q"]
    return subprocess.run(  # noqa: S603 - ours
        command, cwd=folder, capture_output=True, text=True, check=False
    )


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
