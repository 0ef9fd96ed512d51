"""Whose a point of delivery is now, and until when records are taken for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from platone.customers.domain.problem import PodEnded, UnknownPod
from platone.kernel.errors import NotOwner


@dataclass(frozen=True, slots=True)
class Standing:
    """What a writer of series has to know of a point of delivery.

    Attributes:
        aggregator_id: Its owner.
        ended_s: When its registration ended; none while it holds.
    """

    aggregator_id: str
    ended_s: int | None


def check_standing(
    standings: Mapping[str, Standing], pod_id: str, last_s: int, owner: str | None = None
) -> None:
    """Check that a record may be kept for a point of delivery.

    Args:
        standings: What is known.
        pod_id: The point of delivery.
        last_s: Start of the record's last interval.
        owner: The aggregator that must own it; none where the writer needs not own it.

    Raises:
        UnknownPod: It is not registered.
        NotOwner: It is another aggregator's.
        PodEnded: The record reaches beyond its end.
    """
    standing = standings.get(pod_id)
    if standing is None:
        raise UnknownPod(pod_id)
    if owner is not None and standing.aggregator_id != owner:
        raise NotOwner(f"{pod_id} is another aggregator's.", podId=pod_id)
    if standing.ended_s is not None and last_s >= standing.ended_s:
        raise PodEnded(f"{pod_id} has ended before this interval.", podId=pod_id)
