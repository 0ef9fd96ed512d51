"""Lines of the log: their level, their form, and the number of the request."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi import FastAPI

from platone.infra.http.request_number import RequestNumbers
from platone.infra.log import write_log
from platone.infra.request_number import working_on

OURS = logging.getLogger("platone.test")


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], io.StringIO]]:
    """Begins a log into a text, without the handlers of pytest."""
    before, level = logging.getLogger("platone").level, logging.root.level

    def write(form: str, least: str) -> io.StringIO:
        monkeypatch.setattr(logging.root, "handlers", [])
        stream = io.StringIO()
        write_log(form, least, stream)
        return stream

    yield write
    logging.getLogger("platone").setLevel(before)
    logging.root.setLevel(level)


def test_json_lines_hold_what_was_said(begin: Callable[[str, str], io.StringIO]) -> None:
    stream = begin("json", "info")
    with working_on("r-1"):
        OURS.info('two lines\nand a "quote" of %s', "ü")
    OURS.debug("too fine")
    logging.getLogger("httpx").info("a library's own")
    try:
        int("seven")
    except ValueError:
        OURS.exception("failed")
    first, second = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert first["text"] == 'two lines\nand a "quote" of ü'
    assert (first["level"], first["logger"], first["request"]) == ("info", "platone.test", "r-1")
    assert "request" not in second
    assert second["trace"].endswith("ValueError: invalid literal for int() with base 10: 'seven'")


def test_plain_lines_are_as_before(begin: Callable[[str, str], io.StringIO]) -> None:
    stream = begin("plain", "warning")
    OURS.warning("one %d", 1)
    OURS.info("too fine")
    with working_on("r-2"):
        OURS.warning("another")
    assert stream.getvalue().splitlines() == [
        "WARNING platone.test: one 1",
        "WARNING platone.test: another [request r-2]",
    ]


@pytest.mark.parametrize(
    ("shown", "is_taken"), [("abc-1.2:3_4", True), ("", False), ("x" * 65, False), ("a b", False)]
)
async def test_a_callers_number_is_in_the_lines_and_the_answer(
    begin: Callable[[str, str], io.StringIO], *, shown: str, is_taken: bool
) -> None:
    stream = begin("json", "info")
    app = FastAPI()

    @app.get("/")
    async def get() -> None:
        OURS.info("called")

    app.add_middleware(RequestNumbers)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        answer = await http.get("/", headers={"X-Request-Id": shown})
    told = answer.headers["x-request-id"]
    assert json.loads(stream.getvalue())["request"] == told
    assert (told == shown) == is_taken
    assert told
