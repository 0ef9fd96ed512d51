"""Networks from files, told apart by what is in them: our own JSON, pandapower's, CIM."""

import re
from pathlib import Path

from platone.grid.file.cim.archive import files_of, is_zip
from platone.grid.file.cim.clock import Clocks
from platone.grid.file.cim.read import read_cim
from platone.grid.file.own_form import FORMAT, read_network
from platone.grid.file.pandapower.document import MAX_FILE_BYTES, is_encrypted
from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.network.model import Network
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""How XML in UTF-16 begins."""
_OWN = re.compile(rb'"format"\s*:\s*"' + FORMAT.split("/", maxsplit=1)[0].encode())
_HEAD = 64
_OF_THE_WHOLE = ("file", "files")
"""How readers call what they were given, which only the caller can name."""


def read_network_path(path: Path, clocks: Clocks = "solved") -> Network:
    """Read and check a network.

    Args:
        path: A file, or a folder or zip with the files of a CIM model.
        clocks: Whether the clocks of CIM's transformers turn angles, as of `read_cim`.

    Raises:
        NetworkInvalid: It cannot be read or calculated; faults of a file as a whole carry its
            name, those of elements their identifiers.
    """
    try:
        if path.is_dir():
            return read_cim(files_of(path), clocks=clocks)
        if path.stat().st_size > MAX_FILE_BYTES:
            reason = f"it has more than {MAX_FILE_BYTES} bytes"
            raise _refusal(str(path), reason, FaultKind.TOO_MANY)
        return read_network_content(str(path), path.read_bytes(), clocks)
    except OSError as error:
        raise _refusal(str(path), error.strerror or str(error)) from error
    except NetworkInvalid as error:
        raise _named(str(path), error) from error


def read_network_content(name: str, content: bytes, clocks: Clocks = "solved") -> Network:
    """Read and check a network from a file's content; ``name`` is the file's, for errors.

    Raises:
        NetworkInvalid: It cannot be read or calculated.
    """
    content = content.removeprefix(_BYTE_ORDER_MARK)
    start = content[:_HEAD].lstrip()
    try:
        if is_zip(content) or start.startswith(b"<") or content.startswith(_UTF_16):
            return read_cim({name: content}, clocks=clocks)
        if _OWN.search(content):
            return read_network(content)
        if start.startswith(b"{") or is_encrypted(content):
            return read_pandapower(content, Path(name).stem)
    except NetworkInvalid as error:
        raise _named(name, error) from error
    raise _refusal(name, "it is neither JSON (our own or pandapower's) nor CIM (XML or zip)")


def _refusal(name: str, reason: str, kind: FaultKind = FaultKind.MALFORMED) -> NetworkInvalid:
    return NetworkInvalid([Fault(name, kind, reason)])


def _named(name: str, error: NetworkInvalid) -> NetworkInvalid:
    """Return an error with the same faults, those of the whole file under its name."""
    return NetworkInvalid(
        [
            Fault(name, fault.kind, fault.reason) if fault.element in _OF_THE_WHOLE else fault
            for fault in error.faults
        ]
    )
