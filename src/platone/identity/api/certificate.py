"""The route that signs certificate requests of devices, POST /api/identity/certificates."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented
from platone.messages.base import Role
from platone.messages.metering import CertificateRequest, IssuedCertificate

Issue = Callable[[CertificateRequest, str], Awaitable[IssuedCertificate]]


def certificate_router(issue: Issue) -> APIRouter:
    """Make the route by which the metered data administrator has a request signed."""
    router = APIRouter(tags=["identity"])

    @router.post(
        "/api/identity/certificates",
        **documented(CertificateRequest, IssuedCertificate, status=201),
    )
    async def post_certificate(
        principal: Annotated[Principal, Depends(require(Role.METERED_DATA_ADMINISTRATOR))],
        request: Annotated[CertificateRequest, body(CertificateRequest)],
    ) -> Response:
        """Sign a device's certificate request (PKCS#10, P-256, CN = the device's address).

        The device's own signature over the TLS key stands in it, as in an enrolment: nobody can
        have a certificate in a device's name without the device.
        """
        return answer(await issue(request, principal.party_id), 201)

    return router
