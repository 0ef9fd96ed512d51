"""Pages from templates: everything that is shown is escaped, and nothing foreign is loaded."""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import Response
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from platone.infra.page.asset import asset_address
from platone.infra.page.number import (
    day_of,
    in_euro,
    in_euro_exactly,
    in_kvar,
    in_kw,
    in_kwh,
    in_tokens,
    instant,
    measure,
    price,
    reactive_price,
    span_of_day,
    wall,
    with_instants,
    words,
)
from platone.infra.page.word import place_of_zone, worded

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    # not no-referrer, which would also hide from us whether a form is of our own pages
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_FIGURES: Mapping[str, Callable[..., Markup]] = {
    "kw": in_kw,
    "kvar": in_kvar,
    "kwh": in_kwh,
    "eur": in_euro,
    "exact_eur": in_euro_exactly,
    "tokens": in_tokens,
    "price": price,
    "reactive_price": reactive_price,
}
"""The filters that show a number, by their name in templates."""


def _in_page_language(show: Callable[..., str]) -> Callable[..., str]:
    """Return a filter that writes as the page's language does; English without one."""

    @pass_context
    def shown(context: Context, value: object) -> str:
        return show(value, context.get("language", "en"))

    return shown


class Pages:
    """The templates of some packages, above the frame that all pages share.

    Args:
        zone: Zone of the site, in which every time is shown.
        packages: Python packages that have a folder ``template``.
        filters: Further ways to show a value, by their name in templates.

    Attributes:
        zone: Likewise.
    """

    def __init__(
        self, zone: str, *packages: str, filters: Mapping[str, Callable[..., str]] | None = None
    ) -> None:
        loaders = [PackageLoader(each, "template") for each in (*packages, "platone.infra.page")]
        self._templates = Environment(
            loader=ChoiceLoader(loaders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        site, self.zone = ZoneInfo(zone), zone

        def at(moment: datetime) -> object:
            return instant(moment, site)

        def wall_at(moment: datetime) -> object:
            return wall(moment, site)

        def span(start: datetime, hours: int) -> object:
            return span_of_day(start, hours, site)

        def told(text: str) -> object:
            return with_instants(text, site)

        self._templates.globals.update(asset=asset_address, zone=zone)
        self._templates.filters.update(
            at=at,
            wall=wall_at,
            span=span,
            day=day_of,
            told=told,
            place=_in_page_language(place_of_zone),
            worded=_in_page_language(worded),
            **{name: _in_page_language(show) for name, show in _FIGURES.items()},
            words=words,
            measure=measure,
            **(filters or {}),
        )

    def page(
        self, template: str, shown: Mapping[str, object] | None = None, status: int = 200
    ) -> Response:
        """Return a page with what it shows."""
        text = self._templates.get_template(template).render({"person": None} | dict(shown or {}))
        return Response(text, status, dict(_HEADERS), "text/html")
