"""Mending of dead letters: replayed once their reason is removed, or closed with a reason."""

from platone.access.domain.dead_letter import DeadLetter
from platone.access.domain.message import authenticate
from platone.access.domain.problem import DeadLetterTaken, DeadLetterUnknown, NotShared
from platone.access.records.dead_letter import DeadLetterRecords
from platone.access.records.message import MessageRecords
from platone.access.service.ingest import Ingest


async def replay(
    letter_id: int, dead_letters: DeadLetterRecords, messages: MessageRecords, ingest: Ingest
) -> None:
    """Ingest a dead letter as if it came now; its device has a receipt if it is stored.

    A message that is stored, and that another party refused, is shared again instead.

    Raises:
        DeadLetterUnknown: There is no such message.
        PlatoneError: It is refused again, for this reason.
    """
    letter = await _found(letter_id, dead_letters)
    if letter.reason == NotShared.slug:
        async with messages.transaction() as transaction:
            await transaction.share_again(authenticate(letter.message))
        return
    (verdict,) = await ingest.take([letter.message])
    if verdict.refusal is not None:
        raise verdict.refusal
    await dead_letters.mark_replayed(letter_id)


async def close(letter_id: int, because: str, dead_letters: DeadLetterRecords) -> DeadLetter:
    """Close a dead letter that nothing will mend, and return it as it was before.

    It is kept as it came. Sent again by its device, or refused in a replay, it is open again.

    Raises:
        DeadLetterUnknown: There is no such message.
        DeadLetterTaken: It was stored meanwhile.
    """
    letter = await _found(letter_id, dead_letters)
    if letter.is_replayed:
        raise DeadLetterTaken(f"Dead letter {letter_id} was taken meanwhile.")
    await dead_letters.close(letter_id, because)
    return letter


async def _found(letter_id: int, dead_letters: DeadLetterRecords) -> DeadLetter:
    letter = await dead_letters.find(letter_id)
    if letter is None:
        raise DeadLetterUnknown(f"There is no dead letter {letter_id}.")
    return letter
