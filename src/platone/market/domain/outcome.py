"""The telling of a decision: a trade or a reason for each offered quarter-hour, by PoD.

It is told as canonical JSON at once, from columns: of each line its pieces, some of which are the
same for many lines; a million lines are joined in one go, and no object is made of any.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from platone.market.domain.decision import DUST_KW, REASONS, Decision
from platone.market.domain.offer_book import OfferBook
from platone.market.domain.order_book import LONGEST_DAY, PodTable, Rows
from platone.market.domain.rejection import REACTIVE_NOT_TRADED, Rejection
from platone.messages.outcome import AcceptedPower, PodOutcome

Buyer = tuple[str, str]
"""A party that asks for flexibility, and the identifier of what it asks."""
Column = list[str]
"""One piece of text for each line."""
Texts = NDArray[np.object_]
"""Pieces of text that lines choose from."""
_PLAIN_REASONS = len(REASONS) + 2
"""Texts that say why something is not taken: the reasons, that only a part was, and nothing."""
_LINES_AT_ONCE = 1 << 15
"""Lines that are written at once, if they are of more than one PoD: some 5 MB of text."""


def tell(
    decision: Decision, book: OfferBook, buyers: Sequence[Buyer], table: PodTable
) -> list[PodOutcome]:
    """Return the trades or the rejection of each offer, by PoD, quarter-hour and order."""
    return read_told(tell_in_json(decision, book, buyers, table))


class _ToldPod(msgspec.Struct, gc=False):
    """The lines of a PoD, or of a twin that a clearing makes, whose name no message could have."""

    pod: str
    power: list[AcceptedPower]


def read_told(parts: Iterable[bytes]) -> list[PodOutcome]:
    """Return lines that were written here as messages."""
    told = msgspec.json.decode(b"".join(parts), type=list[_ToldPod])
    return [PodOutcome(pod=each.pod, power=each.power) for each in told]


def tell_in_json(
    decision: Decision, book: OfferBook, buyers: Sequence[Buyer], table: PodTable
) -> Iterator[bytes]:
    """Yield the canonical JSON of the trades or rejection of each offer, in parts, as `tell`."""
    numbers = {each: number for number, each in enumerate(dict.fromkeys(buyers))}
    names = np.array([numbers[each] for each in buyers], dtype=np.intp)
    lines = _Lines.ordered(decision, book, names[decision.buyer], len(numbers))
    words = _Words.of(lines, book, list(numbers))
    trades = _numbers(decision, book)
    yield b"["
    for its in _parts(lines.pod):
        if its.start:
            yield b","
        yield _told(lines.part(its), words, trades, table)
    yield b"]"


def _parts(pod: Rows) -> Iterator[slice]:
    """Yield parts of the lines, each of whole PoDs, that stay in a processor's cache."""
    ends = np.append(np.flatnonzero(np.diff(pod)) + 1, len(pod))
    start = 0
    while start < len(pod):
        after = int(np.searchsorted(ends, start + _LINES_AT_ONCE, "right"))
        first = int(np.searchsorted(ends, start, "right"))
        end = int(ends[max(first, after - 1)])
        yield slice(start, end)
        start = end


def _told(
    lines: "_Lines", words: "_Words", trades: Sequence[NDArray[np.generic]], table: PodTable
) -> bytes:
    """Return the text of some lines, all of their PoDs."""
    columns = [
        _beginnings(lines, trades),
        _listed(words.players[lines.service]),
        _listed(words.requesters[lines.buyer]),
        _listed(words.services[lines.service]),
        _endings(lines, words, table),
    ]
    pieces = [""] * (len(columns) * len(lines.pod))
    for place, column in enumerate(columns):
        pieces[place :: len(columns)] = column
    first = table.pods[int(lines.pod[0])].pod_id
    return "".join([_pod_opening(first), *pieces]).encode("ascii")


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines to tell: one for each trade and for each offer that has none, in their order.

    Attributes:
        pod: Row of each line's PoD.
        index: Its quarter-hour.
        service: Number of its offer's message.
        trade: Number of its trade; -1 where there is none.
        buyer: Number of who buys it, of all names; one more than there are, where nobody does.
        reason: Number of the text that says why something is not taken.
    """

    pod: Rows
    index: Rows
    service: Rows
    trade: Rows
    buyer: Rows
    reason: Rows

    @classmethod
    def ordered(cls, decision: Decision, book: OfferBook, buyers: Rows, nobody: int) -> "_Lines":
        """Return all lines of a decision, by PoD, quarter-hour and order.

        Args:
            decision: The decision.
            book: The offers.
            buyers: Number of the name of who buys, by purchase.
            nobody: The number that stands for nobody.
        """
        count = len(decision.place)
        sold = np.zeros(len(book.pod), dtype=np.bool_)
        sold[decision.place] = True
        unsold = np.flatnonzero(~sold)
        row = decision.order[np.concatenate([unsold, decision.place])]
        keys = book.pod[row] * LONGEST_DAY + book.index[row]
        keys = keys * len(row) + np.arange(len(row))  # whole numbers: a sort by columns is slower
        keys.sort()
        order = keys % max(1, len(row))
        row = row[order]
        trade = np.concatenate([np.full(len(unsold), -1), np.arange(count)])[order]
        buyer = np.full(len(unsold) + count, nobody)
        buyer[len(unsold) :] = np.repeat(buyers, decision.trades)
        reason = np.concatenate([decision.reason[unsold], _rests(decision)])[order]
        reason = reason + _PLAIN_REASONS * book.reactive[row]
        return cls(book.pod[row], book.index[row], book.service[row], trade, buyer[order], reason)

    def part(self, its: slice) -> "_Lines":
        """Return some of the lines."""
        return _Lines(
            self.pod[its],
            self.index[its],
            self.service[its],
            self.trade[its],
            self.buyer[its],
            self.reason[its],
        )


def _rests(decision: Decision) -> Rows:
    """Return the reason of each trade: of a rest, the offer's last trade tells it."""
    numbers = np.arange(len(decision.place))
    last = np.zeros(len(decision.order), dtype=np.intp)
    last[decision.place] = numbers
    is_partly = (decision.left_kw[decision.place] > DUST_KW) & (last[decision.place] == numbers)
    return np.where(is_partly, len(REASONS), len(REASONS) + 1)


