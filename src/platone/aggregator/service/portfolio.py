"""Registration of PoDs and their baselines, told to the other parties."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import structs

from platone.aggregator.domain.baseline import check_market_day
from platone.aggregator.domain.call import (
    AGREEMENT,
    WALLET,
    PartnerCall,
    PodProgress,
)
from platone.aggregator.domain.problem import PodNotInPortfolio
from platone.aggregator.records.call import CallRecords
from platone.aggregator.records.portfolio import PortfolioRecords
from platone.aggregator.records.seen import Seen
from platone.infra.http.problem import problem_of
from platone.infra.listing import Listed, Part
from platone.kernel.errors import NotOwner, PlatoneError
from platone.kernel.record_time import is_recordable
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.instant import check_instants
from platone.messages.ledger import AgreementTerms, WalletOpening
from platone.messages.registry import (
    PodRegistry,
    PointOfDelivery,
    PortfolioPod,
    Series,
    SeriesBatch,
)

DELETED = "delete"


def refusal(identifier: str, error: PlatoneError) -> Submission:
    """Return the answer to one item that has a problem."""
    return Submission(id=identifier, status=SubmissionStatus.REFUSED, problem=problem_of(error))


class PortfolioService:
    """Keeps portfolios, apart for each party.

    Args:
        portfolio: The portfolios that are stored.
        calls: The results of the calls to other parties.
        zone: IANA name of the market's zone.
    """

    def __init__(self, portfolio: PortfolioRecords, calls: CallRecords, zone: str) -> None:
        self._portfolio = portfolio
        self._calls = calls
        self._zone = zone

    async def register(self, party: str, pods: Sequence[PortfolioPod]) -> list[Submission]:
        """Add or change PoDs; each has its own answer."""
        known = {item.pod.pod_id: item for item in await self._portfolio.pods(party)}
        results = [_answer_pod(party, item, known.get(item.pod.pod_id)) for item in pods]
        accepted = [item for item, result in zip(pods, results, strict=True) if result.is_new]
        if accepted:
            await self._portfolio.save_pods(party, accepted, _partner_calls(accepted, known))
        return results

    async def accept_baselines(self, party: str, batch: Sequence[Series]) -> list[Submission]:
        """Take baselines of PoDs in the portfolio; each has its own answer."""
        mine = {item.pod.pod_id for item in await self._portfolio.pods(party)}
        starts = {series.start_time for series in batch if is_recordable(series.start_time)}
        stored = {start: await self._portfolio.baselines(party, start) for start in starts}
        results: list[Submission] = []
        accepted: list[Series] = []
        for series in batch:
            known = stored.get(series.start_time, {}).get(series.pod_id)
            results.append(self._answer_baseline(party, series, mine, known))
            if results[-1].is_new:
                accepted.append(series)
        if accepted:
            await self._portfolio.save_baselines(party, accepted, [_baseline_call(accepted)])
        return results

    async def pods(self, party: str) -> list[PortfolioPod]:
        """Return the PoDs of a party, by identifier."""
        return await self._portfolio.pods(party)

    async def listed(self, seen: Seen, part: Part) -> Listed[PortfolioPod]:
        """Return PoDs that a reader sees, by party and identifier."""
        return (await self._portfolio.listed(seen, part)).of(lambda each: each[1])

    async def read(self, seen: Seen, part: Part) -> Listed[tuple[PortfolioPod, list[PodProgress]]]:
        """Return PoDs as :meth:`listed`, and how far each is with the other parties."""
        found = await self._portfolio.listed(seen, part)
        names = [(party, item.pod.pod_id) for party, item in found.items]
        progress = await self._calls.progress(names)
        return found.of(
            lambda each: (each[1], list(progress.get((each[0], each[1].pod.pod_id), ())))
        )

    def _answer_baseline(
        self, party: str, series: Series, mine: set[str], known: Series | None
    ) -> Submission:
        try:
            check_instants(series)
            if series.pod_id not in mine:
                raise PodNotInPortfolio(
                    f"{series.pod_id} is not in the portfolio of {party}.", podId=series.pod_id
                )
            check_market_day(series, self._zone)
        except PlatoneError as error:
            return refusal(series.pod_id, error)
        return Submission(
            id=series.pod_id, status=SubmissionStatus.of_taken(is_new=known != series)
        )


def _answer_pod(party: str, item: PortfolioPod, known: PortfolioPod | None) -> Submission:
    pod = item.pod
    if pod.aggregator_id != party:
        error = NotOwner(
            f"{pod.pod_id} names {pod.aggregator_id} as its aggregator, the caller is {party}.",
            podId=pod.pod_id,
        )
        return refusal(pod.pod_id, error)
    try:
        check_instants(item)
    except PlatoneError as error:
        return refusal(pod.pod_id, error)
    return Submission(id=pod.pod_id, status=SubmissionStatus.of_taken(is_new=known != item))


def _partner_calls(
    items: Sequence[PortfolioPod], known: Mapping[str, PortfolioPod]
) -> list[PartnerCall]:
    """Return the calls that tell the others of what changed for them."""
    calls: list[PartnerCall] = []
    before = {pod_id: item.pod for pod_id, item in known.items()}
    new = [
        _registration(item.pod, before.get(item.pod.pod_id))
        for item in items
        if before.get(item.pod.pod_id) != item.pod
    ]
    if new:
        pods = tuple(pod.pod_id for pod in new)
        registry = PodRegistry(pods=new)
        calls.append(
            PartnerCall("customers", "registration", "POST", "/api/scd/pods", registry, pods)
        )
    for item in items:
        previous = known.get(item.pod.pod_id)
        if previous is None or _agreement_terms(previous) != _agreement_terms(item):
            calls += _contract_calls(item)
    return calls


def _registration(pod: PointOfDelivery, before: PointOfDelivery | None) -> PointOfDelivery:
    """Return the registration to send; a change has to say that it is one."""
    is_change = before is not None and before.action_type != DELETED
    if is_change and pod.action_type == "activate":
        return structs.replace(pod, action_type="modify")
    return pod


def _contract_calls(item: PortfolioPod) -> list[PartnerCall]:
    pod = item.pod
    wallet = WalletOpening.of(pod)
    path = f"/api/contracts/wallets/{pod.pod_id}"
    lane = f"ledger/{pod.pod_id}"  # one whose registration is on its way holds up no other
    return [
        PartnerCall(lane, WALLET, "PUT", path, wallet, (pod.pod_id,)),
        PartnerCall(
            lane,
            AGREEMENT,
            "POST",
            "/api/contracts/agreements",
            _agreement_terms(item),
            (pod.pod_id,),
        ),
    ]


def _agreement_terms(item: PortfolioPod) -> AgreementTerms:
    penalty = Decimal(repr(item.penalty_eur_per_kwh)) * 1_000_000
    return AgreementTerms(
        pod=item.pod.pod_id,
        aggregator_id=item.pod.aggregator_id,
        customer_share_ppm=item.customer_share_ppm,
        penalty_price=int(penalty.to_integral_value()),
        least_delivery_ppm=item.least_delivery_ppm,
        full_delivery_ppm=item.full_delivery_ppm,
    )


def _baseline_call(series: Sequence[Series]) -> PartnerCall:
    pods = tuple(each.pod_id for each in series)
    batch = SeriesBatch(series=list(series))
    return PartnerCall("customers", "baseline", "POST", "/api/scd/baselines", batch, pods)
