"""The feeding of points of delivery in a study: which source is nearest to each."""

from platone.grid.network.model import Network
from platone.grid.network.topology import pod_pom
from platone.grid.study.argument import require_network


def associate(network: Network) -> dict[str, str]:
    """Return the point of measurement (a source's id) that feeds each point of delivery.

    Where several sources feed one meshed part, it is the electrically nearest. A PoD that nothing
    feeds is left out.

    Raises:
        ArgumentInvalid: No network is given.
    """
    require_network(network)
    return pod_pom(network)
