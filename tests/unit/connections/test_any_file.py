"""Whatever stands in a file, it is told in sentences that show no value and never in a traceback."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from functions.connections.explain import explained
from functions.connections.faults import faults_of
from functions.connections.file import ConnectionFileError, load

EXAMPLES = sorted((Path(__file__).parents[3] / "docs/examples").glob("*.toml"))
SECRET = "hunter2"
VALUES: tuple[Any, ...] = (
    SECRET,
    "",
    [SECRET],
    {"ups": SECRET},
    {"client_secret": SECRET},
    [{}],
    [[SECRET]],
    {},
    -1,
    10**30,
    1.5,
    float("nan"),
    True,
    date(2026, 1, 1),
    datetime(2026, 1, 1),  # noqa: DTZ001 # a local one is what TOML may hold
    datetime(2026, 1, 1, tzinfo=UTC),
)


def tables(content: Any) -> list[Any]:
    """Every table and list, the whole first."""
    inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return ([content] if isinstance(content, dict | list) else []) + [table for each in inner for table in tables(each)]


def damaged(content: dict[str, Any], random: Random) -> dict[str, Any]:
    content = deepcopy(content)
    for _ in range(random.randint(1, 4)):
        found = [table for table in tables(content) if table]
        if not found:
            break
        table = random.choice(found)
        key = random.choice(list(table) if isinstance(table, dict) else range(len(table)))
        match random.randrange(4):
            case 0:
                table[key] = deepcopy(random.choice(VALUES))
            case 1:
                del table[key]
            case 2 if isinstance(table, dict):
                table[f"{key}{random.choice('sx_')}"] = table.pop(key)
            case _:
                target = random.choice(tables(content))
                if isinstance(target, dict):
                    target[str(key)] = deepcopy(table[key])
    return content


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_a_damaged_file_is_always_explained(example: Path) -> None:
    random = Random(7)
    content = tomllib.loads(example.read_text(encoding="utf-8"))
    for _ in range(100):
        wrong = damaged(content, random)
        told = explained(wrong, "acme")
        assert bool(told) == bool(faults_of(wrong, "acme")), wrong
        assert [line for line in told if SECRET in line] == [], wrong
        assert all(": " in line for line in told)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_a_damaged_text_is_read_or_explained(example: Path, tmp_path: Path) -> None:
    random, raw, path = Random(7), example.read_bytes(), tmp_path / "acme.toml"
    for _ in range(100):
        place, length = random.randrange(len(raw)), random.randrange(30)
        noise = random.choice(
            [b"", b"\n", b'"', b"'", b"[", b"]]", b"= ", b"\xff", b"\0", b"\r", b"{", b",", b"\xe2\x80\x9c"]
        )
        path.write_bytes(raw[:place] + noise + raw[place + length :])
        with suppress(ConnectionFileError):
            load(path)
