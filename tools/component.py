"""Find programs for the tests, or fetch them: `python tools/component.py`, or `make components`.

The machine's own serve; else Debian's package manager fetches their packages, and those of the
libraries that they need, into out/components, where nothing of the system is changed and no service
starts. What it fetches it checks by the hashes of its signed lists. Without one of them its tests
are skipped by name, and fail under CI=true.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "out" / "components"
"""Where components are kept; `make clean` removes them."""
_PACKAGES = {
    "mosquitto": ("mosquitto", "libcjson1", "libdlt2", "libmosquitto1", "libwrap0"),
    "promtool": ("prometheus",),
}
"""Debian's packages of each program, and of the libraries that not every machine has."""
_PLACES = ("/usr/sbin", "/usr/local/sbin")
_TRIES_S = 120
"""How long a command may take, s: the packages are of 0.7 and 19 MB, the lists of some 10 MB."""


def component(name: str) -> str | None:
    """Return where a program is, and fetch it where it is not; None where it cannot be had."""
    named = os.environ.get(f"PLATONE_TEST_{name.upper()}")
    own = (shutil.which(name, path=path) for path in (None, *_PLACES))
    if found := named or next(filter(None, own), None):
        return found
    program = FOLDER / name / name
    apt = shutil.which("apt-get")
    if not program.exists() and apt is not None:
        _fetch(apt, name)
    return str(program) if program.exists() else None


def _fetch(apt: str, program: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        draft = Path(folder)
        download = [apt, "download", "-qq", *_PACKAGES[program]]
        if not _does(download, draft):
            if os.geteuid() == 0:
                _does([apt, "update", "-qq"], draft)
            if not _does(download, draft):
                return
        whole = draft / program
        if not all(
            _does(["dpkg-deb", "-x", each.name, whole.name], draft) for each in draft.glob("*.deb")
        ):
            return
        libraries = {str(each.parent.relative_to(whole)) for each in whole.rglob("*.so*")}
        paths = ":".join(f"$here/{each}" for each in sorted(libraries))
        main = next(whole.glob(f"usr/*bin/{program}")).relative_to(whole)
        start = whole / program
        start.write_text(
            f'#!/bin/sh\nhere=$(dirname "$0")\nLD_LIBRARY_PATH="{paths}" exec "$here/{main}" "$@"\n'
        )
        start.chmod(0o755)
        if not (FOLDER / program).exists():  # another process may have fetched it meanwhile
            whole.rename(FOLDER / program)


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
    """Find or fetch each, and say what came of it; it never fails the check."""
    for name in _PACKAGES:
        print(f"    {component(name) or f'there is no {name}: its tests will be skipped'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
