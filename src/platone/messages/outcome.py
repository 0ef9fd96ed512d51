"""Outcomes of a session: of the market, of the check on the grid, and of both (flow 3)."""

from typing import Annotated

import msgspec

from platone.messages.base import (
    Hash,
    Identifier,
    Instant,
    MarketType,
    Message,
    PodId,
    PowerKw,
    SlotIndex,
)
from platone.messages.clearing import ShadowPrice


class AcceptedPower(Message):
    """One trade, or the rejection of an offer, in one quarter-hour (D3.6 figure 46).

    Attributes:
        index: The quarter-hour of the market day.
        accepted_p_value: The PoD's total after all its trades here, kW; none where rejected.
        accepted_q_value: Its total reactive power, kvar.
        accepted_p_price: What this trade is paid, EUR/kWh.
        accepted_q_price: What its reactive power is paid, EUR/kvarh.
        accepted_p_change: This trade's change from the baseline, kW.
        accepted_q_change: The change of a trade of reactive power, kvar: such a trade stands alone.
        rejection_type_p: Why an offer, or what is left of it, was not taken.
        rejection_type_q: The same for reactive power.
        player_service_id: The offer's identifier.
        player_request_id: Who asked.
        player_offer_id: Who offered.
        request_service_id: The request's identifier.
        linked: Name of the block, option or entry of the offer whose trades stand or fall together.
    """

    index: SlotIndex
    accepted_p_value: float | None
    accepted_q_value: float | None = None
    accepted_p_price: float | None = None
    accepted_q_price: float | None = None
    accepted_p_change: float | None = None
    accepted_q_change: float | None = None
    rejection_type_p: str | None = None
    rejection_type_q: str | None = None
    player_service_id: str
    player_request_id: str | None = None
    player_offer_id: str
    request_service_id: str | None = None
    linked: str | None = None


class PodOutcome(Message):
    """A PoD's part of an outcome.

    Attributes:
        pod: The PoD.
        power: Its trades.
    """

    pod: PodId
    power: list[AcceptedPower]


class MarketOutcome(Message):
    """The decision of a session's clearing.

    Attributes:
        market_outcome: Its identifier, the first 24 digits of ``output_hash``.
        market_type: The session's kind.
        start_time: Start of delivery.
        duration: Hours of delivery.
        interval: Minutes of a quarter-hour.
        input_hash: SHA-256 of the canonical recorded session.
        output_hash: SHA-256 of the canonical terms, ``input_hash`` and all lists that follow.
        flexibility: The trades, by PoD.
        shadow_prices: What each request and limit of the grid was worth, at least cost.
        baselines_as_of: The instant before which a baseline had to come to count for the session.
    """

    market_outcome: Identifier
    market_type: MarketType
    start_time: Instant
    duration: int
    interval: int
    input_hash: Hash
    output_hash: Hash
    flexibility: list[PodOutcome]
    shadow_prices: tuple[ShadowPrice, ...] = ()
    baselines_as_of: Instant | None = None


class Cut(Message):
    """A reason why the grid cannot take all of an accepted volume.

    Attributes:
        element: The branch or bus whose limit would be broken; or the PoD, where the network does
            not connect it, or its data are missing.
        kind: "current" or "voltage"; "unsupplied" where the network does not connect the PoD;
            "dataMissing" where it is not registered, or has neither a baseline nor typical days.
        value: What it would have been without the cut.
        limit: What it may be.
        unit: A, pu or kW.
    """

    element: str
    kind: str
    value: float
    limit: float
    unit: str


class TechnicalPower(Message):
    """The grid's answer for one quarter-hour (D3.6 4.3.5).

    Attributes:
        index: The quarter-hour.
        accepted_p_value: Total active power that the grid can take, kW.
        accepted_p: "OK", or "NOK" where nothing of the change can be taken.
        accepted_q_value: Total reactive power, kvar.
        accepted_q: "OK" or "NOK".
        cuts: Where the value is less than accepted: each limit that stands against it.
    """

    index: SlotIndex
    accepted_p_value: PowerKw
    accepted_p: Annotated[str, msgspec.Meta(pattern="^(OK|NOK)$")] | None = None
    accepted_q_value: PowerKw | None = None
    accepted_q: Annotated[str, msgspec.Meta(pattern="^(OK|NOK)$")] | None = None
    cuts: tuple[Cut, ...] = ()


class TechnicalPod(Message):
    """A PoD's part of a technical outcome.

    Attributes:
        pod: The PoD.
        power: What the grid takes, by quarter-hour.
    """

    pod: PodId
    power: Annotated[list[TechnicalPower], msgspec.Meta(max_length=100)]


class TechnicalOutcome(Message):
    """The grid's answer to a market outcome, flow 4 (D3.6 4.3.5).

    Attributes:
        market_type: The kind of session.
        duration: Hours of delivery.
        interval: Minutes; 15.
        start_time: Start of delivery.
        market_outcome: The outcome that it answers.
        flexibility: What the grid takes of each PoD.
    """

    market_type: MarketType
    duration: int
    interval: int
    start_time: Instant
    market_outcome: Identifier
    flexibility: Annotated[list[TechnicalPod], msgspec.Meta(max_length=100_000)]


class ValidatedPower(AcceptedPower):
    """A trade after technical validation.

    Attributes:
        cuts: Each limit of the grid that stands against the rest of the trade.
    """

    cuts: tuple[Cut, ...] = ()


class ValidatedPod(Message):
    """A PoD's part of a validated outcome.

    Attributes:
        pod: The PoD.
        power: Its trades.
    """

    pod: PodId
    power: list[ValidatedPower]


class ValidatedOutcome(Message):
    """The final trades of a session, flow 5 (D3.6 figure 46).

    Attributes:
        market_outcome: The market outcome that it validates.
        market_type: The session's kind.
        start_time: Start of delivery.
        duration: Hours of delivery.
        interval: Minutes of a quarter-hour.
        output_hash: SHA-256 of the canonical flexibility list.
        certification_id: Its record at the certification service.
        flexibility: The trades, by PoD.
        decided_by: Who decided in place of the DSO: an operator's party, or ``market`` where the
            time for the answer was over; none where the DSO answered, or had nothing to judge.
        decided_because: Why.
    """

    market_outcome: Identifier
    market_type: MarketType
    start_time: Instant
    duration: int
    interval: int
    output_hash: Hash
    certification_id: Identifier | None = None
    flexibility: list[ValidatedPod]
    decided_by: Identifier | None = None
    decided_because: str | None = None
