"""Powers by phase: EnergyConsumerPhase, of distribution profiles (IEC 61968-13).

CGMES has no place for them; files of it may hold them nevertheless, for readers that look.
"""

from dataclasses import dataclass

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.model import Model

PHASES = ("A", "B", "C")
_MEGA = 1e3
"""kW of a MW: CIM's powers are in MW and Mvar."""
_OWNER = "EnergyConsumerPhase"
Three = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ByPhase:
    """The phases that a consumer is connected to, and its power in each.

    Attributes:
        phases: Those that it is connected to, of ``ABC``.
        kw: What it withdraws from A, B and C; none where the files do not say.
        kvar: The same, reactive.
    """

    phases: str
    kw: Three | None
    kvar: Three | None

    def shares(self, total: complex) -> tuple[Three, Three]:
        """Return a power, kW + j kvar, shared out as its own powers are, else in equal parts."""
        return self._shared(total.real, self.kw), self._shared(total.imag, self.kvar)

    def _shared(self, total: float, own: Three | None) -> Three:
        given = 0.0 if own is None else sum(own)
        if own is not None and (given or not total):
            factor = total / given if given else 1.0
            return own[0] * factor, own[1] * factor, own[2] * factor
        part = total / len(self.phases)
        a, b, c = (part if phase in self.phases else 0.0 for phase in PHASES)
        return a, b, c

    @property
    def kva(self) -> complex | None:
        """The power that it withdraws in all, kW + j kvar; none where the files do not say."""
        return None if self.kw is None else complex(sum(self.kw), sum(self.kvar or (0.0,)))


class PhaseTable:
    """The phases of all consumers."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._of = model.grouped(_OWNER, f"{_OWNER}.EnergyConsumer")

    def of(self, consumer: CimObject) -> ByPhase | None:
        """Return the phases of a consumer; none where the files do not tell phases apart."""
        parts = self._of.get(consumer.key)
        if not parts:
            return None
        if consumer.member("EnergyConsumer.phaseConnection") == "D":
            reason = "is connected in delta: a third of it is counted in each phase"
            self._model.remark(consumer.id, reason)
            return None
        found: dict[str, CimObject] = {}
        for part in parts:
            phase = part.member(f"{_OWNER}.phase")
            if phase not in PHASES or phase in found:
                consumer.unsupported(f"its phase {phase!r} is none of A, B and C, each once")
                return None
            found[phase] = part
        phases = "".join(phase for phase in PHASES if phase in found)
        return ByPhase(phases, _powers(found, "p"), _powers(found, "q"))


def _powers(parts: dict[str, CimObject], letter: str) -> Three | None:
    values = {
        phase: part.maybe(f"{_OWNER}.{letter}", f"{_OWNER}.{letter}fixed")
        for phase, part in parts.items()
    }
    if any(value is None for value in values.values()):
        return None
    a, b, c = ((values.get(phase) or 0.0) * _MEGA for phase in PHASES)
    return a, b, c
