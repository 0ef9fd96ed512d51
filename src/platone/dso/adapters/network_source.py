"""Networks from files, told apart by what is in them: our own JSON, pandapower's, CIM."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from platone.dso.adapters.pandapower.read import read_pandapower
from platone.dso.domain.network.fault import Fault, FaultKind, NetworkInvalid
from platone.dso.domain.network.file import FORMAT, read_network
from platone.dso.domain.network.model import Network

MAX_BYTES = 1024 * 1024 * 1024
MAX_FILES = 1000
_ZIP = b"PK\x03\x04"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ENCRYPTED = b"gAAAA"
_OWN = re.compile(rb'"format"\s*:\s*"' + FORMAT.split("/")[0].encode())
_HEAD = 64


def read_network_path(path: Path) -> Network:
    """Read and check a network.

    Args:
        path: A file, or a folder or zip with the files of a CIM model.

    Raises:
        NetworkInvalid: It cannot be read or calculated; faults of a file as a whole carry its
            name, those of elements their identifiers.
    """
    try:
        if path.is_dir():
            return _read_cim(path.name, _of_folder(path))
        if path.stat().st_size > MAX_BYTES:
            raise _refusal(path.name, f"it has more than {MAX_BYTES} bytes", FaultKind.TOO_MANY)
        return read_network_content(path.name, path.read_bytes())
    except OSError as error:
        raise _refusal(path.name, error.strerror or str(error)) from error


def read_network_content(name: str, content: bytes) -> Network:
    """Read and check a network from a file's content; ``name`` is the file's, for errors.

    Raises:
        NetworkInvalid: It cannot be read or calculated.
    """
    content = content.removeprefix(_BYTE_ORDER_MARK)
    start = content[:_HEAD].lstrip()
    if start.startswith(_ZIP):
        return _read_cim(name, _of_zip(name, content))
    if start.startswith(b"<"):
        return _read_cim(name, {name: content})
    if not start.startswith((b"{", _ENCRYPTED)):
        raise _refusal(name, "it is neither JSON (our own or pandapower's) nor CIM (XML or zip)")
    try:
        return read_network(content) if _OWN.search(content) else read_pandapower(content)
    except NetworkInvalid as error:
        raise _named(name, error) from error


def _read_cim(name: str, files: Mapping[str, bytes]) -> Network:
    if not files:
        raise _refusal(name, "there are no XML files in it")
    raise _refusal(name, "CIM is not read yet", FaultKind.UNSUPPORTED)


def _of_folder(folder: Path) -> dict[str, bytes]:
    """The XML files of a folder, and those in its zips: CGMES profiles come both ways."""
    files: dict[str, bytes] = {}
    total = 0
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in {".xml", ".zip"} or not path.is_file():
            continue
        total += path.stat().st_size
        if total > MAX_BYTES or len(files) >= MAX_FILES:
            raise _refusal(folder.name, "it is too large", FaultKind.TOO_MANY)
        content = path.read_bytes()
        name = str(path.relative_to(folder))
        if content.startswith(_ZIP):
            files |= {f"{name}/{each}": text for each, text in _of_zip(name, content).items()}
        else:
            files[name] = content
    return files


def _of_zip(name: str, content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return dict(_entries(name, archive))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise _refusal(name, f"the zip cannot be opened: {error}") from error


def _entries(name: str, archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    entries = [each for each in archive.infolist() if each.filename.lower().endswith(".xml")]
    # sizes are those that the archive states; reading stops there, whatever it holds
    if len(entries) > MAX_FILES or sum(each.file_size for each in entries) > MAX_BYTES:
        raise _refusal(name, "it is too large when unpacked", FaultKind.TOO_MANY)
    for entry in entries:
        with archive.open(entry) as file:
            yield entry.filename, file.read(entry.file_size)


def _refusal(name: str, reason: str, kind: FaultKind = FaultKind.MALFORMED) -> NetworkInvalid:
    return NetworkInvalid([Fault(name, kind, reason)])


def _named(name: str, error: NetworkInvalid) -> NetworkInvalid:
    """The same faults, those of the whole file under its name."""
    return NetworkInvalid(
        [
            Fault(name, fault.kind, fault.reason) if fault.element == "file" else fault
            for fault in error.faults
        ]
    )
