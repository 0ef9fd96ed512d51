"""All objects of all files of a model, found by identifier and class."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from platone.grid.file.cim.cim_object import Thing
from platone.grid.file.cim.document import PROFILES, Document
from platone.grid.network.element import Remark
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

_EQUIPMENT = ("EQBD", "TPBD", "EQ")
_STATE = ("SSH", "SV")


class Model:
    """What all parts of the import share.

    Attributes:
        documents: The files that are read, in their order.
        faults: What keeps the network from being read.
        remarks: What was noticed.
        terminals: The terminals of each equipment, by its key, in their sequence.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        known = [each for each in documents if each.profile != "other"]
        self.documents = sorted(known, key=lambda each: PROFILES.index(each.profile))
        self.faults: list[Fault] = []
        self.remarks: list[Remark] = []
        self._left_out: set[Fault] = set()
        self._things: dict[str, Thing] = {}
        self._kinds: dict[str, list[Thing]] = defaultdict(list)
        _require_one_state(self.documents)
        for document in self.documents:
            self._add(document)
        self.terminals = self._terminals()

    def _add(self, document: Document) -> None:
        equipment, state = document.profile in _EQUIPMENT, document.profile in _STATE
        for thing in document.things:
            key = thing.key
            known = self._things.get(key)
            thing.is_defined = equipment or (thing.is_defined and not state)
            if known is None:
                self._things[key] = thing
                self._kinds[thing.kind].append(thing)
                continue
            self._merge(known, thing)

    def _merge(self, known: Thing, thing: Thing) -> None:
        """What a file says of an object beside what others say; states may name its superclass."""
        both = known.is_defined and thing.is_defined
        if both and known.kind != thing.kind and "Description" not in {known.kind, thing.kind}:
            reason = f"it is a {known.kind} and a {thing.kind}"
            self.faults.append(Fault(known.id, FaultKind.DUPLICATE, reason))
        elif both and (other := _contradicted(known, thing)):
            reason = f"it is defined twice, with different values of {other}"
            self.faults.append(Fault(known.id, FaultKind.DUPLICATE, reason))
        known.values |= thing.values
        if thing.is_defined and not known.is_defined:
            known.is_defined, known.id = True, thing.id

    def _terminals(self) -> dict[str, list[Thing]]:
        found: dict[str, list[Thing]] = defaultdict(list)
        for each in self.of("Terminal"):
            found[each.text("Terminal.ConductingEquipment")].append(each)
        for terminals in found.values():
            terminals.sort(key=_sequence)
        return found

    def of(self, *kinds: str) -> Iterator[Thing]:
        """The objects of some classes, in the order of the files."""
        for kind in kinds:
            yield from self._kinds.get(kind, ())

    def kinds(self) -> Iterator[str]:
        """The classes of which there are objects."""
        return iter(self._kinds)

    def find(self, key: str, kind: str = "") -> Thing | None:
        """The object that a reference names; none where it is not there or of another class."""
        found = self._things.get(key)
        return None if found is None or (kind and found.kind != kind) else found

    def grouped(self, kind: str, reference: str) -> dict[str, list[Thing]]:
        """The objects of a class by what a property of them names."""
        found: dict[str, list[Thing]] = defaultdict(list)
        for each in self.of(kind):
            found[each.text(reference)].append(each)
        return found

    def remark(self, element: str, reason: str) -> None:
        """Note something that does no harm."""
        self.remarks.append(Remark(element, reason))

    def remark_once(self, elements: Sequence[str], reason: str) -> None:
        """Note what several elements have in common, by the first of them."""
        if elements:
            more = f" (and {len(elements) - 1} more)" if len(elements) > 1 else ""
            self.remark(elements[0], reason + more)

    def take(self, thing: Thing, *, live: bool) -> bool:
        """Whether an equipment can be used: its faults count, unless it is out of service."""
        if not thing.faults:
            return True
        if live:
            self.faults += thing.faults
        else:
            self.remark(thing.id, f"out of service and left out: {thing.faults[0].reason}")
            self._left_out |= set(thing.faults)
        return False

    def all_faults(self) -> list[Fault]:
        """Every fault once: also of what is no equipment, such as terminals and controls.

        What states and limits lack has been remarked; what is out of service does no harm.
        """
        found = dict.fromkeys(self.faults)
        for thing in self._things.values():
            if (
                thing.faults
                and not thing.kind.startswith("Sv")
                and not thing.kind.endswith("Limit")
            ):
                found |= dict.fromkeys(each for each in thing.faults if each not in self._left_out)
        return list(found)


def _contradicted(known: Thing, thing: Thing) -> str:
    """What two definitions of one object say differently; names and descriptions may differ."""
    return next(
        (
            name
            for name, text in thing.values.items()
            if known.values.get(name, text) != text and not name.startswith("IdentifiedObject.")
        ),
        "",
    )


def _sequence(terminal: Thing) -> tuple[float, str]:
    value = terminal.maybe("ACDCTerminal.sequenceNumber", "Terminal.sequenceNumber")
    return (0.0 if value is None else value), terminal.id


def _require_one_state(documents: Iterable[Document]) -> None:
    """Files of several instants or versions would overrule each other silently."""
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
