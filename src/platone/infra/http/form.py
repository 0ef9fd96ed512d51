"""Forms that a browser or an OAuth2 client sends, and the look at whether it is from our pages."""

from urllib.parse import parse_qsl

from fastapi import Request

from platone.infra.http.wire import BodyTooLarge, read_bounded
from platone.kernel.errors import Kind, PlatoneError

FORM = "application/x-www-form-urlencoded"
FORM_BYTES = 16 * 1024
"""Longest form that is read, bytes: a sign-in or an offer by hand has some hundred."""
_MAX_FIELDS = 64
"""Most fields of a form: an offer by hand has some dozen."""


class FormMalformed(PlatoneError):
    """The body is no form of a browser: `application/x-www-form-urlencoded`, each field once."""

    slug = "form-malformed"
    title = "The form cannot be read"
    kind = Kind.MALFORMED


class ForeignForm(PlatoneError):
    """The form was sent by a page of another site, so that nobody can act in your name.

    Open the page anew at this server's own address, and send it again.
    """

    slug = "foreign-form"
    title = "The form comes from another site"
    kind = Kind.FORBIDDEN


async def read_form(
    request: Request, *, most_fields: int = _MAX_FIELDS, most_bytes: int = FORM_BYTES
) -> dict[str, str]:
    """Return a form's fields; empty ones count as absent (RFC 6749 section 3.2).

    Args:
        request: The request.
        most_fields: How many fields it may have.
        most_bytes: How long it may be, bytes.

    Raises:
        FormMalformed: It is no form, too long, or a field stands twice.
    """
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != FORM:
        raise FormMalformed(f"The body must be {FORM}.")
    try:
        text = (await read_bounded(request, most_bytes)).decode()
        pairs = parse_qsl(text, errors="strict", max_num_fields=most_fields)
    except BodyTooLarge as error:
        raise FormMalformed(f"The body passes {most_bytes} bytes.") from error
    except ValueError as error:
        raise FormMalformed("The body is no form.") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise FormMalformed("A parameter stands twice.")
    return form


def check_own_page(request: Request, base_url: str) -> None:
    """Check that a browser sends a form from a page of this server.

    Raises:
        ForeignForm: It comes from elsewhere, or does not say from where.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    is_own = origin == base_url if site is None else site == "same-origin"
    if not is_own:
        raise ForeignForm("The form was not sent by a page of this server.")
