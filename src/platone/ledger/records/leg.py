"""The legs of entries as rows, and the party whose accounts they are on."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, union_all

from platone.ledger.records.table import LEGS, account, book_entry

leg = union_all(
    *(
        select(
            book_entry.c.id.label("entry_id"),
            book_entry.c[f"{name}_account"].label("account_id"),
            book_entry.c[f"{name}_micro"].label("micro"),
            book_entry.c[f"{name}_rest"].label("rest"),
            book_entry.c.kind,
            book_entry.c.month,
        ).where(book_entry.c[f"{name}_account"].is_not(None))
        for name in LEGS
    )
).subquery("leg")
"""Every leg of every entry as a row of its own."""


@dataclass(frozen=True, slots=True)
class Party:
    """A party in one role, whose accounts are shown together.

    Attributes:
        role: The role.
        name: The party.
    """

    role: str
    name: str

    def owns(self) -> ColumnElement[bool]:
        """Return the condition that an account is one of its own."""
        return (account.c.role == self.role) & (account.c.party == self.name)
