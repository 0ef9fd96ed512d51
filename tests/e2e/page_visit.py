"""A person at the pages without a browser: signs in, opens pages, sends their forms."""

import html
import re
import ssl
from pathlib import Path
from typing import Any

import httpx

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


class Visit:
    """One browser's cookies at a server."""

    def __init__(self, base_url: str, data: Path) -> None:
        self.http = httpx.Client(
            base_url=base_url, verify=_trusting(data), timeout=60, follow_redirects=False
        )

    def close(self) -> None:
        self.http.close()

    def sign_in(self, name: str) -> None:
        """Sign in by a press, as a browser is led through it."""
        begun = self.http.get("/sign-in")
        assert begun.status_code == 303, begun.text
        page = self.http.get(begun.headers["location"])
        form = hidden(page.text.partition("<form")[2].partition("</form>")[0])
        back = self.http.post("/oauth2/authorize", data=form | {"press": name}, headers=OWN_PAGE)
        assert back.status_code == 303, back.text
        ended = self.http.get(back.headers["location"])
        assert (ended.status_code, ended.headers["location"]) == (303, "/"), ended.text

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)

    def send(self, on: str, path: str, **typed: str) -> httpx.Response:
        """Send a form of the page `on`, with what stands hidden in it."""
        page = self.get(on)
        csrf = hidden(page.text).get("csrf", "")
        return self.http.post(path, data={"csrf": csrf} | typed, headers=OWN_PAGE)


def hidden(markup: str) -> dict[str, str]:
    """The hidden fields of a form, or of a whole page."""
    return {name: html.unescape(value) for name, value in _FIELD.findall(markup)}


def _trusting(data: Path) -> Any:

    return ssl.create_default_context(cafile=str(data / "ca.pem"))
