"""Files that are renamed: what they are kept under, and what two of them cannot both say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from functions.connections.connection import Connection
from functions.connections.file import ConnectionFileError, load, load_all
from functions.connections.remarks import neighbours
from functions.console.check import file_of

EXAMPLE = (Path(__file__).parents[3] / "infra/connections/example.toml").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def put(folder: Path, files: Mapping[str, str | None]) -> None:
    """By name: what each was called formerly."""
    for name, formerly in files.items():
        text = EXAMPLE if formerly is None else f'formerly = "{formerly}"\n{EXAMPLE}'
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def test_a_renamed_file_is_kept_under_its_former_name_and_called_by_its_own(folder: Path) -> None:
    put(folder, {"new": "old", "other": None})
    found = load_all(folder)

    assert {name: each.called for name, each in found.items()} == {"old": "new", "other": "other"}
    assert found[load(folder / "new.toml").name].called == "new"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"new": "old", "old": None}, "new.toml: formerly: old.toml still is there; remove it, or leave formerly out"),
        ({"a": "b", "b": "a"}, "a.toml: formerly: b.toml still is there; remove it, or leave formerly out"),
        ({"a": "b", "b": "c"}, "a.toml: formerly: b.toml still is there; remove it, or leave formerly out"),
        ({"a": "old", "b": "old"}, "b.toml: formerly: a.toml names it too, and a connection has one file"),
    ],
    ids=["the old file is there", "two that change their names", "a chain", "two of one name"],
)
def test_two_files_cannot_be_one_connection(folder: Path, files: dict[str, str | None], told: str) -> None:
    put(folder, files)

    with pytest.raises(ConnectionFileError) as failure:
        load_all(folder)
    assert str(failure.value).splitlines()[0] == told


def test_an_old_file_that_cannot_be_read_is_there_all_the_same(folder: Path) -> None:
    put(folder, {"new": "old"})
    (folder / "old.toml").write_text("mode = ", encoding="utf-8")

    with pytest.raises(ConnectionFileError, match=r"new\.toml: formerly: old\.toml still is there"):
        load_all(folder)


def test_messages_name_the_file_that_a_person_has_to_open(folder: Path) -> None:
    put(folder, {"first": "x", "new": "old"})
    found: list[Connection] = list(load_all(folder).values())

    ((of, finding),) = neighbours(found)
    assert of.called == "new"
    assert finding.sentence.startswith("first delivers to the same tenant")


@pytest.mark.parametrize("name", ["new", "new.toml", "old", "old.toml"])
def test_check_finds_the_file_by_either_name(folder: Path, name: str) -> None:
    put(folder, {"new": "old", "other": None})

    assert file_of(name, folder) == folder / "new.toml"
