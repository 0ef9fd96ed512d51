"""The lines of a recorded settlement, each in the versions that were paid, computed again."""

from collections.abc import Mapping, Sequence

import msgspec

from platone.kernel.line_version import version_of
from platone.kernel.settlement_rule import ATTO_PER_PICO
from platone.market.domain.delivery import DeliveryLine, Stack, quantify
from platone.market.domain.delivery_basis import with_baselines
from platone.market.domain.metering import Metered, meter
from platone.market.domain.statement import PaidVersion, pay_all, pay_under
from platone.market.domain.validation import Spot
from platone.messages.clearing import SettlementRules
from platone.messages.ledger import AgreementTerms, SettlementLine
from platone.messages.market import MARKET_ZONE
from platone.messages.recording import DecidedLine, LineTerms, SettlementRecording
from platone.messages.registry import Measurement


class RecordedLines:
    """The lines of a recorded settlement.

    Args:
        recording: The recording.
        lines: Its trades that had come due.
        stack: These and other sessions' trades, in the order in which they were made.
    """

    def __init__(
        self,
        recording: SettlementRecording,
        lines: Sequence[DeliveryLine],
        stack: Sequence[DeliveryLine],
    ) -> None:
        self._recording = recording
        self._lines = lines
        self._versions: dict[str, list[DecidedLine]] = {}
        decided = () if recording.context is None else recording.context.decided
        for each in decided:
            self._versions.setdefault(version_of(each.line.line_id)[0], []).append(each)
        terms = () if recording.context is None else recording.context.terms
        self._terms = {each.line_id: each for each in terms}
        self._agreed = {(each.pod, each.aggregator_id): each for each in recording.agreements}
        self.metered = self._recorded() if decided else self._as_read()
        stacks: dict[tuple[Spot, bool], list[DeliveryLine]] = {}
        for line in stack:
            stacks.setdefault(line.stack, []).append(line)
        # Each line by what was measured when it was decided, among the trades beside it.
        told = [
            (line.line_id, known)
            for line in lines
            if (known := Stack.of(stacks[line.stack], self.metered.get(line.line_id)))
        ]
        found = quantify([known for _, known in told])
        self.quantities = {
            name: self._named(next(each for each in stacked if each.line_id == name))
            for (name, _), stacked in zip(told, found, strict=True)
        }
        self.earlier = {name: self._paid_before(name) for name in self.quantities}
        paid = pay_all(
            list(self.quantities.values()),
            [self._terms_of(line) for line in self.quantities.values()],
            [_net(self.earlier[name]) for name in self.quantities],
        )
        self.paid = dict(zip(self.quantities, paid, strict=True))

    def _as_read(self) -> dict[str, Metered]:
        """Return the energies of all recorded readings, where no decision is recorded."""
        metered = meter(self._recording.measurements, self._lines)
        return {each.line_id: metered[each.spot] for each in self._lines if each.spot in metered}

    def _recorded(self) -> dict[str, Metered]:
        """Return the energies of those readings that the newest version of each line named."""
        by_record: dict[str, list[Measurement]] = {}
        for each in self._recording.measurements:
            by_record.setdefault(each.certification_id, []).append(each)
        groups: dict[str, list[DeliveryLine]] = {}
        for line in self._lines:
            if line.line_id in self._versions:
                groups.setdefault(self._newest(line.line_id).settlement_id, []).append(line)
        found: dict[str, Metered] = {}
        for settlement_id, lines in groups.items():
            metered = self._metered(lines, by_record)
            metered = self._counted_from(metered, lines, settlement_id)
            found |= {each.line_id: metered[each.spot] for each in lines if each.spot in metered}
        return found

    def _metered(
        self, lines: Sequence[DeliveryLine], by_record: Mapping[str, Sequence[Measurement]]
    ) -> dict[Spot, Metered]:
        found: dict[Spot, Metered] = {}
        for line in lines:
            decided = self._newest(line.line_id).line
            readings = [
                each
                for name in decided.readings
                for each in by_record.get(name, ())
                if each.pod_id == line.pod
            ]
            found |= meter(readings, [line], {line.spot} if decided.interpolated else ())
        return found

    def _counted_from(
        self, metered: Mapping[Spot, Metered], lines: Sequence[DeliveryLine], settlement_id: str
    ) -> dict[Spot, Metered]:
        recording, context = self._recording, self._recording.context
        rules = None if recording.rules is None else recording.rules.settlement
        if context is None:
            return dict(metered)
        return with_baselines(
            metered,
            lines,
            [each for each in context.metered_days if each.settlement_id == settlement_id],
            {each.pod_id: each.power_baseline for each in context.day_baselines},
            rules or SettlementRules(),
            recording.zone or MARKET_ZONE,
        )

    def _newest(self, line_id: str) -> DecidedLine:
        return self._versions[line_id][-1]

    def _named(self, quantity: SettlementLine) -> SettlementLine:
        """Return a line under the name of its newest version."""
        if quantity.line_id not in self._versions:
            return quantity
        newest = self._newest(quantity.line_id).line
        return msgspec.structs.replace(quantity, line_id=newest.line_id, corrects=newest.corrects)

    def _paid_before(self, line_id: str) -> tuple[PaidVersion, ...]:
        found: list[PaidVersion] = []
        for each in self._versions.get(line_id, ())[:-1]:
            payment = pay_under(each.line, self._terms_of(each.line), _net(found))
            found.append(PaidVersion(each.settlement_id, each.line, payment))
        return tuple(found)

    def _terms_of(self, line: SettlementLine) -> AgreementTerms | LineTerms | None:
        """Return the terms told of a line, or those of its PoD's agreement."""
        if self._recording.context is not None:
            return self._terms.get(line.line_id)
        return self._agreed.get((line.pod, line.aggregator_id))


def _net(versions: Sequence[PaidVersion]) -> int:
    """Return the net amount of the last of some versions, 1e-12 EUR."""
    return versions[-1].net // ATTO_PER_PICO if versions else 0
