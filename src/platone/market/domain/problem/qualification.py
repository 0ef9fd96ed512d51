"""Problems of qualifications, and of offers of what is not qualified."""

from platone.kernel.errors import Kind, PlatoneError


class UnknownQualification(PlatoneError):
    """There is no such qualification, or it is another service provider's."""

    slug = "unknown-qualification"
    title = "There is no such qualification"
    kind = Kind.NOT_FOUND


class QualificationNotMet(PlatoneError):
    """The unit or group cannot deliver the market's product.

    `bound` is what the product asks for, `value` what the application says.
    """

    slug = "qualification-not-met"
    title = "The product asks for more"


class QualificationInvalid(PlatoneError):
    """The application contradicts itself.

    A service providing unit is behind one point of delivery, a group behind several; a
    controllable unit stands in it once.
    """

    slug = "qualification-invalid"
    title = "The application contradicts itself"


class PodInQualification(PlatoneError):
    """The point of delivery is part of another unit or group of the same service provider.

    End that one first: what is behind a point of delivery is offered as one total.
    """

    slug = "pod-in-qualification"
    title = "The point of delivery is part of another qualification"
    kind = Kind.CONFLICT


class QualificationStateInvalid(PlatoneError):
    """The state does not follow on the one that the qualification is in.

    `qualified` needs that the DSO has granted the grid prequalification.
    """

    slug = "qualification-state"
    title = "The state does not follow"
    kind = Kind.CONFLICT


class QualificationNotYours(PlatoneError):
    """The market operator decides about a qualification; its service provider can only end it."""

    slug = "qualification-not-yours"
    title = "The caller may not decide this"
    kind = Kind.FORBIDDEN


class NotQualified(PlatoneError):
    """The market asks for qualified units, and this point of delivery is not part of one.

    A unit or group is qualified for an instant if its state is `qualified`, the DSO granted its
    grid prequalification, and both are valid then. See `GET /api/qualification`.
    """

    slug = "not-qualified"
    title = "The point of delivery is not qualified"
