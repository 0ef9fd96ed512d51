"""Clearing a session: beside a bare sort of its offers, and where the rest of the time goes."""

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, paired_s
from platone.kernel.canonical import canonical_json
from platone.market.domain.clearing import clear_to_store, sign_outcome
from platone.market.domain.merit_order import decide
from platone.market.domain.offer_book import book_offers
from platone.market.domain.order_book import list_asks, tabulate
from platone.market.domain.outcome import tell_in_json
from platone.messages.base import MarketType
from platone.messages.clearing import ClearingRules
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
    SessionTerms,
)

_SIZES = ((1_000, 15), (10_000, 7), (100_000, 3))
_QUARTER_HOURS = 96
START = datetime(2021, 6, 22, 22, tzinfo=UTC)


def _service(
    number: int, kind: ServiceType, pods: list[str], kw: NDArray[np.float64], price: list[float]
) -> RecordedService:
    return RecordedService(
        player_id=kind.value[:3],
        service_type=kind,
        player_service_id=f"{kind.value}-{number}",
        flexibility=[
            Flexibility(
                pod=pods,
                power=[
                    PowerPoint(index=index, p=p, p_price=p_price)
                    for index, (p, p_price) in enumerate(zip(kw.tolist(), price, strict=True))
                ],
            )
        ],
        submitted_at=START + timedelta(seconds=number),
    )


def day_session(offers: int) -> RecordedSession:
    """A day of so many offered quarter-hours: one offer message a PoD, a DSO's and a TSO's need.

    Half of the PoDs offer to reduce and half to raise; each request needs half of its side.
    """
    random = np.random.default_rng(offers)
    count = max(2, round(offers / _QUARTER_HOURS))
    pods = [f"POD{number:06d}" for number in range(count)]
    baseline_kw = random.uniform(50, 100, (count, _QUARTER_HOURS))
    change_kw = random.uniform(1, 40, (count, _QUARTER_HOURS))
    change_kw[: count // 2] *= -1
    price = random.integers(10, 200, (count, _QUARTER_HOURS)) / 1000
    total_kw, limit = baseline_kw + change_kw, [0.25] * _QUARTER_HOURS
    services = [
        _service(row, ServiceType.OFFER, [pod], total_kw[row], price[row].tolist())
        for row, pod in enumerate(pods)
    ]
    for kind, side in (
        (ServiceType.DSO_REQUEST, change_kw < 0),
        (ServiceType.TSO_REQUEST, change_kw > 0),
    ):
        need_kw = baseline_kw.sum(0) + (change_kw * side).sum(0) / 2
        services.append(_service(count, kind, pods, need_kw, limit))
    return RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=[
            SessionPod(pod_id=pod, aggregator_id="AGG", power_baseline=baseline_kw[row].tolist())
            for row, pod in enumerate(pods)
        ],
        flexibility_services=services,
    )


def _sorting(offers: int, runs: int) -> list[Row]:
    recorded = day_session(offers)
    book = book_offers(recorded, tabulate(recorded.pods))
    order = np.random.default_rng(1).permutation(len(book.price))
    keys = book.service[order], book.price[order], book.index[order]
    packed = (keys[2] << 40) | ((keys[1] * 1e6).astype(np.int64) << 20) | keys[0]
    note = f"{len(order)} offered quarter-hours, {len(recorded.pods)} PoDs, 192 requests"
    lexsort_ms, clear_ms = (
        1e3 * each
        for each in paired_s(lambda: np.lexsort(keys), lambda: clear_to_store(recorded), runs)
    )
    rows = [Row(f"clearing: {offers:,} offers", clear_ms, "ms", "np.lexsort", lexsort_ms, note)]
    if offers == _SIZES[-1][0]:
        sort_ms = 1e3 * paired_s(lambda: np.sort(packed), lambda: np.lexsort(keys), runs)[0]
        rows.append(
            Row(
                f"clearing: {offers:,} offers",
                clear_ms,
                "ms",
                "np.sort, 64-bit keys",
                sort_ms,
                note,
            )
        )
    return rows


def _shares(offers: int, runs: int) -> list[Row]:
    """What reading, deciding and hashing take of the whole, at one size."""
    recorded = day_session(offers)
    outcome = clear_to_store(recorded)
    raw, written = canonical_json(recorded), outcome.document

    told = canonical_json(outcome.outcome.flexibility)

    def read() -> None:
        msgspec.json.decode(raw, type=RecordedSession)

    def sha() -> None:
        hashlib.sha256(raw).digest(), hashlib.sha256(written).digest()

    def sign() -> None:
        sign_outcome(recorded, [told], (), [])

    read_s, untyped_s = paired_s(read, lambda: msgspec.json.decode(raw), runs)
    sign_s, sha_s = paired_s(sign, sha, runs)
    table = tabulate(recorded.pods)
    book, asks, rules = book_offers(recorded, table), list_asks(recorded, table), ClearingRules()
    buyers = [(ask.service.player_id, ask.service.player_service_id) for ask in asks]
    decision = decide(book, asks, len(table.pods), rules)
    assert len(decision.place)
    decide_s, whole_s = paired_s(
        lambda: decide(book, asks, len(table.pods), rules), lambda: clear_to_store(recorded), runs
    )
    tell_s, _ = paired_s(lambda: list(tell_in_json(decision, book, buyers, table)), sha, runs)
    share = f"{offers:,} offers; part of the clearing"
    megabytes = f"{len(raw) / 1e6:.0f} MB in, {len(written) / 1e6:.0f} MB out"
    return [
        Row("clearing: … of it, deciding", decide_s * 1e3, "ms", "whole", whole_s * 1e3, share),
        Row(
            "clearing: … of it, telling each",
            tell_s * 1e3,
            "ms",
            "whole",
            whole_s * 1e3,
            f"{share}: a trade or a reason for each offer",
        ),
        Row(
            "clearing: … of it, naming by hash",
            sign_s * 1e3,
            "ms",
            "SHA-256 of the bytes",
            sha_s * 1e3,
            f"{share}; {megabytes}: mostly writing canonical JSON",
        ),
        Row(
            "clearing: before it, reading a file",
            read_s * 1e3,
            "ms",
            "untyped JSON",
            untyped_s * 1e3,
            f"{offers:,} offers; not part of the clearing; every field checked",
        ),
    ]


def measure() -> list[Row]:
    """Medians for three sizes of session; the recorded session is made outside the timing."""
    rows = [row for offers, runs in _SIZES for row in _sorting(offers, runs)]
    return rows + _shares(*_SIZES[-1])
