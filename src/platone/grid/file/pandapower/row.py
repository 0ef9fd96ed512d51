"""Typed access to the rows of a table; what is missing or no number becomes a fault."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from platone.grid.file.pandapower.document import Document, Table
from platone.grid.network.element import Remark
from platone.grid.problem.network import Fault, FaultKind

_MAX_NAME = 200
_IDENTIFIER = re.compile(r"[\x21-\x7e]{1,200}")
OWN_ID = "platone_id"
"""Column of identifiers that were made elsewhere, such as mRIDs; `write_pandapower` makes it."""


class Row:
    """One element as the file has it.

    Attributes:
        id: Its identifier: table and index, unless the file carries another.
        faults: What was wrong with it so far.
    """

    def __init__(self, element: str, values: Mapping[str, Any]) -> None:
        self.id = element
        self.faults: list[Fault] = []
        self._values = values

    def fault(self, reason: str, kind: FaultKind = FaultKind.MALFORMED) -> None:
        """Note what is wrong with it."""
        self.faults.append(Fault(self.id, kind, reason))

    def unsupported(self, reason: str) -> None:
        """Note what of it cannot be expressed."""
        self.fault(reason, FaultKind.UNSUPPORTED)

    def has(self, column: str) -> bool:
        """Whether something stands in a column."""
        return self._values.get(column) is not None

    def raw(self, column: str) -> Any:
        """What stands in a column."""
        return self._values.get(column)

    def maybe(self, column: str) -> float | None:
        """A number; none where there is none."""
        value = self._values.get(column)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault(f"{column} is {value!r}, no number", FaultKind.NOT_A_NUMBER)
            return None
        return float(value)

    def number(self, column: str, default: float | None = None) -> float:
        """A number that is needed, or the default that pandapower takes without one."""
        value = self.maybe(column)
        if value is None:
            value = default
        if value is None:
            self.fault(f"{column} is missing")
            return math.nan
        return value

    def flag(self, column: str, *, default: bool) -> bool:
        """A yes or no."""
        value = self._values.get(column)
        if value is None:
            return default
        if value not in (True, False):
            self.fault(f"{column} is {value!r}, neither true nor false")
        return bool(value)

    def text(self, column: str) -> str:
        """A text; empty where there is none."""
        value = self._values.get(column)
        return "" if value is None else str(value)[:_MAX_NAME]

    def index(self, column: str) -> int:
        """The index of a row of another table."""
        value = self.number(column)
        if not value.is_integer():
            self.fault(f"{column} is {value}, no index of a table")
            return -1
        return int(value)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.text("name")

    @property
    def in_service(self) -> bool:
        """Whether it is in service."""
        return self.flag("in_service", default=True)


class Grid:
    """What all parts of the import share: the file's rows, the buses, and what was noticed.

    Attributes:
        document: The file.
        faults: What keeps the network from being read.
        remarks: What was noticed.
        bus_ids: Identifier of each bus by its index.
        nominal_kv: Nominal voltage of each bus.
        bus_closed: Whether each bus is in service.
        branch_ids: Identifiers of branches by table and index, of windings by their bus too.
        without_profile: Loads whose profile the file does not hold.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: list[Fault] = []
        self.remarks: list[Remark] = []
        self.bus_ids: dict[int, str] = {}
        self.nominal_kv: dict[int, float] = {}
        self.bus_closed: dict[int, bool] = {}
        self.branch_ids: dict[tuple[str, int] | tuple[str, int, int], str] = {}
        self.without_profile: list[str] = []

    def rows(self, table: str) -> Iterator[tuple[int, Row]]:
        """The rows of a table, with their indices, in the order of these."""
        found = self.document.table(table)
        for index, row in sorted(_indexed(table, found, self.faults), key=lambda each: each[0]):
            values = dict(zip(found.columns, row, strict=True))
            own = values.get(OWN_ID)
            usable = isinstance(own, str) and _IDENTIFIER.fullmatch(own)
            yield index, Row(str(own) if usable else f"{table}/{index}", values)

    def remark(self, element: str, reason: str) -> None:
        """Note something that does no harm."""
        self.remarks.append(Remark(element, reason))

    def remark_once(self, elements: Sequence[str], reason: str) -> None:
        """Note what several elements have in common, by the first of them."""
        if elements:
            more = f" (and {len(elements) - 1} more)" if len(elements) > 1 else ""
            self.remark(elements[0], reason + more)

    def take(self, row: Row) -> bool:
        """Whether a row can be used: faults count, unless it is out of service anyway."""
        if not row.faults:
            return True
        if row.in_service:
            self.faults += row.faults
        else:
            self.remark(row.id, f"out of service and left out: {row.faults[0].reason}")
        return False

    def bus(self, row: Row, column: str = "bus") -> str:
        """Identifier of the bus that a row names."""
        index = row.index(column)
        if index not in self.bus_ids and not row.faults:
            row.fault(f"there is no bus {index}", FaultKind.UNKNOWN_BUS)
        return self.bus_ids.get(index, "")

    def live(self, row: Row, column: str = "bus") -> bool:
        """Whether a row and the bus that it names are in service."""
        return row.in_service and self.bus_closed.get(row.index(column), False)


def _indexed(name: str, table: Table, faults: list[Fault]) -> Iterator[tuple[int, list[Any]]]:
    for index, row in zip(table.index, table.rows, strict=True):
        if isinstance(index, int) and not isinstance(index, bool):
            yield index, row
        else:
            reason = f"its index is {index!r}, no whole number"
            faults.append(Fault(f"{name}/{index}", FaultKind.MALFORMED, reason))
