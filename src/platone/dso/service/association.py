"""Association of PoDs with points of measurement (flow 0A), as the network is switched now."""

from dataclasses import dataclass

from platone.dso.service.calculation.network import association_of
from platone.dso.service.network import FindNetwork
from platone.dso.service.ports import CustomerDatabase
from platone.dso.service.registration import ReadRegistrations
from platone.infra.calculation.desk import CalculationDesk
from platone.kernel.errors import PlatoneError


@dataclass(frozen=True, slots=True)
class Association:
    """The result of an association.

    Attributes:
        network_id: The network it was computed on.
        version: That network's version.
        associated: Point of measurement by PoD, as customers took it.
        not_registered: PoDs of the network that customers does not know.
        not_on_network: Registered PoDs that the network does not connect.
        refused: What customers refused, by PoD.
    """

    network_id: str
    version: str
    associated: dict[str, str]
    not_registered: list[str]
    not_on_network: list[str]
    refused: dict[str, PlatoneError]


@dataclass(frozen=True, slots=True)
class AssociatePods:
    """Computes the association from the topology and tells customers.

    Args:
        find: Finds the network.
        desk: Computes on it.
        customers: Takes the association.
        registrations: Says who is registered.
    """

    find: FindNetwork
    desk: CalculationDesk
    customers: CustomerDatabase
    registrations: ReadRegistrations

    async def __call__(
        self, network_id: str | None = None, version: str | None = None
    ) -> Association:
        """Associate all registered PoDs of a network.

        Raises:
            NetworkMissing, UnknownNetwork: There is no such network.
            PartnerUnavailable: Customers does not answer; what it took, it keeps.
        """
        network = await self.find(network_id, version)
        computed = await self.desk.run(association_of, network)
        registered = (await self.registrations()).keys()
        refused: dict[str, PlatoneError] = {}
        for pod_id in sorted(computed.keys() & registered):
            problem = await self.customers.associate(pod_id, computed[pod_id])
            if problem is not None:
                refused[pod_id] = problem
        taken = sorted(computed.keys() & registered - refused.keys())
        return Association(
            network_id=network.key.id,
            version=network.key.version,
            associated={pod_id: computed[pod_id] for pod_id in taken},
            not_registered=sorted(computed.keys() - registered),
            not_on_network=sorted(registered - computed.keys()),
            refused=refused,
        )
