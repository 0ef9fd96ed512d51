"""The columns of files about money: accounts, invoices, agreements, proposals, disputes."""

import re

from platone.dashboard.domain.money_form import MICRO, PPM_A_PERCENT
from platone.dashboard.domain.table_file import Columns
from platone.messages.books import BookAccount, Invoice
from platone.messages.dispute import Dispute
from platone.messages.ledger import Agreement, AgreementProposal, AgreementTerms

ACCOUNTS: Columns[BookAccount] = {
    "party": lambda row: row.party_id,
    "role": lambda row: row.role,
    "point_of_delivery": lambda row: row.pod,
    "entries": lambda row: row.entries,
    "balance_eur": lambda row: row.balance,
}
"""Accounts of the books; a positive balance is owed to the party."""

INVOICES: Columns[Invoice] = {
    "number": lambda row: row.number,
    "kind": lambda row: row.kind,
    "party": lambda row: row.party_id,
    "role": lambda row: row.role,
    "month": lambda row: row.month,
    "issued_at": lambda row: row.issued_at,
    "corrects": lambda row: row.corrects,
    "lines": lambda row: row.line_count,
    "exact_sum_eur": lambda row: row.amount,
    "payable_eur": lambda row: row.payable,
    "sha256": lambda row: row.content_hash,
}
"""Documents that were issued."""

_UNITS = {
    "amount": "amount_eur",
    "balance": "balance_eur",
    "price": "price_eur_per_kwh",
    "paid": "paid_eur",
    "penalty": "penalty_eur",
}
"""The names with units of columns in the books' own files, which leave them out."""
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""The place where a word begins within a name of the wire."""


def with_units(books_file: bytes) -> bytes:
    """Return a file of the books, which are streamed as they are, with units in its names."""
    names, line_end, rest = books_file.partition(b"\r\n")
    told = [_HUMP.sub("_", name).lower() for name in names.decode("utf-8").split(",")]
    return ",".join(_UNITS.get(name, name) for name in told).encode() + line_end + rest


_TERMS: Columns[AgreementTerms] = {
    "point_of_delivery": lambda row: row.pod,
    "aggregator": lambda row: row.aggregator_id,
    "customer_share_percent": lambda row: row.customer_share_ppm / PPM_A_PERCENT,
    "penalty_eur_per_kwh": lambda row: row.penalty_price / MICRO,
    "nothing_paid_below_percent": lambda row: row.least_delivery_ppm / PPM_A_PERCENT,
    "all_paid_from_percent": lambda row: row.full_delivery_ppm / PPM_A_PERCENT,
}
AGREEMENTS: Columns[Agreement] = {
    **_TERMS,
    "in_force": lambda row: row.active,
    "since": lambda row: row.since,
    "ended_at": lambda row: row.ended_at,
    "wallet": lambda row: row.wallet,
    "agreement": lambda row: row.agreement_id,
}
"""Agreements on the chain."""

PROPOSALS: Columns[AgreementProposal] = {
    **_TERMS,
    "number": lambda row: row.number,
    "state": lambda row: row.state,
    "proposed_at": lambda row: row.proposed_at,
    "agreement": lambda row: row.agreement_id,
}
"""Proposed terms."""

DISPUTES: Columns[Dispute] = {
    "dispute": lambda row: row.dispute_id,
    "point_of_delivery": lambda row: row.pod,
    "opened_by": lambda row: row.opened_by,
    "about": lambda row: row.reason,
    "state": lambda row: row.status,
    "ended": lambda row: row.outcome,
    "answer_due": lambda row: row.answer_due,
    "awaits": lambda row: row.follow_up and row.follow_up.awaits,
    "awaited_until": lambda row: row.follow_up and row.follow_up.until,
    "corrected_by": lambda row: row.follow_up and row.follow_up.corrected_by,
    "quarter_hour": lambda row: row.start_time,
    "line": lambda row: row.line_id,
}
"""Disputes about settled lines."""
