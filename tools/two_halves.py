"""Run all tests as two pytest processes side by side: `python tools/two_halves.py [option …]`.

On two cores they take about half the time that they take one after the other. What the first
process says is shown as it comes, what the second says when both have ended.

A few tests that fail are run once more, alone. What fails again fails the run; what passes alone
is named at the end, as a fault to mend (`docs/decisions/0094-failed-tests-alone.md`). A half that
does not end, and a run that is told to end (SIGTERM), still tell what both said until then.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HALF = ["tests/architecture", "tests/e2e", "tests/unit/grid"]
"""The folders of the first process; the second runs all others. Each half takes about as long."""

RUN_AGAIN = 5
"""How many failed tests of a half are run again; more are no accident, and fail the run at once."""

LONGEST_S = float(os.environ.get("TEST_LONGEST_S", "4200"))
"""How long both halves may take, in s: what hangs is told before those who wait for it give up."""

PATIENCE_S = 10.0
"""How long a half that is told to end may take for it, in s."""

SOME_FAILED = 1
"""The status by which pytest says that some tests failed; others are no test's failure."""


def run(folder: Path, options: list[str]) -> list[int]:
    """Run both halves, and return the status of each; `folder` then holds what failed in it."""
    first, second = (_pytest(folder / half, options) for half in ("first", "second"))
    other = [*second, *(f"--ignore={path}" for path in HALF)]
    until = time.monotonic() + LONGEST_S
    halves: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        try:
            halves.append(subprocess.Popen([*first, *HALF]))  # noqa: S603 - ours
            halves.append(subprocess.Popen(other, stdout=said, stderr=subprocess.STDOUT))  # noqa: S603 - ours
            return [_status(each, until) for each in halves]
        finally:
            for each in halves:
                _end(each, signal.SIGTERM)
            said.seek(0)
            sys.stdout.writelines(["\n==> The other half\n", *said])
            sys.stdout.flush()


def _status(half: subprocess.Popen[bytes], until: float) -> int:
    """Wait for a half until that time of the monotonic clock, and return its status.

    A half that has not ended by then writes where each of its threads stands, and is ended.
    """
    try:
        return half.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        print(f"\n==> A half has not ended within {LONGEST_S:.0f} s; it stood here:", flush=True)
        _end(half, signal.SIGABRT)  # upon which pytest's faulthandler tells where it stands
        return half.returncode


def _end(half: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """End a half by a signal, or by force where it does not heed it."""
    half.send_signal(how)
    try:
        half.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        half.kill()
        half.wait()


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
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for half, status in zip(("first", "second"), run(folder, options), strict=True):
            left = again(folder / half, options) if status == SOME_FAILED else status
            if left:
                return left
    return 0


def _pytest(cache: Path, options: list[str]) -> list[str]:
    """Return pytest's command: it notes in `cache` what failed, and tells what was slow."""
    slow = ["--durations=30", "--durations-min=5"]
    return [sys.executable, "-m", "pytest", "-o", f"cache_dir={cache}", *slow, *options]


if __name__ == "__main__":
    sys.exit(main())
