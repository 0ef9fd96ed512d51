"""What each extra installs, and how large it is: `python tools/installed.py` prints the table.

It reads pyproject.toml and the packages of the environment that it runs in, which must hold
all extras, as the one of `make test` does.
"""

import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
BASE = ""
"""The name of what is installed without any extra."""

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: list[str] = list(_PROJECT["optional-dependencies"])


def direct(extra: str) -> list[Requirement]:
    """Return what the project itself asks for, with the extras that an extra holds."""
    texts = list(_PROJECT["dependencies"])
    if extra != BASE:
        texts = _PROJECT["optional-dependencies"][extra]
    found = []
    for requirement in map(Requirement, texts):
        if requirement.name == _PROJECT["name"]:
            found += [each for inner in sorted(requirement.extras) for each in direct(inner)]
        else:
            found.append(requirement)
    return found


def closure(extra: str) -> dict[str, Distribution]:
    """Return the distributions that an extra brings together with the base, by name."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    left = direct(BASE) + (direct(extra) if extra != BASE else [])
    while left:
        requirement = left.pop()
        name = canonicalize_name(requirement.name)
        for asked in ("", *requirement.extras):
            if (name, asked) in seen:
                continue
            seen.add((name, asked))
            try:
                found[name] = distribution(name)
            except PackageNotFoundError:  # for another platform or Python
                continue
            left += _asked_by(found[name], asked)
    return found


def _asked_by(package: Distribution, extra: str) -> Iterator[Requirement]:
    for requirement in map(Requirement, package.requires or ()):
        if requirement.marker is None:
            if not extra:
                yield requirement
        elif requirement.marker.evaluate({"extra": extra}):
            yield requirement


def megabytes(packages: dict[str, Distribution]) -> float:
    """Return the size of all files of packages, without the bytecode that Python adds."""
    sizes = (
        Path(str(file.locate())).stat().st_size
        for package in packages.values()
        for file in package.files or ()
        if file.suffix != ".pyc" and Path(str(file.locate())).is_file()
    )
    return sum(sizes) / 1e6


def own_megabytes() -> float:
    """Return the size of the package itself, which is the same whatever is installed with it."""
    files = (each for each in (ROOT / "src").rglob("*") if each.is_file())
    return sum(each.stat().st_size for each in files if each.suffix != ".pyc") / 1e6


def main() -> None:
    """Print a row an extra."""
    sys.stdout.write("| extra | packages | MB |\n|---|---:|---:|\n")
    for extra in (BASE, *EXTRAS):
        packages = closure(extra)
        size = megabytes(packages) + own_megabytes()
        name = f"`{extra}`" if extra else "none"
        sys.stdout.write(f"| {name} | {len(packages) + 1} | {size:.0f} |\n")


if __name__ == "__main__":
    main()
