"""Run all tests as two pytest processes side by side: `python tools/two_halves.py [option …]`.

On two cores they take about half the time that they take one after the other. What the first
process says is shown as it comes, what the second says when both have ended.
"""

import subprocess
import sys
import tempfile

HALF = ["tests/architecture", "tests/e2e", "tests/unit/grid"]
"""The folders of the first process; the second runs all others. Each half takes about as long."""


def main() -> int:
    """Run both halves; the status is the first one that is not zero."""
    pytest = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    with tempfile.TemporaryFile("w+") as said:
        other = [*pytest, *(f"--ignore={folder}" for folder in HALF)]
        with subprocess.Popen(other, stdout=said, stderr=subprocess.STDOUT) as second:  # noqa: S603 - ours
            try:
                first = subprocess.run([*pytest, *HALF], check=False).returncode  # noqa: S603 - ours
                second.wait()
            finally:
                second.terminate()
        said.seek(0)
        sys.stdout.writelines(["\n==> The other half\n", *said])
    return first or second.returncode


if __name__ == "__main__":
    sys.exit(main())
