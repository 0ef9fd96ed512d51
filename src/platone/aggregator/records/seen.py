"""The part of the aggregators' records that a reader sees: a party's, a customer's, or all."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, select, tuple_

from platone.aggregator.records.table import portfolio


@dataclass(frozen=True, slots=True)
class Seen:
    """The part of the records that a reader sees; without a party and a customer all of it.

    Attributes:
        party: Only this aggregator's.
        customer: Only the points of delivery at which this customer is supplied.
    """

    party: str | None = None
    customer: str | None = None

    def of(self, table: Table) -> list[ColumnElement[bool]]:
        """Return the conditions on a table with the columns ``party`` and ``pod_id``."""
        conditions: list[ColumnElement[bool]] = []
        if self.party is not None:
            conditions.append(table.c.party == self.party)
        if self.customer is not None:
            own = portfolio.c.customer_id == self.customer
            pods = select(portfolio.c.party, portfolio.c.pod_id).where(own)
            conditions.append(tuple_(table.c.party, table.c.pod_id).in_(pods))
        return conditions
