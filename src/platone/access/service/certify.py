"""Have stored messages certified: many in one tree, and each tree in one chain transaction.

A message's identifier, salt and leaf are fixed when it is stored, so its measurements carry them
before the tree is anchored; and sending a tree twice certifies nothing twice.
"""

from platone.access.records.message import MessageRecords


async def certify(records: MessageRecords) -> int:
    """Put all messages that were not yet certified into the outbox, and return how many."""
    total = 0
    while True:
        async with records.transaction() as transaction:
            put = await transaction.certify_tree()
        total += put
        if not put:
            return total
