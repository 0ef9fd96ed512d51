"""Replay a refused message, once what stood against it is mended."""

from platone.access.service.ingest import Ingest
from platone.access.service.ports import Records
from platone.kernel.errors import Kind, PlatoneError


class DeadLetterUnknown(PlatoneError):
    """There is no dead letter of this number."""

    slug = "dead-letter-unknown"
    title = "The dead letter is not known"
    kind = Kind.NOT_FOUND


async def replay(letter_id: int, records: Records, ingest: Ingest) -> None:
    """Take a refused message in as if it came now; its device has a receipt if it is stored.

    Raises:
        DeadLetterUnknown: There is no such message.
        PlatoneError: It is refused again; this is why.
    """
    letter = await records.dead_letter(letter_id)
    if letter is None:
        raise DeadLetterUnknown(f"There is no dead letter {letter_id}.")
    (verdict,) = await ingest.take([letter.arrival])
    if verdict.refusal is not None:
        raise verdict.refusal
    await records.mark_replayed(letter_id)