@dataclass(frozen=True, slots=True)
class _Words:
    """The texts that lines choose from.

    Attributes:
        players: Who offers, by message.
        services: Identifier of the offer, by message.
        requesters: Who buys, by number; the last one where nobody does.
        endings: Reason and identifier of the request, by both numbers; only those that are used.
    """

    players: Texts
    services: Texts
    requesters: Texts
    endings: Texts

    @classmethod
    def of(cls, lines: _Lines, book: OfferBook, buyers: Sequence[Buyer]) -> "_Words":
        """Return the texts of all lines."""
        reasons = _reason_texts()
        asked = [*_named(',"requestServiceId":', [name for _, name in buyers]), ""]
        endings: Texts = np.empty(len(asked) * len(reasons), dtype=np.object_)
        used = np.bincount(lines.buyer * len(reasons) + lines.reason)
        for each in np.flatnonzero(used).tolist():
            who, why = divmod(each, len(reasons))
            endings[each] = reasons[why] + asked[who] + "},{"
        return cls(
            _table(_named(',"playerOfferId":', [each.player_id for each in book.services])),
            _table(
                _named(',"playerServiceId":', [each.player_service_id for each in book.services])
            ),
            _table([*_named(',"playerRequestId":', [player for player, _ in buyers]), ""]),
            endings,
        )


@cache
def _reason_texts() -> Column:
    """Return the texts of all reasons and of none, without and with that of reactive power."""
    given = [each.value for each in (*REASONS, Rejection.PARTLY_NEEDED)]
    texts = [*(f',"rejectionTypeP":{_json(each)}' for each in given), ""]
    reactive = f',"rejectionTypeQ":{_json(REACTIVE_NOT_TRADED)}'
    return texts + [each + reactive for each in texts]


class _Trade(msgspec.Struct, rename="camel", gc=False):
    """The numbers of a line that tells a trade."""

    accepted_p_change: float
    accepted_p_price: float
    accepted_p_value: float
    index: int


def _numbers(decision: Decision, book: OfferBook) -> tuple[NDArray[np.generic], ...]:
    """Return the change, price and total of each trade, and its quarter-hour."""
    places, rows = decision.place, decision.order[decision.place]
    sign = np.where(book.change_kw[rows] > 0, 1.0, -1.0)
    change_kw = sign * decision.volume_kw
    sold_kw = np.bincount(places, weights=change_kw, minlength=len(decision.order))[places]
    all_sold = decision.left_kw[places] <= DUST_KW
    total_kw = np.where(all_sold, book.total_kw[rows], book.baseline_kw[rows] + sold_kw)
    return change_kw, decision.price, total_kw, book.index[rows]


def _beginnings(lines: _Lines, trades: Sequence[NDArray[np.generic]]) -> Column:
    """Return the beginning of each line: change, price and total of a trade, and the index.

    Texts are made in the order of the lines: those that lie scattered are joined much slower.
    """
    found = _rejections()[lines.index]
    is_trade = lines.trade >= 0
    numbers = lines.trade[is_trade]
    if len(numbers):
        told = list(map(_Trade, *(column[numbers].tolist() for column in trades)))
        found[is_trade] = _table(_json(told)[2:-2].split("},{"))
    return _listed(found)


@cache
def _rejections() -> Texts:
    """Return the beginning of the line of what is not taken, by quarter-hour."""
    return _table([f'"acceptedPValue":null,"index":{each}' for each in range(LONGEST_DAY)])


def _endings(lines: _Lines, words: _Words, table: PodTable) -> Column:
    """Return the end of each line; the last one of a PoD ends that, and begins the next one."""
    found = _listed(words.endings[lines.buyer * 2 * _PLAIN_REASONS + lines.reason])
    for line in np.flatnonzero(np.diff(lines.pod)).tolist():
        opening = _pod_opening(table.pods[int(lines.pod[line + 1])].pod_id)
        found[line] = found[line][:-2] + "]}," + opening
    found[-1] = found[-1][:-2] + "]}"
    return found


def _pod_opening(pod_id: str) -> str:
    return '{"pod":' + _json(pod_id) + ',"power":[{'


def _named(name: str, values: Sequence[str]) -> Column:
    """Return values as JSON with their name in front; many of them are alike."""
    texts = {each: name + _json(each) for each in set(values)}
    return [texts[each] for each in values]


def _json(content: object) -> str:
    return msgspec.json.encode(content).decode()


def _table(texts: Sequence[str]) -> Texts:
    """Return texts that lines choose from by number."""
    table: Texts = np.empty(len(texts), dtype=np.object_)
    table[:] = texts
    return table


def _listed(texts: Texts) -> Column:
    found: Column = texts.tolist()
    return found
