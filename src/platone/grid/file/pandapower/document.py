"""The file: what it is, its version, and its tables, which are JSON texts inside the JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_ROWS = 1_000_000
_OLDEST, _NEWEST = 2, 3
_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?(.*)")
_ENCRYPTED = b"gAAAA"  # how every Fernet token begins: pandapower's encryption
_HEAD = 64
SOLVED_TABLE = "res_bus"
"""The voltages that pandapower calculated; all other results are calculated again."""
_FRAMES = ("DataFrame", "GeoDataFrame")

Version = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the file.

    Attributes:
        columns: Names of its columns.
        index: What its rows are called.
        rows: Their values, null where nothing is known.
    """

    columns: tuple[str, ...] = ()
    index: tuple[Any, ...] = ()
    rows: tuple[list[Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A pandapower file.

    Attributes:
        version: The version of its format; the last number is -1 for one before its release.
        tables: Its tables by name.
        facts: Everything else: numbers, texts, other objects.
    """

    version: Version
    tables: Mapping[str, Table]
    facts: Mapping[str, Any]

    def table(self, name: str) -> Table:
        """Return a table; an empty one where the file has none of that name."""
        return self.tables.get(name, Table())


class _Frame(msgspec.Struct):
    columns: list[Any]
    index: list[Any]
    data: list[list[Any]]


def refuse(reason: str, kind: FaultKind = FaultKind.MALFORMED) -> NetworkInvalid:
    """Return the refusal of the whole file."""
    return NetworkInvalid([Fault("file", kind, reason)])


def read_document(content: bytes) -> Document:
    """Open a pandapower file.

    Raises:
        NetworkInvalid: It is too large, encrypted, no pandapower network, or of a format that
            is not known.
    """
    if len(content) > MAX_FILE_BYTES:
        reason = f"it has {len(content)} bytes; {MAX_FILE_BYTES} are allowed"
        raise refuse(reason, FaultKind.TOO_MANY)
    if is_encrypted(content):
        raise refuse("it is encrypted: save it without an encryption key")
    inside = _network_of(_decoded(content))
    version = _version_of(inside)
    tables, facts = {}, {}
    for name, value in inside.items():
        if isinstance(value, dict) and value.get("_class") in _FRAMES:
            if name == SOLVED_TABLE or not name.startswith(("res_", "_empty_res_")):
                tables[name] = _table(name, value)
        else:
            facts[name] = value
    return Document(version, tables, facts)


def is_encrypted(content: bytes) -> bool:
    """Return whether a file is one that pandapower encrypted."""
    return content[:_HEAD].lstrip().startswith(_ENCRYPTED)


def is_pandapower(content: Any) -> bool:
    """Return whether decoded JSON is a pandapower network."""
    return isinstance(content, dict) and content.get("_class") == "pandapowerNet"


def _decoded(content: bytes | str) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refuse(f"it is no JSON: {error}") from error


def _network_of(content: Any) -> Mapping[str, Any]:
    inside = content.get("_object") if is_pandapower(content) else None
    if isinstance(inside, str):  # the first releases of format 2
        inside = _decoded(inside)
    if not isinstance(inside, dict):
        reason = "it is no pandapower network: the object that pandapower.to_json writes is missing"
        raise refuse(reason)
    return inside


def _version_of(inside: Mapping[str, Any]) -> Version:
    written = _version(inside.get("version"))
    stated = _version(inside.get("format_version"))
    # pandapower trusts neither to be newer than the program that wrote the file
    version = min(written, stated) if written and stated else (stated or written)
    if version is None or not _OLDEST <= version[0] <= _NEWEST:
        shown = inside.get("format_version") or inside.get("version")
        reason = f"its format is {shown!r}; pandapower's formats 2 and 3 are read"
        raise refuse(reason, FaultKind.UNSUPPORTED)
    return version


def _version(text: Any) -> Version | None:
    found = _VERSION.match(text) if isinstance(text, str) else None
    if found is None:
        return None
    major, minor, patch, rest = found.groups()
    return int(major), int(minor), int(patch or 0), -1 if rest else 0


def _table(name: str, value: Mapping[str, Any]) -> Table:
    text = value.get("_object")
    if value.get("orient") != "split" or not isinstance(text, str):
        if value.get("_class") == "GeoDataFrame" or value.get("is_multiindex"):
            return Table()
        raise refuse(f"its table {name!r} is not of the form that pandapower writes")
    try:
        frame = msgspec.json.decode(text, type=_Frame)
    except (msgspec.DecodeError, RecursionError) as error:
        raise refuse(f"its table {name!r} cannot be read: {error}") from error
    if len(frame.data) > MAX_ROWS:
        reason = f"its table {name!r} has {len(frame.data)} rows; {MAX_ROWS} are allowed"
        raise refuse(reason, FaultKind.TOO_MANY)
    whole = len(frame.index) == len(frame.data)
    if not whole or any(len(row) != len(frame.columns) for row in frame.data):
        raise refuse(f"its table {name!r} has rows of unequal length")
    columns = tuple(str(column) for column in frame.columns)
    return Table(columns, tuple(frame.index), tuple(frame.data))
