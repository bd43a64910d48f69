from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import functions.page
from functions.page.markup import as_json, styles, tag, together
from tests.unit.page.pages import Parsed

ROOM = Path(str(functions.page.__file__)).parent
# A browser reads neither surrogates nor control characters, and a carriage return as a line's end.
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


@given(TEXTS)
def test_a_text_is_read_as_that_text(text: str) -> None:
    parsed = Parsed(tag("p", text, tag("input", value=text)).text)
    assert (parsed.tags, parsed.text, parsed.values) == ({"p", "input"}, text, [text])


@given(st.dictionaries(st.text(), st.text()))
def test_json_is_the_same_read_as_text_or_as_html(value: dict[str, str]) -> None:
    html = as_json(value).text
    assert json.loads(html) == value
    assert json.loads(Parsed(html).text or "{}") == value


def test_elements_are_put_together_and_nothing_is_left_out() -> None:
    rows = [tag("tr", tag("td", number)) for number in (1, 2)]
    assert tag("table", rows, None).text == "<table><tr><td>1</td></tr><tr><td>2</td></tr></table>"
    assert together("a", tag("br"), ["b", None]).text == "a<br>b"
    assert tag("input", name="n", hidden=True, class_="c", title=None, disabled=False).text == (
        '<input name="n" hidden class="c">'
    )


def test_a_style_sheet_ends_where_it_ends() -> None:
    with pytest.raises(AssertionError):
        styles("</style><script>")


@pytest.mark.parametrize("module", sorted(ROOM.glob("*.py")), ids=lambda path: path.stem)
def test_no_page_makes_html_past_the_one_place_that_escapes(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)}
    assert ("Html" in calls) == (module.stem == "markup")
    texts = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    written = [value for value in texts if isinstance(value, str) and re.search(r"</?[a-z]", value)]
    assert module.stem in {"markup", "described"} or written == []
