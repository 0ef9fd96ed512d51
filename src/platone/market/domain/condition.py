"""The conditions on which a point of delivery takes part, beyond being registered."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from platone.kernel.errors import PlatoneError, raise_all
from platone.market.domain.problem.order import AgreementMissing, PodNotPlaced
from platone.market.domain.rejection import Rejection
from platone.messages.clearing import Participation
from platone.messages.registry import PointOfDelivery


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions that are asked of points of delivery, and who has an agreement.

    Attributes:
        needs: What they have to have.
        agreed: Aggregator and point of delivery of the agreements in force; of no matter where
            none is asked for.
    """

    needs: Participation = Participation.REGISTERED
    agreed: Collection[tuple[str, str]] = frozenset()

    def missing(self, pod: PointOfDelivery) -> Rejection | None:
        """Return why a registered point of delivery takes no part; None where it does."""
        if self.needs is Participation.REGISTERED:
            return None
        if pod.po_m_id is None:
            return Rejection.NOT_PLACED
        is_agreed = (pod.aggregator_id, pod.pod_id) in self.agreed
        if self.needs is Participation.AGREED and not is_agreed:
            return Rejection.NO_AGREEMENT
        return None

    def check(self, pods: Iterable[PointOfDelivery]) -> None:
        """Check that registered points of delivery can be offered.

        Raises:
            PodNotPlaced: One has no point of measurement.
            AgreementMissing: One has no agreement.
        """
        raise_all(problem for pod in pods if (problem := self._problem(pod)) is not None)

    def _problem(self, pod: PointOfDelivery) -> PlatoneError | None:
        match self.missing(pod):
            case Rejection.NOT_PLACED:
                return PodNotPlaced(f"{pod.pod_id} has no point of measurement.", pod=pod.pod_id)
            case Rejection.NO_AGREEMENT:
                return AgreementMissing(
                    f"{pod.aggregator_id} has no agreement with the customer of {pod.pod_id}.",
                    pod=pod.pod_id,
                    aggregatorId=pod.aggregator_id,
                )
            case _:
                return None


REGISTRATION_ONLY = Conditions()
"""The conditions of a market that asks for a registration and nothing else."""
