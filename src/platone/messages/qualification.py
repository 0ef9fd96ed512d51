"""Qualification of units and groups for the market's product, in the words of the EU Network Code.

Source: the Network Code on Demand Response as ACER proposed it to the Commission in March 2025:
service provider, controllable unit, service providing unit and group, product prequalification,
grid prequalification.
"""

from enum import Enum
from typing import Annotated

import msgspec

from platone.messages.base import Identifier, Instant, ListPart, Message, PodId, PositiveKw

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
MOST_UNITS = 200
"""Controllable units of one group: 40 KiB of JSON; a provider may have any number of groups."""


class ProvidingKind(Enum):
    """The kinds of what provides a service."""

    UNIT = "serviceProvidingUnit"
    """Controllable units behind one point of delivery."""
    GROUP = "serviceProvidingGroup"
    """Controllable units behind several points of delivery."""


class QualificationState(Enum):
    """The states of a product prequalification."""

    APPLIED = "applied"
    """The service provider has asked for it."""
    UNDER_REVIEW = "underReview"
    """The market operator looks into it."""
    QUALIFIED = "qualified"
    """It may be offered, within its validity."""
    SUSPENDED = "suspended"
    """It may not be offered until it is qualified again."""
    ENDED = "ended"
    """It is refused, withdrawn or over; a new application is needed."""


class GridResult(Enum):
    """The results of a grid prequalification."""

    GRANTED = "granted"
    """The grid can take what the unit or group does."""
    REFUSED = "refused"
    """It cannot."""


class ControllableUnit(Message):
    """A device, or devices that are steered as one, behind a point of delivery.

    Attributes:
        controllable_unit_id: Its identifier.
        pod: The point of delivery that it is behind.
        up_p: Most power that it can take from the grid beyond its baseline, kW.
        down_p: Most power that it can take less, kW.
        full_activation_minutes: Time until a change is reached in full, minutes.
    """

    controllable_unit_id: Identifier
    pod: PodId
    up_p: PositiveKw = 0.0
    down_p: PositiveKw = 0.0
    full_activation_minutes: Annotated[int, msgspec.Meta(ge=0, le=2_880)]


class QualificationApplication(Message):
    """The application of a service provider for the product prequalification of a unit or group.

    Attributes:
        application_id: Its identifier, chosen by the service provider.
        player_id: The service provider.
        kind: Unit or group.
        controllable_units: What it consists of.
    """

    application_id: Identifier
    player_id: Identifier
    kind: ProvidingKind
    controllable_units: Annotated[
        list[ControllableUnit], msgspec.Meta(min_length=1, max_length=MOST_UNITS)
    ]


class QualificationDecision(Message):
    """The next state of a product prequalification.

    Attributes:
        state: The state.
        text: Why.
        valid_from: From when a qualification holds; none for at once.
        valid_until: Until when; none for until it is suspended or ended.
    """

    state: QualificationState
    text: _Text
    valid_from: Instant | None = None
    valid_until: Instant | None = None


class GridPrequalification(Message):
    """The answer of the DSO whether its grid can take what a unit or group does.

    Attributes:
        result: Granted or refused.
        text: Why.
        valid_from: From when it holds; none for at once.
        valid_until: Until when; none for until the DSO says otherwise.
    """

    result: GridResult
    text: _Text
    valid_from: Instant | None = None
    valid_until: Instant | None = None


class QualificationStep(Message):
    """A step of a qualification, on record.

    Attributes:
        at: When it was made.
        party: Who made it.
        state: The state that it left the qualification in.
        grid_result: What the DSO said, where it is its step.
        text: Why.
        valid_from: From when what it says holds.
        valid_until: Until when.
    """

    at: Instant
    party: Identifier
    state: QualificationState
    grid_result: GridResult | None = None
    text: str
    valid_from: Instant | None = None
    valid_until: Instant | None = None


class Qualification(Message):
    """A unit or group with its prequalification for the product and for the grid.

    Attributes:
        id: Its identifier.
        application: What was applied for.
        state: How far the product prequalification is.
        valid_from: From when it holds.
        valid_until: Until when.
        grid: The grid prequalification, where the DSO has answered.
        steps: All that was said, in order.
    """

    id: Identifier
    application: QualificationApplication
    state: QualificationState
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    grid: GridPrequalification | None = None
    steps: tuple[QualificationStep, ...]


class QualificationPage(ListPart):
    """Qualifications in the order of their identifiers.

    Attributes:
        qualifications: Those in this part of the list.
    """

    qualifications: list[Qualification]
