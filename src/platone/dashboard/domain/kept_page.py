"""Which pages a household's telephone keeps, so that they open without a network, and for whom."""

import re
from urllib.parse import quote

KEPT_FOR = "Platone-Kept-For"
"""Header of an answer that a telephone may keep: for whom; the next one's takes its place."""

_APP = "/app"
"""Path of the app, which is kept also for a company that is a customer beside other roles."""
_KEPT = re.compile(
    r"/|/account|/proof"
    r"|/app(/(history|readings|choices|data))?"
    r"|/money(/(statement|agreements|disputes|(disputes|invoices)/[^/]+))?"
    r"|/pods/[^/]+/curve\.json"
)
"""The pages that a household reads; none that shows something once, such as a secret."""


def kept_for(path: str, party: str, name: str, *, is_household: bool) -> str:
    """Return for whom an answer may be kept on the telephone, as a header tells it; empty for none.

    Args:
        path: Path of the page.
        party: The party that the visitor acts for.
        name: The visitor's name.
        is_household: Whether the visitor is a household and nothing else.
    """
    is_app = path == _APP or path.startswith(f"{_APP}/")
    if not (is_household or is_app) or not _KEPT.fullmatch(path):
        return ""
    return f"{quote(party, safe='')}/{quote(name, safe='')}"
