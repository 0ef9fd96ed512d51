"""An outcome is written as text at once; the text is the canonical JSON of the messages in it."""

import hashlib
import json
from random import Random

import msgspec
from tests.unit.market.random_session import random_session

from platone.kernel.canonical import canonical_json
from platone.market.domain.clearing import clear_to_store
from platone.messages.clearing import ClearingRules, Method, Pricing, Ties
from platone.messages.market import RecordedSession
from platone.messages.outcome import MarketOutcome

RULES = (
    None,
    ClearingRules(pricing=Pricing.AS_BID),
    ClearingRules(ties=Ties.PRO_RATA),
    ClearingRules(method=Method.LEAST_COST),
)


def sessions(count: int) -> list[RecordedSession]:
    """Random sessions by all rules; some offers are of reactive power, too, with odd names."""
    found = []
    for seed in range(count):
        random = Random(seed)  # noqa: S311 - a test's
        recorded = random_session(seed)
        services = []
        for service in recorded.flexibility_services:
            entries = [
                msgspec.structs.replace(
                    entry,
                    power=[
                        msgspec.structs.replace(point, q=random.choice([None, 1.5]))
                        for point in entry.power
                    ],
                )
                for entry in service.flexibility
            ]
            name = service.player_service_id + random.choice(["", '"', "\\", "},{", '":['])
            services.append(
                msgspec.structs.replace(service, flexibility=entries, player_service_id=name)
            )
        found.append(
            msgspec.structs.replace(
                recorded, flexibility_services=services, rules=RULES[seed % len(RULES)]
            )
        )
    return found


def test_the_text_is_the_canonical_json_of_the_message() -> None:
    trades = 0
    for recorded in sessions(400):
        cleared = clear_to_store(recorded)
        assert canonical_json(cleared.outcome) == cleared.document
        trades += b"acceptedPChange" in cleared.document
        of_trades = {
            pod.pod
            for pod in cleared.outcome.flexibility
            if any(power.accepted_p_change is not None for power in pod.power)
        }
        assert cleared.traded == sorted(of_trades)
    assert trades > 100


def test_its_hashes_are_of_what_a_reader_of_json_finds() -> None:
    """The standard library's JSON writes the same numbers and names in the same order."""
    for recorded in sessions(40):
        cleared = clear_to_store(recorded)
        said = json.loads(cleared.document)
        name, output_hash = said.pop("marketOutcome"), said.pop("outputHash")
        text = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        assert hashlib.sha256(cleared.recording).hexdigest() == said["inputHash"]
        again = msgspec.json.encode(msgspec.json.decode(text), order="sorted")
        assert hashlib.sha256(again).hexdigest() == output_hash
        assert (cleared.name, cleared.outcome.market_outcome) == (name, output_hash[:24])
        assert isinstance(cleared.outcome, MarketOutcome)
