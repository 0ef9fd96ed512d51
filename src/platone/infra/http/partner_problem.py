"""Problems of calls to other parties: one does not answer, or it refuses."""

from platone.kernel.errors import Kind, PlatoneError


class PartnerUnavailable(PlatoneError):
    """Another party's system does not answer now. The same call may work later."""

    slug = "partner-unavailable"
    title = "Another party's system does not answer"
    kind = Kind.UNAVAILABLE


class PartnerRefused(PlatoneError):
    """Another party's system refused the call; `partnerProblem` is its own answer."""

    slug = "partner-refused"
    title = "Another party's system refused"
    kind = Kind.CONFLICT

    def __init__(self, detail: str, *, status: int = 0, **fields: object) -> None:
        super().__init__(detail, **fields)
        self.status = status
