"""Replay a dead letter, once the reason why it was refused is removed."""

from platone.access.domain.message import authenticate
from platone.access.domain.problem import DeadLetterUnknown, NotShared
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
    letter = await dead_letters.find(letter_id)
    if letter is None:
        raise DeadLetterUnknown(f"There is no dead letter {letter_id}.")
    if letter.reason == NotShared.slug:
        async with messages.transaction() as transaction:
            await transaction.share_again(authenticate(letter.message))
        return
    (verdict,) = await ingest.take([letter.message])
    if verdict.refusal is not None:
        raise verdict.refusal
    await dead_letters.mark_replayed(letter_id)
