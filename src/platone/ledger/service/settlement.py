"""Settlement: each line is paid once, by the contract, under the agreement that stands there."""

import asyncio
import secrets
import time

from platone.infra.trace.step import Step, step
from platone.kernel.canonical import content_hash
from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier
from platone.ledger.domain.books import is_bookable
from platone.ledger.domain.merkle import SALT_BYTES
from platone.ledger.domain.problem import ReadingsAwaited, SettlementUnknown
from platone.ledger.domain.proof import tohex
from platone.ledger.domain.settlement import SettledLine
from platone.ledger.records.settlement import SettlementRecords, StoredLine
from platone.ledger.service.agreement import Agree
from platone.ledger.service.entry import PayEntries, refused
from platone.ledger.service.reading_check import CheckReadings
from platone.messages.ledger import (
    PaidLine,
    SettlementLine,
    SettlementOrder,
    SettlementReceipt,
)

WAIT_S = 120.0
"""How long certifications may be on their way, real seconds: the minute in which the metering side
makes a tree at least, and twice the longest pause after which it sends one again."""
_SAME_OF_VERSIONS = ("pod", "aggregator_id", "start_time", "duration_minutes", "traded_at")
"""Fields of a line that a correction does not change."""


class Settle:
    """Payment of settlements.

    Args:
        store: Where they are kept.
        pay: Payment on the chain.
        check: The check of measurements before they are paid.
        agreements: The agreements.
        clock: The market's clock.
        wait_s: How long certifications of readings may be on their way, real seconds.

    Attributes:
        standstill: Held while anything is paid: who holds it sees chain and records stand still.
    """

    def __init__(
        self,
        store: SettlementRecords,
        pay: PayEntries,
        check: CheckReadings,
        agreements: Agree,
        clock: Clock,
        wait_s: float = WAIT_S,
    ) -> None:
        self._store = store
        self._pay = pay
        self._check = check
        self._wait_s = wait_s
        self._since_s: dict[str, float] = {}
        self._agreements = agreements
        self._clock = clock
        self.standstill = asyncio.Lock()

    async def settle(self, order: SettlementOrder) -> tuple[SettlementReceipt, bool]:
        """Pay a settlement's lines; return the receipt, and whether it is a new settlement.

        A line that cannot be paid says why, and stops no other. Before it is paid, its measurement
        is held against the certified readings that it names.

        Raises:
            DuplicateIdentifier: The identifier was used before with other content.
            ReadingsAwaited: Certifications of readings are awaited; all other lines are paid.
        """
        with step(Step.PAYMENT):
            return await self._settle(order)

    async def _settle(self, order: SettlementOrder) -> tuple[SettlementReceipt, bool]:
        """Pay a settlement's lines, in a step of the session that is settled."""
        digest = content_hash(order)
        async with self.standstill:
            known = await self._store.settlement_hash(order.settlement_id)
            if known not in {None, digest}:
                raise DuplicateIdentifier(
                    f"Settlement {order.settlement_id} was ordered with other lines.",
                    settlementId=order.settlement_id,
                )
            if known is None:
                lines = await self._prepared(order)
                await self._store.add_settlement(order, digest, lines, self._clock.now())
            await self._pay_due(order.settlement_id)
            if order.settlement_id in self._since_s:
                raise ReadingsAwaited(
                    f"Readings of settlement {order.settlement_id} are not certified yet.",
                    settlementId=order.settlement_id,
                )
        return await self.receipt(order.settlement_id), known is None

    async def resume(self) -> None:
        """Pay what an earlier run left open."""
        async with self.standstill:
            for settlement_id in await self._store.open_settlements():
                await self._pay_due(settlement_id)

    async def _pay_due(self, settlement_id: str) -> None:
        """Pay what holds, refuse what does not, and leave what may hold in a moment."""
        due = await self._pay.due(settlement_id)
        doubts = await self._check([line.line for line in due])
        began_s = self._since_s.get(settlement_id, time.monotonic())
        is_late = time.monotonic() - began_s >= self._wait_s
        holding, refusals, is_awaited = [], [], False
        for line, doubt in zip(due, doubts, strict=True):
            if doubt is None:
                holding.append(line)
            elif is_late or not doubt.may_pass:
                refusals.append(refused(line, f"the measurement does not hold: {doubt.reason}"))
            else:
                is_awaited = True
        await self._store.save_lines(refusals)
        await self._pay(settlement_id, holding)
        if is_awaited:
            self._since_s[settlement_id] = began_s
        else:
            self._since_s.pop(settlement_id, None)

    async def receipt(self, settlement_id: str) -> SettlementReceipt:
        """Return the receipt of a settlement: its lines, paid or refused.

        Raises:
            SettlementUnknown: There is none.
        """
        lines = await self._store.lines(settlement_id)
        if not lines:
            raise SettlementUnknown(f"There is no settlement {settlement_id}.")
        transactions = dict.fromkeys(line.transaction for line in lines if line.transaction)
        return SettlementReceipt(
            settlement_id=settlement_id,
            transaction_hashes=[tohex(transaction) for transaction in transactions],
            lines=[line.paid for line in lines if line.paid is not None],
        )

    async def _prepared(self, order: SettlementOrder) -> list[StoredLine]:
        seen: set[str] = set()
        prepared = []
        for position, line in enumerate(order.lines):
            prepared.append(await self._prepare(order.settlement_id, position, line, seen))
            seen.add(line.line_id)
        return prepared

    async def _prepare(
        self, settlement_id: str, position: int, line: SettlementLine, seen: set[str]
    ) -> StoredLine:
        salt = secrets.token_bytes(SALT_BYTES)
        agreement = await self._agreements.counting(line.aggregator_id, line.pod, line.traded_at)
        standing = await self._store.effective_line(line.line_id)
        problem, net_before = await self._before(line)
        if line.line_id in seen:
            problem = "the line stands twice in this settlement"
        elif standing is not None:
            problem = f"the line was settled before, in settlement {standing.settlement_id}"
        elif line.ordered == 0:
            problem = "nothing was ordered"
        elif agreement is None:
            which = "active agreement" if line.traded_at is None else "agreement for this trade"
            problem = f"{line.aggregator_id} has no {which} with {line.pod}"
        if problem is not None or agreement is None:
            paid = PaidLine(line_id=line.line_id, problem=problem)
            return StoredLine(settlement_id, position, line, None, salt, paid, None)
        terms = agreement.terms
        settled = SettledLine(
            settlement_id=settlement_id,
            agreement_id=tohex(agreement.id),
            number=0,
            customer_share_ppm=terms.customer_share_ppm,
            penalty_price=terms.penalty_price,
            line=line,
            least_delivery_ppm=terms.least_delivery_ppm,
            full_delivery_ppm=terms.full_delivery_ppm,
            net_before=net_before,
        )
        if not is_bookable(settled.amounts().paid, settled.amounts().penalty):
            beyond = PaidLine(line_id=line.line_id, problem="its amount is beyond what books hold")
            return StoredLine(settlement_id, position, line, None, salt, beyond, None)
        return StoredLine(settlement_id, position, line, settled, salt, None, None)

    async def _before(self, line: SettlementLine) -> tuple[str | None, int]:
        """Return why a line corrects no other, if it should; and what that one came to."""
        if line.corrects is None:
            return None, 0
        before = await self._store.effective_line(line.corrects)
        if before is None or before.settled is None or before.transaction is None:
            return f"it corrects {line.corrects}, which is not settled", 0
        if await self._store.correction_of(line.corrects) is not None:
            return f"{line.corrects} was corrected before", 0
        if any(getattr(line, name) != getattr(before.line, name) for name in _SAME_OF_VERSIONS):
            return f"it corrects {line.corrects}, which is of another trade", 0
        return None, before.settled.amounts().net
