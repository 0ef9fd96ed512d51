"""Certificates in SQL: a record of every one that was signed."""

from datetime import datetime

from cryptography import x509
from sqlalchemy import insert

from platone.identity.domain.certificate import CertificateOrder
from platone.identity.records.table import certificate
from platone.infra.db import Database


class CertificateRecords:
    """The certificates that were signed.

    Args:
        database: Identity's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, signed: x509.Certificate, order: CertificateOrder, requested_by: str, at: datetime
    ) -> None:
        """Record a certificate that was signed."""
        values = {
            "serial": f"{signed.serial_number:x}",
            "common_name": order.common_name,
            "usage": order.usage.name,
            "not_before_s": int(signed.not_valid_before_utc.timestamp()),
            "not_after_s": int(signed.not_valid_after_utc.timestamp()),
            "requested_by": requested_by,
            "issued_s": int(at.timestamp()),
        }
        async with self._database.transaction() as connection:
            await connection.execute(insert(certificate).values(values))
