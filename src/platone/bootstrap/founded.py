"""The records that a data folder has had: a start with some of them missing does not begin anew."""

from collections.abc import Iterable
from pathlib import Path

from platone.bootstrap.problem import RecordsMissing

DATABASE_FILE = "database.json"
"""The file of a data folder that tells where its records are, if they are not in files."""
_LIST = "records.txt"
_HEADER = "# What this folder keeps records in. Remove a line to begin anew without that file.\n"


def check_founded(folder: Path) -> None:
    """Check that every file that a data folder has had is there, and holds something.

    Raises:
        RecordsMissing: Some are not; nothing was changed.
    """
    file = folder / _LIST
    if not file.exists():
        return
    lines = file.read_text("utf-8").splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    missing = [name for name in names if not _holds_something(folder / name)]
    if missing:
        raise RecordsMissing(
            f"{folder} has lost {', '.join(missing)}: put them back from a backup, or remove "
            f"their lines from {file} to begin anew without what they held.",
            missing=missing,
        )


def remember_founded(folder: Path, files: Iterable[Path]) -> None:
    """Write down which files a data folder has from now on."""
    names = sorted(str(each.relative_to(folder)) for each in files)
    text = _HEADER + "".join(f"{name}\n" for name in names)
    file = folder / _LIST
    if not file.exists() or file.read_text("utf-8") != text:
        file.write_text(text, "utf-8")


def _holds_something(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0
