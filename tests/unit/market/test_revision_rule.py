"""What a further version of a request or offer is: new, said again, or refused; in a table."""

import pytest

from platone.kernel.errors import DuplicateIdentifier
from platone.market.domain.problem.order import (
    AmendmentElsewhere,
    RevisionOutdated,
    ServiceWithdrawn,
)
from platone.market.domain.revision import Version, check_amendment, is_repeated
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    PowerPoint,
    ServiceState,
    ServiceType,
)

OFFER, REQUEST = ServiceType.OFFER, ServiceType.DSO_REQUEST
STANDS, REPLACED, WITHDRAWN = (
    ServiceState.STANDS,
    ServiceState.REPLACED,
    ServiceState.WITHDRAWN,
)


def service(revision: int, kind: ServiceType = OFFER) -> FlexibilityService:
    entry = Flexibility(pod=["P1"], power=[PowerPoint(index=0, p=1.0, p_price=0.1)])
    return FlexibilityService(
        player_id="A",
        service_type=kind,
        player_service_id="mine",
        flexibility=[entry],
        revision=revision,
    )


def version(revision: int, state: ServiceState, digest: str = "same") -> Version:
    return Version(revision, state, digest, "s1", OFFER)


ONE = [version(2, STANDS)]
TWO = [version(2, REPLACED), version(4, STANDS, "other")]
GONE = [version(2, REPLACED), version(4, WITHDRAWN)]


@pytest.mark.parametrize(
    ("versions", "revision", "is_known"),
    [
        ([], 1, False),
        (ONE, 2, True),
        (ONE, 3, False),
        (TWO, 2, True),  # said again late: nothing changes
        (TWO, 5, False),
        (GONE, 5, False),  # after a withdrawal a higher one stands again
        (GONE, 2, True),
    ],
)
def test_it_is_new_or_was_said_before(
    versions: list[Version], revision: int, *, is_known: bool
) -> None:
    assert is_repeated(service(revision), "same", versions) is is_known


@pytest.mark.parametrize(
    ("versions", "revision", "problem", "told"),
    [
        (ONE, 1, RevisionOutdated, "mine came as revision 2 before 1"),
        (TWO, 3, RevisionOutdated, "mine came as revision 4 before 3"),
        (TWO, 4, DuplicateIdentifier, "as revision 4 with other content"),
        (GONE, 4, ServiceWithdrawn, "Revision 4 of mine was withdrawn"),
    ],
)
def test_it_is_refused(
    versions: list[Version], revision: int, problem: type[Exception], told: str
) -> None:
    with pytest.raises(problem, match=told) as refused:
        is_repeated(service(revision), "same", versions)
    newest = versions[-1].revision
    assert vars(refused.value)["fields"] == {"playerServiceId": "mine", "revision": newest}


def test_other_content_under_an_older_number_is_refused_with_the_newest() -> None:
    with pytest.raises(DuplicateIdentifier, match="revision 2") as refused:
        is_repeated(service(2), "new", TWO)
    assert refused.value.fields["revision"] == 4


def test_a_version_is_for_the_session_and_of_the_kind_of_the_one_before() -> None:
    before = version(2, STANDS)
    check_amendment(service(3), "s1", before)
    check_amendment(service(1), "s2", None)
    for kind, session in ((OFFER, "s2"), (REQUEST, "s1")):
        with pytest.raises(AmendmentElsewhere, match="Revision 2 of mine is a offer") as refused:
            check_amendment(service(3, kind), session, before)
        assert refused.value.fields == {
            "playerServiceId": "mine",
            "session": "s1",
            "serviceType": "offer",
        }
