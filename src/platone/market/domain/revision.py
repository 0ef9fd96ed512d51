"""Versions of a request or offer: new, amended, repeated, or refused; and its withdrawal.

::

    nothing ──revision r──► stands ──revision > r──► replaced, and the new one stands
                              └──withdrawn──► withdrawn ──revision > r──► the new one stands

A repetition, the same revision with the same content, changes nothing, whenever it comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from platone.kernel.errors import DuplicateIdentifier
from platone.market.domain.problem.order import (
    AmendmentElsewhere,
    RevisionOutdated,
    ServiceWithdrawn,
)
from platone.messages.market import FlexibilityService, ServiceState, ServiceType


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a request or offer that was accepted.

    Attributes:
        revision: Its number.
        state: What became of it.
        digest: SHA-256 of its canonical content.
        session_id: The session that it is for.
        kind: The kind of service.
    """

    revision: int
    state: ServiceState
    digest: str
    session_id: str
    kind: ServiceType


def is_repeated(service: FlexibilityService, digest: str, versions: Sequence[Version]) -> bool:
    """Return whether a message was accepted before, and may be answered as such.

    Args:
        service: The message.
        digest: SHA-256 of its canonical content.
        versions: The versions of its identifier, by revision.

    Raises:
        DuplicateIdentifier: The revision came before with other content.
        ServiceWithdrawn: It came before, and was withdrawn.
        RevisionOutdated: A higher one was accepted before.
    """
    if not versions:
        return False
    newest = versions[-1]
    name = service.player_service_id
    known = next((each for each in versions if each.revision == service.revision), None)
    if known is None:
        if service.revision < newest.revision:
            raise RevisionOutdated(
                f"{name} came as revision {newest.revision} before {service.revision}.",
                playerServiceId=name,
                revision=newest.revision,
            )
        return False
    if known.digest != digest:
        raise DuplicateIdentifier(
            f"{name} was submitted before as revision {known.revision} with other content: a "
            f"higher revision changes it.",
            playerServiceId=name,
            revision=newest.revision,
        )
    if known.state is ServiceState.WITHDRAWN:
        raise ServiceWithdrawn(
            f"Revision {known.revision} of {name} was withdrawn.",
            playerServiceId=name,
            revision=newest.revision,
        )
    return True


def check_amendment(service: FlexibilityService, session_id: str, before: Version | None) -> None:
    """Check that a new revision is for the session of the one before, and of its kind.

    Args:
        service: The message.
        session_id: The session that it is for.
        before: The newest version before; none for a first one.

    Raises:
        AmendmentElsewhere: It is not.
    """
    if before is None or (before.session_id, before.kind) == (session_id, service.service_type):
        return
    raise AmendmentElsewhere(
        f"Revision {before.revision} of {service.player_service_id} is a {before.kind.value} for "
        f"session {before.session_id}.",
        playerServiceId=service.player_service_id,
        session=before.session_id,
        serviceType=before.kind.value,
    )
