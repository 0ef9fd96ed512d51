"""Scopes and selections: what a reader may see, and what it asks for."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Scope:
    """The points of delivery that a reader may see; without either attribute, all of them.

    Attributes:
        aggregator_id: Those of this aggregator only.
        customer_id: Those of this customer only.
    """

    aggregator_id: str | None = None
    customer_id: str | None = None

    def holds(self, aggregator_id: str, customer_id: str | None) -> bool:
        """Return whether a point of delivery of these parties may be seen."""
        return self.aggregator_id in {None, aggregator_id} and (
            self.customer_id is None or self.customer_id == customer_id
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """The series that are asked for, half-open: ``from_s <= start < to_s``.

    Attributes:
        scope: What the reader may see.
        from_s: First second.
        to_s: Second after the last.
        pod_ids: These points of delivery; empty: all that may be seen.
        as_of_us: Only what was received before this microsecond since 1970; none for all.
    """

    scope: Scope
    from_s: int
    to_s: int
    pod_ids: tuple[str, ...] = field(default=())
    as_of_us: int | None = None
