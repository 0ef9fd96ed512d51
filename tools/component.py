"""Find Mosquitto for the tests, or fetch it: `python tools/component.py`, or `make components`.

The machine's own serves; else Debian's package manager fetches its package, and those of the
libraries that it needs, into out/components, where nothing of the system is changed and no service
starts. What it fetches it checks by the hashes of its signed lists. Without it the tests of
Mosquitto are skipped by name, and fail under CI=true.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "out" / "components"
"""Where components are kept; `make clean` removes them."""
_PACKAGES = ("mosquitto", "libcjson1", "libdlt2", "libmosquitto1", "libwrap0")
_PLACES = ("/usr/sbin", "/usr/local/sbin")
_TRIES_S = 120
"""How long a command may take, s: the packages are of 0.7 MB, the lists of some 10 MB."""


def mosquitto() -> str | None:
    """Return where Mosquitto's program is, and fetch it where it is not; None where it cannot."""
    named = os.environ.get("PLATONE_TEST_MOSQUITTO")
    own = (shutil.which("mosquitto", path=path) for path in (None, *_PLACES))
    if found := named or next(filter(None, own), None):
        return found
    program = FOLDER / "mosquitto" / "mosquitto"
    apt = shutil.which("apt-get")
    if not program.exists() and apt is not None:
        _fetch(apt, program.parent)
    return str(program) if program.exists() else None


def _fetch(apt: str, folder: Path) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        draft = Path(name)
        download = [apt, "download", "-qq", *_PACKAGES]
        if not _does(download, draft):
            if os.geteuid() == 0:
                _does([apt, "update", "-qq"], draft)
            if not _does(download, draft):
                return
        whole = draft / "mosquitto"
        if not all(
            _does(["dpkg-deb", "-x", each.name, whole.name], draft) for each in draft.glob("*.deb")
        ):
            return
        libraries = {str(each.parent.relative_to(whole)) for each in whole.rglob("*.so*")}
        paths = ":".join(f"$here/{each}" for each in sorted(libraries))
        start = whole / "mosquitto"
        start.write_text(
            '#!/bin/sh\nhere=$(dirname "$0")\n'
            f'LD_LIBRARY_PATH="{paths}" exec "$here/usr/sbin/mosquitto" "$@"\n'
        )
        start.chmod(0o755)
        if not folder.exists():  # another process may have fetched it meanwhile
            whole.rename(folder)


def _does(command: list[str], folder: Path) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - Debian's own tools
            command, check=False, timeout=_TRIES_S, cwd=folder, capture_output=True, text=True
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"    {error}")
        return False
    if done.returncode:
        print(f"    {' '.join(command)}: {done.stderr.strip()}")
    return done.returncode == 0


def main() -> int:
    """Find or fetch Mosquitto, and say what came of it; it never fails the check."""
    print(f"    {mosquitto() or 'there is no Mosquitto: its tests will be skipped'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
