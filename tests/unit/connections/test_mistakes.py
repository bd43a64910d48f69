from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.connections.file import ConnectionFileError, load, load_all, two_readers
from functions.connections.keys import Path as Path_
from functions.connections.keys import places
from tests.equipment.builders import a_connection
from tests.unit.connections.mistakes import MISTAKES, ORDER, ORDERS, REFERENCE, ROW, SHIPMENT, Mistake

EXAMPLES = Path(__file__).parents[3] / "docs/examples"
SECRET = "hunter2"


def text_of(example: str = SHIPMENT) -> str:
    return (EXAMPLES / example).read_text(encoding="utf-8")


def refused(folder: Path, content: str | bytes, name: str = "acme.toml") -> str:
    (folder / "rows-ca.pem").write_bytes((EXAMPLES / "rows-ca.pem").read_bytes())
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConnectionFileError) as fault:
        load(path)
    return str(fault.value)


def after(mistake: Mistake) -> str:
    text = text_of(mistake.example)
    assert mistake.right in text
    return text.replace(mistake.right, mistake.wrong, 1)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_told_in_one_sentence(tmp_path: Path, mistake: Mistake) -> None:
    assert refused(tmp_path, after(mistake)) == f"acme.toml: {mistake.told}"


@pytest.mark.parametrize("mistake", [m for m in MISTAKES if SECRET in m.wrong], ids=lambda mistake: mistake.name)
def test_a_secret_in_the_file_is_never_shown(tmp_path: Path, mistake: Mistake) -> None:
    assert SECRET not in refused(tmp_path, after(mistake))


@pytest.mark.parametrize("key", ["client_secret", "api_key", "API-Secret", "password", "client_id", "token"])
@pytest.mark.parametrize("header", ["[ifs]", "[shipstation.order_reference]", "[carriers]", "[stores]", "[nobody]"])
def test_a_secret_is_refused_wherever_it_stands(tmp_path: Path, header: str, key: str) -> None:
    text = text_of() if header in text_of() else f"{text_of()}\n{header}\n"
    told = refused(tmp_path, text.replace(f"{header}\n", f'{header}\n{key} = "{SECRET}"\n'))
    assert "Secrets Manager" in told
    assert SECRET not in told


def test_several_mistakes_are_told_together(tmp_path: Path) -> None:
    text = text_of().replace('"shadow"', '"live"').replace("company =", "compny =").replace("sites =", "site =")
    assert [line.split(": ")[1] for line in refused(tmp_path, text).splitlines()] == ["ifs.compny", "ifs.site", "mode"]


# Whose last table, or last of its kind, is the one that the tables belong to.
OF_TABLE: dict[Path_, str] = {
    **{place[:2]: ORDERS for place in places() if place[0] == "orders"},
    ("orders",): ORDERS,
    **{("align", table): REFERENCE for table in ("records", "emails", "template")},
    ("align", "holdings"): "stock.toml",
}


@pytest.mark.parametrize("place", places(), ids=".".join)
def test_every_key_is_recognised_by_a_slip_of_the_finger(tmp_path: Path, place: Path_) -> None:
    table, key = place[:-1], str(place[-1])
    of_rows = {"id_attribute", "key_attribute", "order_attribute", "company_attribute"}
    example = OF_TABLE.get(table[:2], ROW if key in of_rows else SHIPMENT)
    text = with_line(table, f"{key}{key[-1]} = 1\n", example)
    told = refused(tmp_path, text)
    assert len(told.splitlines()) == 1
    assert f"; did you mean {key}" in told or f"{key}]" in told


def with_line(table: Path_, line: str, example: str) -> str:
    """An example with one more line in a table, in one of its own where it has none."""
    if not table:
        return line + text_of(example)
    header = "[[ifs.targets]]" if table[-1] == "targets" else f"[{'.'.join(map(str, table))}]"
    text = text_of(ORDER if "targets" in table[:-1] else example)
    if f"{header}\n" not in text:
        text = text_of(example).replace("[carriers]", f"{header}\n\n[carriers]")
    return text.replace(f"{header}\n", f"{header}\n{line}")


@pytest.mark.parametrize(
    ("encoded", "told"),
    [
        (lambda text: text.encode("utf-16"), "is UTF-16; save it as UTF-8"),
        (lambda text: text.encode("utf-16-le"), "is UTF-16; save it as UTF-8"),
        (
            lambda text: ("# für Malmö\n" + text).encode("latin-1"),
            "line 1: is no UTF-8, perhaps Latin-1 or Windows-1252; save it as UTF-8",
        ),
    ],
    ids=["UTF-16", "UTF-16 without a mark", "Latin-1"],
)
def test_another_encoding_is_named(tmp_path: Path, encoded: Callable[[str], bytes], told: str) -> None:
    assert refused(tmp_path, encoded(text_of())) == f"acme.toml: {told}"


