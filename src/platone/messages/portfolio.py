"""An aggregator's portfolio as it stands with the other parties, and what it has earned."""

from typing import Any

from platone.messages.base import Identifier, Instant, ListPart, Message
from platone.messages.registry import PortfolioPod
from platone.messages.settlement import SettledQuantities, SettledTerms


class StepProgress(Message):
    """The state of one step of a PoD with another party.

    Attributes:
        step: registration, baseline, wallet, agreement or setpoints.
        state: waiting, done, refused, or late: taken, but too late for some sessions.
        problem: Why it was refused, as application/problem+json, or what it was late for.
    """

    step: str
    state: str
    problem: dict[str, Any] | None = None


class PortfolioEntry(Message):
    """A PoD of a portfolio with its progress at the other parties.

    Attributes:
        entry: The PoD.
        progress: How far it has come with each party.
    """

    entry: PortfolioPod
    progress: list[StepProgress]


class PortfolioPage(ListPart):
    """The PoDs that the caller may see, by identifier.

    Attributes:
        pods: Those in this part of the list.
    """

    pods: list[PortfolioEntry]


class EarningLine(Message):
    """One settled trade.

    Attributes:
        settlement_id: The settlement that it stands in.
        start_time: Start of its quarter-hour.
        index: The quarter-hour of the market day.
        status: "settled"; "missingMeasurement" until the reading has come; "notPaid" where the
            ledger refused the line.
        baseline_p: Baseline of the market day, kW.
        change_p: Ordered change of this trade, kW; negative: consume less.
        reference_p: What the change was counted from, kW: the baseline, or where the PoD has other
            trades in this quarter-hour, what these leave.
        measured_p: Measured power, kW; none where the measurement is missing.
        change_q: Ordered change of a trade of reactive power, kvar; P then says nothing.
        measured_q: Measured reactive power, kvar, where it is metered.
        paid_eur: For delivered energy, a decimal number as text.
        penalty_eur: For energy not delivered, likewise.
        customer_tokens: Tokens to the PoD's wallet, likewise.
        request_player_id: The DSO or TSO that asked.
        line_id: Its identifier on the ledger, by which its proof is asked for.
        version: The number of this version of the line, from 1; later ones correct.
        quantities: What it was settled by, exactly; none until it is measured.
        terms: The terms that it was paid under; none until it is paid.
    """

    settlement_id: str
    start_time: Instant
    index: str
    status: str
    baseline_p: float
    change_p: float | None
    reference_p: float | None
    measured_p: float | None
    change_q: float | None
    measured_q: float | None
    paid_eur: str
    penalty_eur: str
    customer_tokens: str
    request_player_id: str
    line_id: Identifier | None = None
    version: int = 1
    quantities: SettledQuantities | None = None
    terms: SettledTerms | None = None


class PodRemuneration(Message):
    """The earnings of a PoD; amounts are decimal numbers as text.

    Attributes:
        pod_id: The PoD.
        aggregator_id: Who sold its flexibility.
        net_eur: Paid less penalties.
        customer_tokens: Tokens that went to the PoD's wallet.
        lines: Its settled trades, as many as this answer takes; the sums are over all of them.
    """

    pod_id: str
    aggregator_id: str
    net_eur: str
    customer_tokens: str
    lines: list[EarningLine]


class RemunerationPage(ListPart):
    """The earnings of the PoDs that the caller may see.

    Attributes:
        pods: Those in this part of the list.
    """

    pods: list[PodRemuneration]
