"""The Enter key presses the first button of a form: in none of ours that is a side way."""

import re
from pathlib import Path

import platone

_FORM = re.compile(r"<form.*?</form>", re.DOTALL)
_BUTTON = re.compile(r"<button(?![^>]*type=\"button\")[^>]*>")
_CALL = re.compile(r"\{\{ (\w+)\.(\w+)\(")
_SIDE_WAY = re.compile(r'name="(look|page|all)"|class="[^"]*(quiet|grave)')


def _templates() -> list[Path]:
    return sorted(Path(platone.__file__).parent.rglob("template/*.j2"))


def _with_parts(form: str, folder: Path) -> str:
    """A form with the macros of parts put where they are called."""

    def put(call: re.Match[str]) -> str:
        part = folder / f"{call[1]}_part.html.j2"
        part = part if part.exists() else folder / f"{call[1]}.html.j2"
        text = part.read_text("utf-8") if part.exists() else ""
        found = re.search(rf"\{{% macro {call[2]}\(.*?endmacro %\}}", text, re.DOTALL)
        return found[0] if found else call[0]

    return _CALL.sub(put, form)


def test_the_first_of_several_buttons_is_the_main_one() -> None:
    several = 0
    for template in _templates():
        for form in _FORM.findall(template.read_text("utf-8")):
            buttons = _BUTTON.findall(_with_parts(form, template.parent))
            if len(buttons) > 1:
                several += 1
                assert not _SIDE_WAY.search(buttons[0]), f"{template.name}: {buttons[0]}"
    assert several > 0
