from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.connections.remarks import remarks
from tests.equipment.builders import NOON, a_connection

SITES = {**a_connection().ifs.model_dump(), "sites": ["CHI"], "site_time_zones": {"CHX": "America/Chicago"}}
ELSEWHERE = {**a_connection().ifs.model_dump(), "token_url": "https://test.example.com/token"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"mode": "off"}, [("mode", "note")]),
        ({"go_live_at": NOON + timedelta(days=5)}, [("go_live_at", "note")]),
        ({"go_live_at": NOON + timedelta(days=365)}, [("go_live_at", "misfit")]),
        ({"ifs": ELSEWHERE}, [("ifs.token_url", "note")]),
        ({"ifs": SITES}, [("ifs.site_time_zones", "note")]),
        ({"ifs": SITES, "stores": {"7": {"sites": ["CHX"]}}}, []),
    ],
    ids=["nothing", "off", "next week", "a wrong year", "two hosts", "a zone of no site", "a zone of a store's site"],
)
def test_what_is_hardly_meant_is_told(changes: dict[str, Any], told: list[tuple[str, str]]) -> None:
    found = remarks(a_connection(**changes), NOON)
    assert [(remark.subject, remark.severity) for remark in found] == told


def test_a_start_that_is_ahead_says_how_far() -> None:
    (remark,) = remarks(a_connection(go_live_at=NOON + timedelta(days=5)), NOON)
    assert remark.sentence == "go_live_at is 5 days ahead; until then every label is skipped as before_go_live."
