"""The check of a line's measured energy against the certified readings that it rests on."""

from collections.abc import Sequence

import msgspec

from platone.kernel.market_time import QUARTER_HOUR_MINUTES
from platone.kernel.reading_choice import fill_quarter, interpolate_quarter, precedence
from platone.ledger.domain.evidence import READING, signing_device
from platone.ledger.domain.problem import EvidenceInvalid
from platone.messages.ledger import SettlementLine
from platone.messages.metering import Reading, ReadingBatch, SignedMessage


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
    """Check that readings of the line's point of delivery fill its quarter-hour, and come to it.

    Of several versions of an interval, and of intervals over one another, those count that the
    rule for all chooses (kernel/reading_choice.py); it also says which gap may be interpolated.

    Raises:
        EvidenceInvalid: They leave a gap, or come to another energy.
    """
    if line.start_time is None:
        raise EvidenceInvalid("the line does not say when it was measured")
    if line.duration_minutes != QUARTER_HOUR_MINUTES:
        raise EvidenceInvalid(f"lines are of quarter-hours, not of {line.duration_minutes} minutes")
    own = [each for batch in batches for each in batch.readings if each.pod_id == line.pod]
    look = interpolate_quarter if line.interpolated else fill_quarter
    filled = look(line.start_time, own)
    _refuse_contradiction(filled.readings if filled is not None else (), own)
    if filled is None:
        raise EvidenceInvalid("the certified readings do not fill the interval exactly")
    found = filled.reactive_energy if line.reactive else filled.energy
    if found != line.measured:
        unit = "kvarh" if line.reactive else "kWh"
        raise EvidenceInvalid(
            f"the certified readings come to {found} millionths of a {unit}, not {line.measured}"
        )


def _refuse_contradiction(counting: Sequence[Reading], named: Sequence[Reading]) -> None:
    """Refuse readings that name another energy for an interval without correcting it."""
    for one in counting:
        for other in named:
            is_same = (one.start_time, one.duration_minutes) == (
                other.start_time,
                other.duration_minutes,
            )
            if is_same and other != one and precedence(other) == precedence(one):
                raise EvidenceInvalid("two certified readings of an interval contradict each other")
