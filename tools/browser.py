"""Find a Chromium for the tests of pages, or install one: `python tools/browser.py`.

The machine's own serves; else playwright downloads one for this user, or as root Debian's package
manager installs one. Without any the tests of pages are skipped by name, and fail under CI=true.
"""

import os
import shutil
import subprocess
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_TRIES_S = 300
"""How long an installation may take, s: it downloads some 150 MB."""


def found() -> str | None:
    """Return where a Chromium is; None where there is none."""
    named = os.environ.get("PLATONE_TEST_CHROMIUM")
    return named or next(filter(None, map(shutil.which, _NAMES)), None) or _own()


def _own() -> str | None:
    """Return the browser that playwright has installed; None where it has not."""
    asked = "from playwright.sync_api import sync_playwright as s\nwith s() as p: "
    asked += "print(p.chromium.executable_path)"
    told = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", asked], check=False, capture_output=True, text=True
    )
    path = told.stdout.strip()
    return path if path and os.path.exists(path) else None  # noqa: PTH110


def ways() -> list[list[str]]:
    """Return the commands that may install one, in the order in which they are tried."""
    playwright = [[sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]]
    if os.geteuid() != 0:
        return [[sys.executable, "-m", "playwright", "install", "chromium"]]
    apt = shutil.which("apt-get")
    if apt is None:
        return playwright
    install = [apt, "install", "-y", "-qq", "--no-install-recommends", "chromium"]
    return [install, [apt, "update", "-qq"], install, *playwright]


def main() -> int:
    """Find or install a browser, and say what came of it; it never fails the check."""
    for command in [[], *ways()]:
        if command:
            print(f"    {' '.join(command)}")
            try:
                subprocess.run(command, check=False, timeout=_TRIES_S, stdout=subprocess.DEVNULL)  # noqa: S603
            except (OSError, subprocess.TimeoutExpired) as error:
                print(f"    {error}")
        if (path := found()) is not None:
            print(f"    {path}")
            return 0
    print("    there is no Chromium: the tests of pages will be skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
