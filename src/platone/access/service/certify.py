"""Have stored messages certified: many under one tree, one transaction on the chain each tree.

A message's identifier, salt and leaf are fixed when it is stored, so its measurements carry them
before the tree is anchored; and sending a tree twice certifies nothing twice.
"""

from platone.access.service.ports import Records

_MAX_MESSAGES = 2000
_MAX_CHARACTERS = 4_000_000


async def certify(records: Records) -> int:
    """Put all messages that were not yet certified into the outbox; how many they are."""
    total = 0
    while True:
        async with records.transaction() as transaction:
            put = await transaction.certify(_MAX_MESSAGES, _MAX_CHARACTERS)
        total += put
        if not put:
            return total
