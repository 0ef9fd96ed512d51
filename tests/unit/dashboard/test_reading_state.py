"""A reading is certified where the ledger has its very text in a block, and not before."""

from datetime import UTC, datetime, timedelta

from platone.dashboard.domain.reading_state import reading_rows
from platone.messages.ledger import CertificationState
from platone.messages.registry import Measurement

NOON = datetime(2021, 6, 23, 10, 0, tzinfo=UTC)


def reading(place: int) -> Measurement:
    return Measurement(
        pod_id="IT002E60550189",
        start_time=NOON + timedelta(minutes=15 * place),
        duration_minutes=15,
        energy_wh=-1500,
        quality="measured",
        device="0x" + "0" * 40,
        sequence=place,
        certification_id=f"reading:{place}",
        certification_hash=f"{place}" * 64,
        received_at=NOON,
    )


def state(place: int, **told: object) -> CertificationState:
    known = {
        "id": f"reading:{place}",
        "owner": "MDA",
        "status": "CONFIRMED",
        "hashed_data": f"{place}" * 64,
        "block_number": 7,
        "block_time": NOON,
    }
    return CertificationState(**known | told)  # type: ignore[arg-type]


def test_each_reading_has_the_state_of_its_own_text() -> None:
    pending = state(2, status="PENDING", block_number=None, block_time=None)
    other = state(3, hashed_data="f" * 64)  # the record is of another text
    rows = reading_rows([reading(place) for place in (4, 3, 2, 1)], [other, pending, state(1)])
    told = [(row.reading.sequence, row.state, row.block) for row in rows]
    assert told == [
        (1, "certified", 7),
        (2, "waiting", None),
        (3, "failed", None),
        (4, "failed", None),
    ]
    assert (rows[0].energy_kwh, rows[0].end - rows[0].start) == (-1.5, timedelta(minutes=15))
