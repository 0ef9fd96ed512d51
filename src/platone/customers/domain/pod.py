"""Registration of a point of delivery: who may change it, and what counts as a change.

The owner is the aggregator that the registration names.

- ``activate`` registers; the same content again changes nothing, other content is refused.
- ``modify`` replaces the registration by a new version; its owner only.
- ``delete`` ends it at once; its owner only. Records of before stay, readable to those who could
  read them. Trades already sold are the market's and are not called back.
- After its end any aggregator may activate it anew. A new owner sees series from then on only.
- The point of measurement is the DSO's: what an aggregator says of it is not taken.
"""

from dataclasses import dataclass, replace

from msgspec import structs

from platone.customers.domain.problem import PodEnded, UnknownPod
from platone.kernel.canonical import content_hash
from platone.kernel.errors import DuplicateIdentifier, NotOwner
from platone.messages.registry import PointOfDelivery

_ACTIVATE, _MODIFY, _DELETE = "activate", "modify", "delete"


@dataclass(frozen=True, slots=True)
class Registration:
    """A point of delivery as it is registered.

    Attributes:
        pod: The current record, with the DSO's point of measurement.
        version: Counts changes, from 1.
        activation_hash: Hash of the content that it was activated with.
        owned_from_s: From when on its owner sees series; 0 for a first owner.
        ended_s: When it ended; none while it holds.
    """

    pod: PointOfDelivery
    version: int
    activation_hash: str
    owned_from_s: int = 0
    ended_s: int | None = None

    @property
    def pod_id(self) -> str:
        """Return the point of delivery's identifier."""
        return self.pod.pod_id


def _content(pod: PointOfDelivery) -> PointOfDelivery:
    """Return a registration without when and how it was sent and the DSO's part, to compare."""
    return structs.replace(pod, action_type=_ACTIVATE, send_time=None, po_m_id=None)


def register(
    pod: PointOfDelivery, known: Registration | None, party: str, now_s: int
) -> Registration | None:
    """Return the registration after a message; None where it changes nothing.

    Args:
        pod: The message.
        known: The registration before.
        party: The aggregator that sends it.
        now_s: Time of receipt, seconds.

    Raises:
        NotOwner: The point of delivery is another aggregator's.
        UnknownPod: There is nothing to modify or delete.
        PodEnded: What ended cannot be modified.
        DuplicateIdentifier: It was activated with other content.
    """
    if pod.aggregator_id != party:
        raise NotOwner(
            f"{pod.pod_id} names {pod.aggregator_id} as its aggregator, the caller is {party}.",
            podId=pod.pod_id,
        )
    if known is None:
        if pod.action_type != _ACTIVATE:
            raise UnknownPod(pod.pod_id)
        return _activated(pod, known, now_s)
    if known.ended_s is not None and pod.action_type == _ACTIVATE:
        return _activated(pod, known, now_s)
    if known.pod.aggregator_id != party:
        raise NotOwner(f"{pod.pod_id} is another aggregator's.", podId=pod.pod_id)
    return _changed(pod, known, now_s)


def _activated(pod: PointOfDelivery, known: Registration | None, now_s: int) -> Registration:
    made = Registration(structs.replace(pod, po_m_id=None), 1, content_hash(_content(pod)))
    if known is None:
        return made
    is_same_owner = known.pod.aggregator_id == pod.aggregator_id
    return replace(
        made,
        pod=structs.replace(pod, po_m_id=known.pod.po_m_id),
        version=known.version + 1,
        owned_from_s=known.owned_from_s if is_same_owner else now_s,
    )


def _changed(pod: PointOfDelivery, known: Registration, now_s: int) -> Registration | None:
    if pod.action_type == _DELETE:
        if known.ended_s is not None:
            return None
        ended = structs.replace(known.pod, action_type=_DELETE, send_time=pod.send_time)
        return replace(known, pod=ended, version=known.version + 1, ended_s=now_s)
    if known.ended_s is not None:
        raise PodEnded(f"{pod.pod_id} has ended: activate it anew.", podId=pod.pod_id)
    if _content(pod) == _content(known.pod):
        return None
    if pod.action_type == _MODIFY:
        changed = structs.replace(pod, po_m_id=known.pod.po_m_id)
        return replace(known, pod=changed, version=known.version + 1)
    if content_hash(_content(pod)) == known.activation_hash:  # sent again after a modification
        return None
    raise DuplicateIdentifier(
        f'{pod.pod_id} is registered with other content: send actionType "modify" to change it.',
        podId=pod.pod_id,
    )


def end(known: Registration, now_s: int) -> Registration | None:
    """Return the registration after its end; None where it has ended before."""
    ending = structs.replace(known.pod, action_type=_DELETE)
    return _changed(ending, known, now_s)


def associate(known: Registration, po_m_id: str) -> Registration | None:
    """Return the registration with a point of measurement; None where it has it already."""
    if known.pod.po_m_id == po_m_id:
        return None
    pod = structs.replace(known.pod, po_m_id=po_m_id)
    return replace(known, pod=pod, version=known.version + 1)
