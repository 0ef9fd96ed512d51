"""All objects of all files of a model, found by identifier and class."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.document import PROFILES, Document
from platone.grid.file.importer.findings import Findings
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

_EQUIPMENT = ("EQBD", "TPBD", "EQ")
_STATE = ("SSH", "SV")


class Model(Findings):
    """All objects of all files, and what was noticed of them.

    Attributes:
        documents: The files that are read, in their order.
        terminals: The terminals of each equipment, by its key, in their sequence.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        super().__init__()
        known = [each for each in documents if each.profile != "other"]
        self.documents = sorted(known, key=lambda each: PROFILES.index(each.profile))
        self._records: dict[str, CimObject] = {}
        self._kinds: dict[str, list[CimObject]] = defaultdict(list)
        _require_one_state(self.documents)
        for document in self.documents:
            self._add(document)
        self.terminals = self._terminals()

    def _add(self, document: Document) -> None:
        equipment, state = document.profile in _EQUIPMENT, document.profile in _STATE
        for record in document.records:
            key = record.key
            known = self._records.get(key)
            record.is_defined = equipment or (record.is_defined and not state)
            if known is None:
                self._records[key] = record
                self._kinds[record.kind].append(record)
                continue
            self._merge(known, record)

    def _merge(self, known: CimObject, record: CimObject) -> None:
        """Add what another file says of an object; states may name its superclass."""
        both = known.is_defined and record.is_defined
        if both and known.kind != record.kind and "Description" not in {known.kind, record.kind}:
            reason = f"it is a {known.kind} and a {record.kind}"
            self.faults.append(Fault(known.id, FaultKind.DUPLICATE, reason))
        elif both and (other := _contradicted(known, record)):
            reason = f"it is defined twice, with different values of {other}"
            self.faults.append(Fault(known.id, FaultKind.DUPLICATE, reason))
        known.values |= record.values
        if record.is_defined and not known.is_defined:
            known.is_defined, known.id = True, record.id

    def _terminals(self) -> dict[str, list[CimObject]]:
        found: dict[str, list[CimObject]] = defaultdict(list)
        for each in self.of("Terminal"):
            found[each.text("Terminal.ConductingEquipment")].append(each)
        for terminals in found.values():
            terminals.sort(key=_sequence)
        return found

    def of(self, *kinds: str) -> Iterator[CimObject]:
        """Yield the objects of some classes, in the order of the files."""
        for kind in kinds:
            yield from self._kinds.get(kind, ())

    def kinds(self) -> Iterator[str]:
        """Return the classes of which there are objects."""
        return iter(self._kinds)

    def find(self, key: str, kind: str = "") -> CimObject | None:
        """Return the object that a reference names; none if it is missing or of another class."""
        found = self._records.get(key)
        return None if found is None or (kind and found.kind != kind) else found

    def grouped(self, kind: str, reference: str) -> dict[str, list[CimObject]]:
        """Return the objects of a class by the key that a property of them names."""
        found: dict[str, list[CimObject]] = defaultdict(list)
        for each in self.of(kind):
            found[each.text(reference)].append(each)
        return found

    def all_faults(self) -> list[Fault]:
        """Return every fault once, also of terminals, controls and other objects.

        What states and limits lack has been remarked; what is out of service does no harm.
        """
        found = dict.fromkeys(self.faults)
        for record in self._records.values():
            if (
                record.faults
                and not record.kind.startswith("Sv")
                and not record.kind.endswith("Limit")
            ):
                found |= dict.fromkeys(each for each in record.faults if each not in self.left_out)
        return list(found)


def _contradicted(known: CimObject, record: CimObject) -> str:
    """Return the first property in which two definitions differ, but for names; or nothing."""
    return next(
        (
            name
            for name, text in record.values.items()
            if known.values.get(name, text) != text and not name.startswith("IdentifiedObject.")
        ),
        "",
    )


def _sequence(terminal: CimObject) -> tuple[float, str]:
    value = terminal.maybe("ACDCTerminal.sequenceNumber", "Terminal.sequenceNumber")
    return (0.0 if value is None else value), terminal.id


def _require_one_state(documents: Iterable[Document]) -> None:
    """Refuse files of several instants or versions: they would overrule each other silently."""
    seen: dict[tuple[str, ...], Document] = {}
    for each in documents:
        authority = each.header.get("Model.modelingAuthoritySet", "")
        first = seen.setdefault((*sorted(each.profiles), each.profile, authority), each)
        for fact in ("scenarioTime", "version"):
            told = {one.header.get(f"Model.{fact}", "") for one in (first, each)}
            state = each.profile in {"TP", "SSH", "SV"} and fact == "scenarioTime"
            if len(told) > 1 and (state or (authority and fact == "version")):
                what = "instants" if state else "versions"
                reason = f"it and {first.name!r} hold two {what} of one model: send one"
                raise NetworkInvalid([Fault(each.name, FaultKind.DUPLICATE, reason)])
