"""Problems that a simulation tells."""

from platone.kernel.errors import PlatoneError


class ScenarioInvalid(PlatoneError):
    """The scenario, portfolio or rules of a simulation are not of the documented form.

    `detail` names the file, the field and what it may be.
    """

    slug = "scenario-invalid"
    title = "The scenario cannot be simulated"


class NetworkWithoutLoad(PlatoneError):
    """No consumer of the network withdraws power, so there is nothing that customers could be.

    Give a network with loads, or a portfolio of your own.
    """

    slug = "network-without-load"
    title = "The network has no load"
