"""Problems of calls to other parties: one does not answer, or it refuses."""

from platone.kernel.errors import Kind, PlatoneError

_SERVER_ERROR = 500
"""The least status of a failure of the other side."""
_MAY_PASS = frozenset({401, 408, 425, 429})
"""Statuses of refusals that may pass by themselves, so that the same is sent again."""


def may_pass(status: int) -> bool:
    """Return whether what was answered with a status, a call or an item, is to be sent again."""
    return status >= _SERVER_ERROR or status in _MAY_PASS


class PartnerUnavailable(PlatoneError):
    """Another party's system does not answer now. The same call may work later."""

    slug = "partner-unavailable"
    title = "Another party's system does not answer"
    kind = Kind.UNAVAILABLE


class PartnerTooEarly(PartnerUnavailable):
    """Another party's system takes this later: send the same again.

    `partnerProblem` is its own answer, which says since when or why.
    """

    slug = "partner-too-early"
    title = "Another party's system takes it later"
    kind = Kind.TOO_EARLY


class PartnerRefused(PlatoneError):
    """Another party's system refused the call; `partnerProblem` is its own answer."""

    slug = "partner-refused"
    title = "Another party's system refused"
    kind = Kind.CONFLICT

    def __init__(self, detail: str, *, status: int = 0, **fields: object) -> None:
        super().__init__(detail, **fields)
        self.status = status
