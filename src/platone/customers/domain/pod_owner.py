"""Ownership of a point of delivery: whose records are taken for it, and until when."""

from collections.abc import Mapping
from dataclasses import dataclass

from platone.customers.domain.problem import PodEnded, UnknownPod
from platone.kernel.errors import NotOwner


@dataclass(frozen=True, slots=True)
class PodOwner:
    """The owner of a point of delivery, as far as a writer of series has to know.

    Attributes:
        aggregator_id: Its owner.
        ended_s: When its registration ended; none while it holds.
    """

    aggregator_id: str
    ended_s: int | None


def check_owner(
    owners: Mapping[str, PodOwner], pod_id: str, last_s: int, owner: str | None = None
) -> None:
    """Check that a record may be kept for a point of delivery.

    Args:
        owners: What is known.
        pod_id: The point of delivery.
        last_s: Start of the record's last interval.
        owner: The aggregator that must own it; none where the writer needs not own it.

    Raises:
        UnknownPod: It is not registered.
        NotOwner: It is another aggregator's.
        PodEnded: The record reaches beyond its end.
    """
    known = owners.get(pod_id)
    if known is None:
        raise UnknownPod(pod_id)
    if owner is not None and known.aggregator_id != owner:
        raise NotOwner(f"{pod_id} is another aggregator's.", podId=pod_id)
    if known.ended_s is not None and last_s >= known.ended_s:
        raise PodEnded(f"{pod_id} has ended before this interval.", podId=pod_id)
