"""How the amount of an entry of the books came, as a sum that a reader can compute again."""

from decimal import Decimal

from platone.dashboard.domain.payment_story import percent
from platone.kernel.figure import exact_amount
from platone.kernel.settlement_rule import WHOLE_PPM
from platone.messages.books import BookLine


def sum_of(line: BookLine, role: str, language: str = "en") -> str:
    """Return the sum that an entry's amount is; empty where its numbers are not told.

    Args:
        line: The entry.
        role: The role in which its party has the account: requester, aggregator or customer.
        language: The reader's language.
    """
    share = line.customer_share_ppm
    if line.paid is None or line.penalty is None or line.corrects is not None:
        return ""
    net, text = (
        Decimal(line.paid) - Decimal(line.penalty),
        _net(line, line.paid, line.penalty, language),
    )
    if role == "requester":
        return f"\u2212{text}"
    if role == "aggregator" and net <= 0:
        return text
    if share is None or net <= 0:
        return ""
    part = share if role == "customer" else WHOLE_PPM - share
    return f"{percent(part, language)} % \u00d7 {text}"


def _net(line: BookLine, paid_eur: str, penalty_eur: str, language: str) -> str:
    """Return the payment less the penalty as a sum in brackets."""
    unit = "kvarh" if line.reactive else "kWh"
    energy, price = Decimal(line.delivered_kwh or 0), Decimal(line.price or 0)
    paid = f"{exact_amount(paid_eur, language)} €"  # as the agreement's thresholds have it
    if energy * price == Decimal(paid_eur):
        paid = f"{exact_amount(energy, language)} {unit} "
        paid += f"\u00d7 {exact_amount(price, language)} €/{unit}"
    if not Decimal(penalty_eur):
        return f"({paid})"
    return f"({paid} \u2212 {exact_amount(penalty_eur, language)} €)"