@pytest.mark.parametrize(
    "encoded",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace(" = ", "\t=\t").encode(),
        lambda text: text.rstrip("\n").encode(),
    ],
    ids=["byte order mark", "CRLF", "tabs", "no last line end"],
)
def test_what_editors_do_to_a_file_is_read(tmp_path: Path, encoded: Callable[[str], bytes]) -> None:
    path = tmp_path / "acme.toml"
    path.write_bytes(encoded(text_of()))
    assert load(path).ifs.company == "10"


def test_a_line_is_told_right_with_crlf(tmp_path: Path) -> None:
    text = text_of().replace('"shadow"', "shadow").replace("\n", "\r\n")
    assert refused(tmp_path, text).startswith("acme.toml: line 2: ")


def test_a_folder_without_files_says_so(tmp_path: Path) -> None:
    assert told_of(tmp_path) == f"{tmp_path}: holds no connection file (*.toml)"


def test_a_file_with_another_ending_is_named(tmp_path: Path) -> None:
    (tmp_path / "acme.toml.txt").write_text(text_of(), encoding="utf-8")
    assert told_of(tmp_path).endswith("; acme.toml.txt has to end in .toml, in small letters")


def test_a_folder_that_is_none_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert told_of(tmp_path / "none").endswith(": there is no such folder")
    assert told_of(tmp_path / "file").endswith(": is a file; name the folder that it stands in")


def test_a_folder_and_a_dangling_link_in_a_files_place_are_told(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").mkdir()
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nowhere")
    told = "acme.toml: is a folder, not a file\ngone.toml: cannot be read: No such file or directory"
    assert told_of(tmp_path) == told


def test_two_files_with_one_name_are_told(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(text_of(), encoding="utf-8")
    (tmp_path / "copy.toml").write_text(f'name = "acme"\n{text_of()}', encoding="utf-8")
    told = 'is that of acme.toml, and every connection has one file; leave it out, or write name = "copy"'
    assert told_of(tmp_path) == f"copy.toml: name: {told}"


def test_a_file_with_a_name_that_is_none_is_told_what_a_name_is(tmp_path: Path) -> None:
    told = refused(tmp_path, text_of(), name="Acme Corp.toml")
    assert told.startswith("Acme Corp.toml: name: is the file's name too: a lower-case letter, then lower-case letters")


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("Acme", "acme"),
        ("acme_prod", "acme-prod"),
        ("Acme Corp.", "acme-corp"),
        ("Müller & Söhne", "muller-sohne"),
        ("2nd", "nd"),
        (f"a{'b' * 29}-cd", f"a{'b' * 29}"),
    ],
)
def test_a_file_with_a_name_that_is_none_is_told_the_right_one(tmp_path: Path, name: str, right: str) -> None:
    told = refused(tmp_path, text_of(), name=f"{name}.toml")
    assert told.endswith(f"at most 31; rename the file to {right}.toml")
    (tmp_path / f"{right}.toml").write_text(text_of(), encoding="utf-8")
    assert load(tmp_path / f"{right}.toml").name == right


def test_a_file_without_a_letter_in_its_name_is_told_the_rule(tmp_path: Path) -> None:
    assert refused(tmp_path, text_of(), name="2026.toml").endswith("at most 31")


def told_of(folder: Path) -> str:
    with pytest.raises(ConnectionFileError) as fault:
        load_all(folder)
    return str(fault.value)


def test_there_are_forty_mistakes_and_each_differs() -> None:
    assert len({(m.example, m.right, m.wrong) for m in MISTAKES}) == len(MISTAKES) >= 40


OTHER_COMPANY = {**a_connection().ifs.model_dump(exclude_unset=True), "company": "99"}


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        ({}, {}, True),
        ({"mode": "off"}, {}, False),
        ({}, {"ifs": OTHER_COMPANY}, False),
        ({"stores": {"include": [1, 2]}}, {"stores": {"include": [3]}}, False),
        ({"stores": {"include": [1, 2]}}, {"stores": {"include": [2, 3]}}, True),
        ({"stores": {"include": [1, 2]}}, {"stores": {"exclude": [1, 2]}}, False),
        ({"stores": {"exclude": [1]}}, {"stores": {"include": [1]}}, False),
        ({"stores": {"exclude": [1]}}, {"stores": {"include": [1, 2]}}, True),
        ({"shipstation": {"api": "v2"}}, {}, False),
    ],
)
def test_one_account_is_not_read_through_both_apis(
    first: dict[str, Any], second: dict[str, Any], *, is_refused: bool
) -> None:
    both = (
        a_connection(name="first", **first),
        a_connection(name="second", **{"shipstation": {"api": "v2"}, **second}),
    )
    (told, back) = (list(two_readers(order)) for order in (both, both[::-1]))
    assert (bool(told), bool(back)) == (is_refused, is_refused)
    assert all("second.toml: shipstation.api: first delivers" in sentence for sentence in told)
