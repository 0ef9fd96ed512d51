"""A request of deeply nested JSON must not overflow the stack of the process that holds the EVM."""

import subprocess
import sys

PROGRAM = """
import platone.ledger.context, msgspec, sys
for form in (None, dict[str, msgspec.Raw]):
    try:
        msgspec.json.decode(b"[" * 5_000_000, **({} if form is None else {"type": form}))
    except (RecursionError, msgspec.DecodeError):
        pass
print("alive", sys.getrecursionlimit() < 10_000)
"""


def test_deep_json_does_not_stop_the_process() -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "alive True\n"), done.stderr[-500:]
