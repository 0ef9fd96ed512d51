"""The check of a line's measured energy against the certified readings that it rests on."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from platone.ledger.domain.evidence import READING, signing_device
from platone.ledger.domain.problem import EvidenceInvalid
from platone.messages.ledger import SettlementLine
from platone.messages.metering import Reading, ReadingBatch, SignedMessage

_MICRO_KWH_PER_WH = 1000
"""Millionths of a kWh in a Wh, the unit of readings."""


def signed_readings(content: str) -> ReadingBatch:
    """Return the readings in a certified text, which the device that they name has signed.

    Raises:
        EvidenceInvalid: It is no such text, or another signed it.
    """
    signer = signing_device(content, READING)
    try:
        message = msgspec.json.decode(content, type=SignedMessage)
        batch = msgspec.json.decode(message.payload, type=ReadingBatch)
    except (msgspec.DecodeError, RecursionError) as error:
        raise EvidenceInvalid(f"what was signed are no readings: {error}") from error
    if signer is None or batch.device.lower() != signer.lower():
        raise EvidenceInvalid(f"the readings name {batch.device}, but {signer} signed them")
    return batch


def check_measured(line: SettlementLine, batches: Sequence[ReadingBatch]) -> None:
    """Check that readings of the line's point of delivery fill its interval and add up to it.

    Raises:
        EvidenceInvalid: They leave a gap, overlap, or come to another energy.
    """
    if line.start_time is None:
        raise EvidenceInvalid("the line does not say when it was measured")
    start, end = line.start_time, line.start_time + timedelta(minutes=line.duration_minutes)
    parts = _within(line.pod, start, end, batches)
    bounds = [start, *(_ends(part) for part in parts)]
    if [part.start_time for part in parts] != bounds[:-1] or bounds[-1] != end:
        raise EvidenceInvalid("the certified readings do not fill the interval exactly")
    energy = sum(part.energy_wh for part in parts) * _MICRO_KWH_PER_WH
    if energy != line.measured:
        raise EvidenceInvalid(
            f"the certified readings come to {energy} millionths of a kWh, not {line.measured}"
        )


def _within(
    pod: str, start: datetime, end: datetime, batches: Sequence[ReadingBatch]
) -> list[Reading]:
    """Return the readings that touch an interval, in order; the same one counts once."""
    touching = {
        (each.start_time, each.duration_minutes, each.energy_wh): each
        for batch in batches
        for each in batch.readings
        if each.pod_id == pod and each.start_time < end and _ends(each) > start
    }
    return [touching[key] for key in sorted(touching)]


def _ends(reading: Reading) -> datetime:
    return reading.start_time + timedelta(minutes=reading.duration_minutes)
