"""Agreements over time: which one counts for what was traded at an instant.

::

    ── A ──────────┤ended      ├── B ───────────────
         ▲ counts A      ▲ counts B      ▲ counts B
       traded          traded          traded

The one that was in force at the trade counts, whatever became of it since. Where none was, the
first one that was made after it does: the parties then agree on what is delivered already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.ledger.domain.entry_word import Holder
from platone.messages.ledger import AgreementTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAgreement:
    """An agreement with the time for which it counts; instants are whole seconds, as on the chain.

    Attributes:
        tag: What makes its identifier on the contract unlike any other, 12 bytes.
        terms: Its terms.
        wallet: The customer's wallet.
        account: The aggregator's account.
        since: From when on what is traded counts under it: when it was made, or when the one that
            it continues was, after the customer's wallet moved.
        transaction: The transaction that made it; none until then.
        ended_at: When it was ended, by the chain's clock.
    """

    tag: bytes
    terms: AgreementTerms
    wallet: str
    account: str
    since: datetime
    transaction: bytes | None = None
    ended_at: datetime | None = None

    @property
    def holder(self) -> Holder:
        """The terms that the contract is told again with each entry."""
        return Holder(
            tag=self.tag,
            wallet=self.wallet,
            account=self.account,
            customer_share_ppm=self.terms.customer_share_ppm,
        )

    @property
    def id(self) -> bytes:
        """Its identifier on the contract, 32 bytes."""
        return self.holder.agreement

    @property
    def has_ended(self) -> bool:
        """True where it was ended."""
        return self.ended_at is not None

    def counts_at(self, traded_at: datetime) -> bool:
        """Return whether it was in force when something was traded, to the second."""
        at = traded_at.replace(microsecond=0)
        return self.since <= at and (self.ended_at is None or at < self.ended_at)


def agreement_at(
    agreements: Sequence[KnownAgreement], traded_at: datetime | None
) -> KnownAgreement | None:
    """Return the agreement that counts for a trade; none where there is none yet.

    Args:
        agreements: Those of the aggregator with the point of delivery, in the order made.
        traded_at: When the trade was made; where that is not told, the one that stands counts.
    """
    made = [each for each in agreements if each.transaction is not None]
    if traded_at is None:
        return next((each for each in reversed(made) if not each.has_ended), None)
    # Of one that continues another, the newest pays: to the wallet that the customer has now.
    counting = next((each for each in reversed(made) if each.counts_at(traded_at)), None)
    later = (each for each in made if each.since > traded_at)
    return counting or next(later, None)
