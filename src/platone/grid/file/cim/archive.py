"""XML files out of folders and zips, bounded: a zip bomb or a stray gigabyte is refused."""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

MAX_TOTAL_BYTES = 512 * 1024 * 1024
"""All XML files of one network together, unpacked."""
MAX_FILES = 500
"""Most files of one network: each area has some four profiles, so that 100 areas fit."""
_MAX_DEPTH = 2
"""Archives within archives: a zip of zips is common, deeper ones are not."""
_MAX_FOLDERS = 3
"""Folders within the folder that is named: a model's, its areas', their profiles'."""
_MAX_ENTRIES = 10_000
"""Files and folders that are looked at, so that a home folder named by mistake ends soon."""
_CHUNK = 1 << 20
"""Bytes unpacked at once: the bound on all is looked at after each."""
_ZIP_START = b"PK\x03\x04"
_SUFFIXES = (".xml", ".rdf", ".zip")


def is_zip(content: bytes) -> bool:
    """Return whether a file is a zip."""
    return content[:4] == _ZIP_START


def files_of(path: Path) -> dict[str, bytes]:
    """Read the XML and zip files of a folder and its subfolders, or the one file that is named.

    Raises:
        NetworkInvalid: There are too many or too large ones.
        OSError: They cannot be read.
    """
    if not path.is_dir():
        return {path.name: path.read_bytes()}
    found: dict[str, bytes] = {}
    total = 0
    for each in sorted(_entries(path)):
        if each.suffix.lower() in _SUFFIXES and each.is_file():
            total += each.stat().st_size
            _require_bounded(total, len(found) + 1)
            found[each.relative_to(path).as_posix()] = each.read_bytes()
    return found


def _entries(folder: Path) -> Iterator[Path]:
    """Yield what lies in a folder and its subfolders, hidden ones left out."""
    looked_at = 0
    below = [(folder, 0)]
    while below:
        parent, depth = below.pop()
        for each in parent.iterdir():
            looked_at += 1
            if looked_at > _MAX_ENTRIES:
                reason = (
                    f"more than {_MAX_ENTRIES} files and folders lie in it: name the model's own"
                )
                raise _refused("files", reason, FaultKind.TOO_MANY)
            if each.is_symlink() or not each.is_dir():
                yield each
            elif not each.name.startswith("."):
                if depth == _MAX_FOLDERS:
                    where = each.relative_to(folder).as_posix()
                    reason = f"its folders are nested more than {_MAX_FOLDERS} deep ({where})"
                    raise _refused("files", reason, FaultKind.TOO_MANY)
                below.append((each, depth + 1))


def unpacked(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the XML files, those in zips and in zips of zips too, in the order of their names.

    Raises:
        NetworkInvalid: They are too many or too large, or a zip cannot be read.
    """
    found: dict[str, bytes] = {}
    total = 0
    for name, content in _walk(files, 0):
        total += len(content)
        _require_bounded(total, len(found) + 1)
        found[name] = content
    if not found:
        raise _refused("files", "there is no XML file among them")
    return dict(sorted(found.items()))


def _walk(files: Mapping[str, bytes], depth: int) -> Iterator[tuple[str, bytes]]:
    for name, content in files.items():
        if not is_zip(content):
            yield name, content
        elif depth == _MAX_DEPTH:
            raise _refused(name, "zips are nested more than two deep")
        else:
            inner = {f"{name}/{part}": found for part, found in _members(name, content)}
            yield from _walk(inner, depth + 1)


def _members(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    left = MAX_TOTAL_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            wanted = [each for each in archive.infolist() if _is_wanted(each)]
            _require_bounded(0, len(wanted))
            for each in wanted:
                found = _bounded(archive, each, left)
                left -= len(found)
                yield each.filename, found
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise _refused(name, f"the zip cannot be read: {error}") from error
    except (OSError, ValueError) as error:
        raise _refused(name, f"the zip is damaged: {error}") from error


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    # what macOS adds beside each file is no XML
    hidden = entry.filename.startswith("__MACOSX/")
    return not hidden and entry.filename.lower().endswith(_SUFFIXES)


def _bounded(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Return an entry, bounded by what it really unpacks to: its header may lie."""
    parts, size = [], 0
    with archive.open(entry) as stream:
        while part := stream.read(_CHUNK):
            size += len(part)
            _require_bounded(MAX_TOTAL_BYTES - most + size, 1)
            parts.append(part)
    return b"".join(parts)


def _require_bounded(total: int, count: int) -> None:
    if total > MAX_TOTAL_BYTES:
        raise _refused("files", f"unpacked they exceed {MAX_TOTAL_BYTES} bytes", FaultKind.TOO_MANY)
    if count > MAX_FILES:
        raise _refused("files", f"they are more than {MAX_FILES}", FaultKind.TOO_MANY)


def _refused(name: str, reason: str, kind: FaultKind = FaultKind.MALFORMED) -> NetworkInvalid:
    return NetworkInvalid([Fault(name, kind, reason)])
