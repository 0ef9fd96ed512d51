"""Findings of an import: faults that refuse the file, and remarks that do no harm."""

from collections import defaultdict
from collections.abc import Sequence

from platone.grid.file.importer.record import Record
from platone.grid.network.element import Remark
from platone.grid.problem.network import Fault, NetworkInvalid


class Findings:
    """Faults and remarks of one import.

    Attributes:
        faults: What keeps the network from being read.
        left_out: Faults of what is out of service, which do no harm.
    """

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.left_out: set[Fault] = set()
        self._first: list[Remark] = []
        self._remarks: list[Remark] = []
        self._alike: dict[str, list[str]] = defaultdict(list)

    def remark(self, element: str, reason: str) -> None:
        """Note something of one element that does no harm."""
        self._remarks.append(Remark(element, reason))

    def remark_first(self, element: str, reason: str) -> None:
        """Note something that changes the power of the network: it is told before all else."""
        self._first.append(Remark(element, reason))

    def remark_alike(self, element: str, reason: str) -> None:
        """Note something that many elements may have in common: they are told together."""
        self._alike[reason].append(element)

    def remark_once(self, elements: Sequence[str], reason: str) -> None:
        """Note what several elements have in common."""
        for each in elements:
            self.remark_alike(each, reason)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """The remarks; those that elements have in common by the first of them."""
        return (*self._first, *self._remarks, *map(_of_several, self._alike.values(), self._alike))

    def take(self, record: Record, *, live: bool) -> bool:
        """Return whether a record can be used.

        Its faults count if it is live, in service and connected; else it is left out.
        """
        if not record.faults:
            for reason in record.assumed:
                self.remark_alike(record.id, reason)
            return True
        if live:
            self.faults += record.faults
        else:
            self.remark(record.id, f"out of service and left out: {record.faults[0].reason}")
            self.left_out |= set(record.faults)
        return False

    def require_no_faults(self) -> None:
        """Refuse the network if there are faults.

        Raises:
            NetworkInvalid: With all of them.
        """
        if self.faults:
            raise NetworkInvalid(self.faults)


def _of_several(elements: Sequence[str], reason: str) -> Remark:
    more = f" (and {len(elements) - 1} more)" if len(elements) > 1 else ""
    return Remark(elements[0], reason + more)
