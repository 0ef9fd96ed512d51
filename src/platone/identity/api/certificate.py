"""The route that signs certificate requests, POST /api/identity/certificates."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from platone.identity.service.certificate import IssueCertificate
from platone.infra.http.security import Principal, only_operator, require
from platone.infra.http.wire import answer, body, documented
from platone.messages.base import Role
from platone.messages.metering import CertificateRequest, IssuedCertificate

_ASKING = require(Role.METERED_DATA_ADMINISTRATOR, Role.SYSTEM_OPERATOR)


def certificate_router(issue: IssueCertificate, dso: str) -> APIRouter:
    """Make the route by which certificate requests of the broker's clients are signed.

    Args:
        issue: Signs them.
        dso: The system operator whose platform is a client of the broker.
    """
    router = APIRouter(tags=["identity"])

    @router.post(
        "/api/identity/certificates",
        **documented(CertificateRequest, IssuedCertificate, status=201),
    )
    async def post_certificate(
        principal: Annotated[Principal, Depends(only_operator(dso, _ASKING))],
        request: Annotated[CertificateRequest, body(CertificateRequest)],
    ) -> Response:
        """Sign a certificate request of a client of the broker (PKCS#10, P-256).

        The metered data administrator asks for devices (CN = the device's address): the device's
        own signature over the TLS key stands in the request, as in an enrolment, so that nobody can
        have a certificate in a device's name without the device. The system operator asks for its
        own platform (CN = `dso`), which may run on a server of its own.
        """
        if principal.has(Role.METERED_DATA_ADMINISTRATOR):
            return answer(await issue.for_device(request, principal.party_id), 201)
        return answer(await issue.for_operator(request, principal.party_id), 201)

    return router
