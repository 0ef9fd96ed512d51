"""Have stored messages certified: many in one tree, and each tree in one chain transaction.

A message's identifier, salt and leaf are fixed when it is stored, so its measurements carry them
before the tree is anchored; and sending a tree twice certifies nothing twice.
"""

from platone.access.domain.certification import MOST_MESSAGES
from platone.access.records.message import MessageRecords

_LOOK_S = 2.0
"""Pause between two looks for messages that wait, s: a settlement seldom waits for it."""
_TREE_S = 60.0
"""Time in which one more tree may be made, s: 1,440 trees a day, each a block of some kilobytes for
ever, where messages that come evenly would make one at each look, 43,200."""
_MOST_SAVED = 300
"""Trees that may be made at every look after a quiet time: those of ten minutes."""


class TreePace:
    """The pace of certification: at each look after a quiet time, in the long run a tree a minute.

    A tree that is full is made at once. Times are seconds of a clock that never goes back.

    Args:
        look_s: Pause between two looks, s.
        tree_s: Time in which one more tree may be made, s.
        saved: Trees that may be made at once; at first, too.
    """

    def __init__(
        self, look_s: float = _LOOK_S, tree_s: float = _TREE_S, saved: int = _MOST_SAVED
    ) -> None:
        self._look_s, self._tree_s, self._most = look_s, tree_s, saved
        self._saved = float(saved)
        self._looked_s = self._counted_s = -float("inf")

    def is_look_due(self, now_s: float) -> bool:
        """Return whether it is time to look for messages that wait; if so, that counts as done."""
        if now_s - self._looked_s < self._look_s:
            return False
        self._looked_s = now_s
        return True

    def take(self, now_s: float, waiting: int) -> bool:
        """Return whether messages that wait are certified now; if so, that is counted."""
        gained = (now_s - self._counted_s) / self._tree_s
        self._saved = min(self._most, self._saved + gained)
        self._counted_s = now_s
        if not waiting or (self._saved < 1 and waiting < MOST_MESSAGES):
            return False
        self._saved = max(0.0, self._saved - 1)
        return True


async def certify(records: MessageRecords) -> int:
    """Put all messages that were not yet certified into the outbox, and return how many."""
    total = 0
    while True:
        async with records.transaction() as transaction:
            put = await transaction.certify_tree()
        total += put
        if not put:
            return total
