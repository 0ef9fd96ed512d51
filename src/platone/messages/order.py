"""The terms that link what is offered or asked: blocks, options, least shares, energy, rebound."""

from typing import Annotated

import msgspec

from platone.messages.base import Identifier, Message

_Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
_Energy = Annotated[float, msgspec.Meta(gt=0, le=1e9)]


class Rebound(Message):
    """The return of what was moved: power that flows the other way some time later.

    Attributes:
        after: How many quarter-hours later.
        share: How much of the change comes back, 1 for all of it.
    """

    after: Annotated[int, msgspec.Meta(ge=1, le=99)]
    share: Annotated[float, msgspec.Meta(gt=0, le=2)]


class OrderTerms(Message):
    """The terms on which an entry of an offer may be taken; without them, any part of it is.

    An entry of a request may have a block, a least share and a least volume: it is then met by at
    least as much in each of its quarter-hours (of all of the block), or pays for nothing.

    Attributes:
        block: Name of a block: all that the message offers in it, several quarter-hours or points
            of delivery, is taken together, in one share.
        least_share: Least share that is taken, if anything is; 1 for all or nothing.
        option_of: Name of a choice: of its options (entries, or whole blocks) one is taken at most.
        most_energy_kwh: Most energy that is moved in all quarter-hours of the entry together.
        rebound: What comes back later.
        least_kw: Least volume of a request, kW, or all of its need where that is less.
    """

    block: Identifier | None = None
    least_share: _Share | None = None
    option_of: Identifier | None = None
    most_energy_kwh: _Energy | None = None
    rebound: Rebound | None = None
    least_kw: Annotated[float, msgspec.Meta(gt=0, le=1e9)] | None = None
