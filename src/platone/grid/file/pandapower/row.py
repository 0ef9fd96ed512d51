"""The rows of pandapower's tables, and what all their readers share."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from platone.grid.file.importer.findings import Findings
from platone.grid.file.importer.record import MAX_NAME, Record
from platone.grid.file.pandapower.document import Document, Table
from platone.grid.problem.network import Fault, FaultKind

_IDENTIFIER = re.compile(r"[\x21-\x7e]{1,200}")
OWN_ID = "platone_id"
"""Column of identifiers that were made elsewhere, such as mRIDs; `write_pandapower` makes it."""


class Row(Record):
    """One row of a table.

    Attributes:
        place: Its index in the table.
    """

    __slots__ = ("place",)

    def __init__(self, element: str, values: Mapping[str, Any], place: int) -> None:
        super().__init__(element, values)
        self.place = place

    def parse_number(self, value: Any) -> float | None:
        """Return a JSON number."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number else None

    def parse_flag(self, value: Any) -> bool | None:
        """Return a JSON flag; pandas writes some as 0 and 1."""
        return bool(value) if value in (True, False) else None

    def index(self, column: str) -> int:
        """Return the index of another table's row that a column names; -1 where it names none."""
        given = self.values.get(column)
        if type(given) is int:
            return given
        value = self.number(column)
        if not value.is_integer():
            self.fault(f"{column} is {value}, no index of a table")
            return -1
        return int(value)

    @property
    def name(self) -> str:
        """The name by which people call it."""
        return self.text("name")[:MAX_NAME]

    @property
    def in_service(self) -> bool:
        """Its state: true while it is in service."""
        return self.flag("in_service", default=True)


class Grid(Findings):
    """The data that all readers share: the file's rows, the buses, and what was noticed.

    Attributes:
        document: The file.
        bus_ids: Identifier of each bus by its index.
        nominal_kv: Nominal voltage of each bus.
        bus_closed: Whether each bus is in service.
        branch_ids: Identifiers of branches by table and index, of windings by their bus too.
        open_ends: Branches with the buses at which they are open.
        geodata: Positions of buses by their index, as format 2 has them.
    """

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.document = document
        self.bus_ids: dict[int, str] = {}
        self.nominal_kv: dict[int, float] = {}
        self.bus_closed: dict[int, bool] = {}
        self.branch_ids: dict[tuple[str, int] | tuple[str, int, int], str] = {}
        self.open_ends: set[tuple[str, str]] = set()
        self.geodata = {row.place: _point(row) for row in self.rows("bus_geodata")}

    def rows(self, table: str) -> Iterator[Row]:
        """Yield the rows of a table in the order of their indices."""
        found = self.document.table(table)
        for index, row in sorted(_indexed(table, found, self.faults), key=lambda each: each[0]):
            values = dict(zip(found.columns, row, strict=True))
            own = values.get(OWN_ID)
            usable = isinstance(own, str) and _IDENTIFIER.fullmatch(own)
            yield Row(str(own) if usable else f"{table}/{index}", values, index)

    def bus(self, row: Row, column: str = "bus") -> str:
        """Return the identifier of the bus that a row names."""
        index = row.index(column)
        if index not in self.bus_ids and not row.faults:
            row.fault(f"there is no bus {index}", FaultKind.UNKNOWN_BUS)
        return self.bus_ids.get(index, "")

    def live(self, row: Row, column: str = "bus") -> bool:
        """Return whether a row and the bus that it names are in service."""
        return row.in_service and self.bus_closed.get(row.index(column), False)


def _indexed(name: str, table: Table, faults: list[Fault]) -> Iterator[tuple[int, list[Any]]]:
    for index, row in zip(table.index, table.rows, strict=True):
        if isinstance(index, int) and not isinstance(index, bool):
            yield index, row
        else:
            reason = f"its index is {index!r}, no whole number"
            faults.append(Fault(f"{name}/{index}", FaultKind.MALFORMED, reason))


def _point(row: Row) -> tuple[float, float] | None:
    match row.values.get("x"), row.values.get("y"):
        case [int() | float() as x, int() | float() as y]:
            return float(x), float(y)
    return None
