"""The points of delivery and the requests of a session, as arrays made for clearing."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter

import msgspec
import numpy as np
from numpy.typing import NDArray

from platone.market.domain.problem.outcome import RecordingInvalid
from platone.messages.market import (
    AskedGroup,
    Flexibility,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
)
from platone.messages.order import OrderTerms

Rows = NDArray[np.intp]
Kilowatts = NDArray[np.float64]

LONGEST_DAY = 100
"""Quarter-hours of the longest market day, on which an hour comes twice."""
KILOWATT, KILOVAR = "kW", "kvar"
"""The units of what is asked, of active and of reactive power."""
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
"""The instant that stands for a missing one: such services come first, by identifier."""
_REQUESTS_IN_ORDER = (ServiceType.DSO_REQUEST, ServiceType.TSO_REQUEST)
"""The order in which requests are served: the DSO's before the TSO's (D3.6, 4.3)."""


@dataclass(frozen=True, slots=True)
class PodTable:
    """The session's points of delivery, by identifier; a PoD's place here is its row.

    Attributes:
        pods: The points of delivery.
        rows: The row of each.
        baseline_kw: Row by quarter-hour, shape (pods, 100); NaN where there is no baseline.
        poms: The rows of each point of measurement.
    """

    pods: list[SessionPod]
    rows: dict[str, int]
    baseline_kw: Kilowatts
    poms: dict[str, Rows]

    def row(self, pod_id: str) -> int:
        """Return the row of a PoD.

        Raises:
            RecordingInvalid: The session has no such PoD.
        """
        try:
            return self.rows[pod_id]
        except KeyError:
            raise RecordingInvalid(f"The session has no PoD {pod_id}.", pod=pod_id) from None

    def group(self, entry: Flexibility, members: Sequence[str] = ()) -> Rows:
        """Return the rows of the PoDs that a request's entry is about, in ascending order.

        Args:
            entry: The entry.
            members: The PoDs of its PoM when the request was accepted; none where that was not
                noted: then all of the session that are measured there.

        Raises:
            RecordingInvalid: It names both or neither of PoDs and a PoM, or one that is not there,
                or a quarter-hour twice.
        """
        if len({point.index for point in entry.power}) < len(entry.power):
            raise RecordingInvalid("A request asks twice for one quarter-hour of one group.")
        if (entry.pod is None) == (entry.pom is None):
            raise RecordingInvalid("A request is for PoDs or for a PoM: for one of both.")
        named = members if entry.pom is not None else entry.pod or ()
        if named or entry.pom is None:
            return np.array(sorted({self.row(pod) for pod in named}), dtype=np.intp)
        if entry.pom not in self.poms:
            raise RecordingInvalid(f"No PoD belongs to PoM {entry.pom}.", pom=entry.pom)
        return self.poms[entry.pom]


class Ask(msgspec.Struct, frozen=True):
    """One request for one group of PoDs in one quarter-hour.

    Attributes:
        service: The request that it is part of.
        group: Rows of the PoDs.
        index: The quarter-hour.
        need_kw: Change that is asked of the group; negative: consume less.
        limit: Most that is paid, EUR/kWh.
        terms: The terms of its entry; none where any part of it may be met.
        unit: The unit of its need, which is kvar where a session has both kinds of power.
    """

    service: RecordedService
    group: Rows
    index: int
    need_kw: float
    limit: float
    terms: OrderTerms | None = None
    unit: str = KILOWATT


def submission_order(service: RecordedService) -> tuple[datetime, str, str]:
    """Return the key that sorts services by submission; without instants, by identifiers."""
    return (service.submitted_at or _BEFORE_ALL, service.player_service_id, service.player_id)


def tabulate(pods: Iterable[SessionPod]) -> PodTable:
    """Return the table of a session's PoDs.

    Raises:
        RecordingInvalid: A PoD is there twice.
    """
    ordered = sorted(pods, key=lambda pod: pod.pod_id)
    rows = {pod.pod_id: row for row, pod in enumerate(ordered)}
    if len(rows) != len(ordered):
        raise RecordingInvalid("A PoD stands twice in the session.")
    baseline_kw = np.full((len(ordered), LONGEST_DAY), np.nan)
    members: dict[str, list[int]] = {}
    for row, pod in enumerate(ordered):
        baseline_kw[row, : len(pod.power_baseline)] = pod.power_baseline
        if pod.po_m_id is not None:
            members.setdefault(pod.po_m_id, []).append(row)
    poms = {pom: np.array(found, dtype=np.intp) for pom, found in members.items()}
    return PodTable(ordered, rows, baseline_kw, poms)


def list_asks(recorded: RecordedSession, table: PodTable) -> list[Ask]:
    """Return the requests in the order in which they are served.

    The DSO's come before the TSO's; among those of one kind the higher price limit comes first,
    since it is worth more to who asks; only among equals the earlier submission, then the lesser
    playerServiceId, then playerId, then the order inside the message.

    Raises:
        RecordingInvalid: A request names a PoD or PoM that is not there, or has no baseline.
    """
    return [
        ask
        for kind in _REQUESTS_IN_ORDER
        for ask in sorted(
            _asks(_of_kind(recorded, kind), table), key=attrgetter("limit"), reverse=True
        )
    ]


def _asks(services: Iterable[RecordedService], table: PodTable) -> list[Ask]:
    return [
        ask
        for service in sorted(services, key=submission_order)
        for entry, asked in zip(service.flexibility, _asked(service), strict=True)
        for ask in _entry_asks(service, entry, asked, table)
    ]


def _asked(service: RecordedService) -> Sequence[AskedGroup]:
    """Return the notes of a request at its acceptance, one for each entry.

    Raises:
        RecordingInvalid: It is noted of other entries or quarter-hours than there are.
    """
    asked = service.asked or (AskedGroup(),) * len(service.flexibility)
    lengths = [len(entry.power) for entry in service.flexibility]
    noted = [len(each.needs_kw) for each in asked]
    if len(asked) != len(lengths) or any(
        count not in {0, length} for count, length in zip(noted, lengths, strict=True)
    ):
        raise RecordingInvalid(
            f"{service.player_service_id}: what was asked is not noted for each entry.",
            playerServiceId=service.player_service_id,
        )
    return asked


def _entry_asks(
    service: RecordedService, entry: Flexibility, asked: AskedGroup, table: PodTable
) -> list[Ask]:
    group = table.group(entry, asked.pods)
    indices = [point.index for point in entry.power]
    baselines_kw = table.baseline_kw[np.ix_(group, np.array(indices, dtype=np.intp))].T
    # fsum rounds once, so the need does not depend on the order of the group.
    needs_kw = [
        point.p - math.fsum(each.tolist())
        for point, each in zip(entry.power, baselines_kw, strict=True)
    ]
    if any(map(math.isnan, needs_kw)):
        without = next(at for at, kw in zip(indices, needs_kw, strict=True) if math.isnan(kw))
        raise RecordingInvalid(
            f"{service.player_service_id}: a PoD has no baseline at index {without}.",
            playerServiceId=service.player_service_id,
        )
    if asked.needs_kw:
        # A request never turns round: a group that is beyond the total by now needs nothing.
        needs_kw = [
            0.0 if need_kw * asked_kw <= 0 else need_kw
            for need_kw, asked_kw in zip(needs_kw, asked.needs_kw, strict=True)
        ]
    unit = KILOWATT if entry.power_kind is None else KILOVAR
    return [
        Ask(service, group, point.index, need_kw, point.p_price, entry.order, unit)
        for point, need_kw in zip(entry.power, needs_kw, strict=True)
    ]


def _of_kind(recorded: RecordedSession, kind: ServiceType) -> list[RecordedService]:
    return [each for each in recorded.flexibility_services if each.service_type is kind]
