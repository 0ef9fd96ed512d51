"""The view that each participant has of an outcome or settlement; the participants concerned."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from platone.messages.market import RecordedService
from platone.messages.outcome import AcceptedPower, MarketOutcome, ValidatedOutcome
from platone.messages.settlement import MeasuredPower, Settlement

Outcome = TypeVar("Outcome", MarketOutcome, ValidatedOutcome)


def own_service(service: RecordedService) -> RecordedService:
    """Return a request or offer as its sender sees it: without the PoDs behind a PoM.

    They stand in the recording, for the operator; a TSO asks a point of measurement, and learns
    of the PoDs behind it only which of them it bought from (docs/reference/rights.md).
    """
    asked = tuple(msgspec.structs.replace(group, pods=()) for group in service.asked)
    return msgspec.structs.replace(service, asked=asked)


def own_trades(outcome: Outcome, party: str) -> Outcome:
    """Return a party's part of an outcome; hashes stay those of the whole."""
    part = _keep(outcome, lambda power: party in {power.player_offer_id, power.player_request_id})
    if not isinstance(part, MarketOutcome):
        return part
    shadows = tuple(each for each in part.shadow_prices if each.player_id == party)
    return msgspec.structs.replace(part, shadow_prices=shadows)


def own_lines(settlement: Settlement, party: str) -> Settlement:
    """Return the lines of a settlement that a party offered or requested."""

    def keep(line: MeasuredPower) -> bool:
        return party in {line.offer_player_id, line.request_player_id}

    parts = [
        msgspec.structs.replace(pod, power=[line for line in pod.power if keep(line)])
        for pod in settlement.flexibility
    ]
    return msgspec.structs.replace(settlement, flexibility=[pod for pod in parts if pod.power])


def offering_parties(outcome: MarketOutcome | ValidatedOutcome) -> list[str]:
    """Return the aggregators in an outcome, sorted."""
    return sorted({power.player_offer_id for pod in outcome.flexibility for power in pod.power})


def settled_parties(settlement: Settlement) -> list[str]:
    """Return the aggregators in a settlement, sorted."""
    return sorted({line.offer_player_id for pod in settlement.flexibility for line in pod.power})


def _keep(outcome: Outcome, keep: Callable[[AcceptedPower], bool]) -> Outcome:
    parts = [
        msgspec.structs.replace(pod, power=[power for power in pod.power if keep(power)])
        for pod in outcome.flexibility
    ]
    return msgspec.structs.replace(outcome, flexibility=[pod for pod in parts if pod.power])
