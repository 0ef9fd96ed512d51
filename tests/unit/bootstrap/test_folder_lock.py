"""Two servers never share a data folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from platone.bootstrap.folder_lock import FolderLock
from platone.bootstrap.problem import ServerFailed

_HOLD = """
import sys
from pathlib import Path
from platone.bootstrap.folder_lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_server_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    first = FolderLock(tmp_path)
    with pytest.raises(ServerFailed, match="in use by another"):
        FolderLock(tmp_path)
    first.release()
    FolderLock(tmp_path).release()


def test_a_killed_server_holds_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(ServerFailed):
            FolderLock(tmp_path)
        other.kill()
    FolderLock(tmp_path).release()
