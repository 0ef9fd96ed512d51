"""Run all tests as two pytest processes side by side: `python tools/two_halves.py [option …]`.

On two cores they take about half the time that they take one after the other. What the first
process says is shown as it comes, what the second says when both have ended.

A few tests that fail are run once more, alone. What fails again fails the run; what passes alone
is named at the end, as a fault to mend (`docs/decisions/0094-failed-tests-alone.md`).
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HALF = ["tests/architecture", "tests/e2e", "tests/unit/grid"]
"""The folders of the first process; the second runs all others. Each half takes about as long."""

RUN_AGAIN = 5
"""How many failed tests of a half are run again; more are no accident, and fail the run at once."""

SOME_FAILED = 1
"""The status by which pytest says that some tests failed; others are no test's failure."""


def run(folder: Path, options: list[str]) -> list[int]:
    """Run both halves, and return the status of each; `folder` then holds what failed in it."""
    first, second = (_pytest(folder / half, options) for half in ("first", "second"))
    with tempfile.TemporaryFile("w+") as said:
        other = [*second, *(f"--ignore={path}" for path in HALF)]
        with subprocess.Popen(other, stdout=said, stderr=subprocess.STDOUT) as beside:  # noqa: S603 - ours
            try:
                status = subprocess.run([*first, *HALF], check=False).returncode  # noqa: S603 - ours
                beside.wait()
            finally:
                beside.terminate()
        said.seek(0)
        sys.stdout.writelines(["\n==> The other half\n", *said])
    sys.stdout.flush()
    return [status, beside.returncode]


def again(cache: Path, options: list[str]) -> int:
    """Run what failed in a half once more by itself, and return the status of that."""
    failed = sorted(json.loads((cache / "v/cache/lastfailed").read_text("utf-8")))
    if len(failed) > RUN_AGAIN:
        return SOME_FAILED
    print(f"\n==> {len(failed)} failed: once more, alone", flush=True)
    command = [*_pytest(cache, options), "--last-failed", "--last-failed-no-failures=none"]
    status = subprocess.run(command, check=False).returncode  # noqa: S603 - ours
    if status == 0:
        print("\n==> FAILED BESIDE OTHERS, PASSED ALONE. Each is a fault to mend:")
        print(*(f"    {name}" for name in failed), sep="\n", flush=True)
    return status


def main() -> int:
    """Run both halves, and again what failed; the status is the first one that is not zero."""
    options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for half, status in zip(("first", "second"), run(folder, options), strict=True):
            left = again(folder / half, options) if status == SOME_FAILED else status
            if left:
                return left
    return 0


def _pytest(cache: Path, options: list[str]) -> list[str]:
    """Return the command that runs pytest and notes in `cache` what failed."""
    return [sys.executable, "-m", "pytest", "-o", f"cache_dir={cache}", *options]


if __name__ == "__main__":
    sys.exit(main())
