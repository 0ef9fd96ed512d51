"""The form that all messages share, and the bounded kinds of their fields."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any, dataclass_transform

import msgspec

from platone.kernel.session_window import MarketType as MarketType  # noqa: PLC0414 - published here

Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
"""A name that systems give to things: printable ASCII without spaces."""

Case = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]
"""A case that an auditor looks into, as its own files name it."""

PodId = Annotated[str, msgspec.Meta(min_length=4, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
"""A point of delivery's identifier, such as IT002E61899978."""

Address = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]{40}$")]
"""An Ethereum address of 20 bytes."""

Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest, 64 hexadecimal digits."""

Hex = Annotated[str, msgspec.Meta(pattern=r"^0x([0-9a-f]{2})*$", max_length=20_000_000)]
"""Bytes as hexadecimal text with 0x in front."""

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""An instant, ISO-8601 with a zone."""

PowerKw = Annotated[float, msgspec.Meta(ge=-10_000_000, le=10_000_000)]
"""Active power in kW, load convention: positive is withdrawn from the grid."""

PositiveKw = Annotated[float, msgspec.Meta(ge=0, le=10_000_000)]
"""A magnitude of active power in kW."""

PriceEurPerKwh = Annotated[float, msgspec.Meta(ge=-100_000, le=100_000)]
"""A price in euro per kilowatt-hour."""

SlotIndex = Annotated[int, msgspec.Meta(ge=0, le=99)]
"""A quarter-hour of the market day, counted from 0 at local midnight."""


class _MessageMeta(msgspec.StructMeta):
    """A metaclass that makes every message frozen and keyword-only without saying so in each."""

    def __new__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, object], **config: Any
    ) -> "_MessageMeta":
        return super().__new__(
            cls, name, bases, namespace, **({"frozen": True, "kw_only": True} | config)
        )


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Message(
    msgspec.Struct,
    metaclass=_MessageMeta,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    gc=False,
):
    """A frozen record with camelCase names on the wire; unknown fields are refused.

    A message is a tree that was decoded, or made from others: none holds itself. So the collector
    of cycles has nothing to find in it, and does not look: a session has a million of them, through
    which each look took a second, with everybody waiting.
    """


class ListPart(Message):
    """A part of a list.

    Attributes:
        next: Where the list goes on: ask again with it as `after`; nothing where this is its end.
    """

    next: str | None = None


class Role(Enum):
    """The roles of parties, in the field's words (ENTSO-E harmonised role model, D2.1)."""

    SYSTEM_OPERATOR = "SystemOperator"
    FLEXIBILITY_SERVICE_PROVIDER = "FlexibilityServiceProvider"
    MARKET_OPERATOR = "MarketOperator"
    METERED_DATA_ADMINISTRATOR = "MeteredDataAdministrator"
    CUSTOMER = "Customer"
    AUDITOR = "Auditor"
    DATA_PROTECTION_OFFICER = "DataProtectionOfficer"


class SubmissionStatus(Enum):
    """The answer to a message that carries its own identifier, in one word."""

    ACCEPTED = "accepted"
    """It was not known before, and is taken."""
    ALREADY_SUBMITTED = "alreadySubmitted"
    """The same content came before under this identifier."""
    REFUSED = "refused"
    """It is one item of many, and has a problem."""

    @classmethod
    def of_taken(cls, *, is_new: bool) -> "SubmissionStatus":
        """Return the answer to a message that was taken, now or before."""
        return cls.ACCEPTED if is_new else cls.ALREADY_SUBMITTED


class ClosedSession(Message):
    """A session whose gate has closed, so that a later baseline does not count for it.

    Attributes:
        market_type: The kind of session.
        start_time: Start of its delivery.
        gate_closed: When its gate closed.
    """

    market_type: MarketType
    start_time: Instant
    gate_closed: Instant


class Submission(Message):
    """The answer to a message that carries its own identifier.

    Attributes:
        id: The message's identifier.
        status: ``accepted`` the first time, ``alreadySubmitted`` when the same content came
            before, ``refused`` for one item of many that has a problem.
        problem: What is wrong with this item, as application/problem+json.
    """

    id: str
    status: SubmissionStatus
    problem: dict[str, Any] | None = None

    @property
    def is_new(self) -> bool:
        """True where the message was taken now, and not known before."""
        return self.status is SubmissionStatus.ACCEPTED


class Submissions(Message):
    """The answers to the items of a bulk message, in their order."""

    results: list[Submission]


class BaselineSubmission(Submission):
    """The answer to one baseline of many.

    Attributes:
        does_not_count_for: Sessions for which it came too late, the latest twenty.
    """

    does_not_count_for: tuple[ClosedSession, ...] = ()


class BaselineSubmissions(Message):
    """The answers to baselines, in their order."""

    results: list[BaselineSubmission]
