"""Accesses: the calls that auditors make, each for a case."""

from dataclasses import dataclass
from datetime import datetime, timedelta

ACCESSES_KEPT = timedelta(days=2 * 365)
"""How long an access is kept: two years, in which a person asks who has read of it, and an
auditor's office is itself audited."""


@dataclass(frozen=True, slots=True)
class RecordedAccess:
    """A call of an auditor as it was recorded.

    Attributes:
        number: Its place in the log.
        at: When, by the machine's clock.
        party_id: Who called.
        client_id: Through which client.
        case: For which case.
        call: Method, path and query.
    """

    number: int
    at: datetime
    party_id: str
    client_id: str
    case: str
    call: str
