"""Errors of power flow, flexibility, and the workers that calculate them."""

from platone.kernel.errors import Kind, PlatoneError


class PowerFlowDiverged(PlatoneError):
    """The power flow has no solution: the network cannot carry this load at any voltage.

    `quarterHours` names the instants (or places of the run) where it failed. Look for loads
    in the wrong unit (W for kW), impedances that are too large, or a missing feeder.
    """

    slug = "power-flow-diverged"
    title = "The power flow has no solution"


class PriceMissing(PlatoneError):
    """Some flexible points of delivery have a price, and some have none.

    Flexibility is requested for the least power (no prices) or for the least money (a price for
    each offered kW, and for each kvar where reactive power is offered): give all or none.
    """

    slug = "price-missing"
    title = "Some flexibility has no price"


class FlexibilityInvalid(PlatoneError):
    """The flexibility of points of delivery is stated such that it cannot be.

    `podIds` names them. Each may stand once, and must be on the network; margins and prices are
    finite numbers that are not below 0, and reactive per active power is a finite number.
    """

    slug = "flexibility-invalid"
    title = "The flexibility cannot be"


class UnknownBranch(PlatoneError):
    """An outage was asked for of what is no branch of the network.

    `element` is the name. Branches are lines, transformers, and windings of transformers with
    three, by the identifiers of the network file.
    """

    slug = "unknown-branch"
    title = "The network has no such branch"


class OptimisationFailed(PlatoneError):
    """The optimiser found no solution although one must exist. Please report the input."""

    slug = "optimisation-failed"
    title = "The optimiser failed"


class WorkersInvalid(PlatoneError):
    """The setting `workers` names no place where calculations can run.

    It is empty (in this process), `processes` or `processes:4` (in so many processes of this
    machine), or the address of a Dask scheduler, such as `tcp://10.0.0.5:8786` or `tls://…`.
    """

    slug = "workers-invalid"
    title = "The setting names no place for calculations"


class ClusterMissing(PlatoneError):
    """The workers for long calculations do not answer, were lost, or lack their library.

    `address` says where they were looked for. A cluster needs `platone[cluster]` here and the same
    version of this package on its workers.
    """

    slug = "cluster-missing"
    title = "The cluster is not there"
    kind = Kind.UNAVAILABLE
