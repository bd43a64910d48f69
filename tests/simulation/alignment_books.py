"""What is known of aligned warehouses from outside: who typed what where, when both systems last said the same, and
what the connector wrote. Says what is right without a word of the connector's own rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from tests.equipment.http import Request, Response
from tests.equipment.ifs.store import Write
from tests.equipment.world import Site

# Our word for a field: IFS's, ShipStation's, and who wins.
FIELDS = {"name": ("Description", "warehouseName"), "street1": ("Address1", "street1"), "city": ("City", "city")}
WINNER = {"name": None, "street1": "ifs", "city": "shipstation"}
WINDOW = timedelta(minutes=5)  # an edit while a run is under way may be overwritten in ShipStation
SETS = {"CompanySiteSet", "SiteAddressSet"}
Place = tuple[str, str]  # a site, and a field of it


@dataclass
class Typed:
    at: datetime
    text: str


class AlignmentBooks:
    """`made` counts the warehouses that the connector made, by the site whose name they were given."""

    def __init__(self, now: Callable[[], datetime], site: Site) -> None:
        self._now, self._site = now, site
        self._typed: dict[tuple[str, Place], Typed] = {}
        self._agreed: dict[Place, datetime] = {}
        self._linked: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.made: Counter[str] = Counter()
        self.written: Counter[str] = Counter()
        self.faults: list[str] = []
        self._serve = site.account.warehouse_answer
        site.account.warehouse_answer = self._served  # type: ignore[method-assign] # called by its name
        site.tenant.after_commit = self._committed

    def pairs(self) -> dict[str, int]:
        """The warehouse of each site, while it stands there: by the street and the name that the site had at first."""
        gone = self._site.account.gone_warehouses
        return {code: number for code, number in self._linked.items() if number not in gone}

    def typed(self, code: str, side: str, field: str, text: str) -> None:
        self._typed[side, (code, field)] = Typed(self._now(), text)

    def text(self, side: str, code: str, field: str) -> str:
        ifs, theirs = FIELDS[field]
        if side == "ifs":
            record = self._site.tenant.site(code) if field == "name" else self._site.tenant.site_address(code)
            return str(record[ifs] or "")
        row = self._site.account.warehouses[self._linked[code]]
        return str((row if field == "name" else row["originAddress"])[theirs] or "")

    def see(self) -> None:
        """Where both say the same by now, and what each site is called."""
        self._names |= {name: code for code in self._codes() for name in (code, self.text("ifs", code, "name"))}
        for place in self._places():
            if self.text("ifs", *place) == self.text("shipstation", *place):
                self._agreed[place] = self._now()

    def differing(self) -> dict[str, set[str]]:
        """By site, the fields that differ in the end."""
        found: dict[str, set[str]] = {}
        for code, field in self._places():
            if self.text("ifs", code, field) != self.text("shipstation", code, field):
                found.setdefault(code, set()).add(field)
        return found

    def lost(self) -> Iterator[str]:
        """What somebody typed last, unless both have said the same since, stands there."""
        for (side, place), typed in self._typed.items():
            is_past = self._agreed.get(place, typed.at) > typed.at
            if place[0] in self.pairs() and not is_past and self.text(side, *place) != typed.text:
                yield f"{place[0]}: {place[1]} that was typed into {side} is gone"

    def _places(self) -> Iterator[Place]:
        return ((code, field) for code in self.pairs() for field in FIELDS)

    def _served(self, request: Request, rest: list[str]) -> Response:
        account = self._site.account
        before = {number: dict(row) for number, row in account.warehouses.items()}
        response = self._serve(request, rest)
        if request.method != "GET" and response.status == HTTPStatus.OK:
            for number, row in account.warehouses.items():
                if before.get(number) != row:
                    self._judge_warehouse(number, before.get(number), row)
            if request.method == "DELETE":
                self.faults.append("a warehouse was deleted")
        self.see()
        return response

    def _judge_warehouse(self, number: int, before: Mapping[str, Any] | None, row: Mapping[str, Any]) -> None:
        code = self._code_of(number, row)
        self.written[code] += 1
        if before is None:
            self.made[code] += 1
            return
        for field, (_, theirs) in FIELDS.items():
            was, now = (before, row) if field == "name" else (before["originAddress"], row["originAddress"])
            if was[theirs] != now[theirs]:
                self._judge("shipstation", (code, field))

    def _code_of(self, number: int, row: Mapping[str, Any]) -> str:
        known = {linked: code for code, linked in self._linked.items()}
        if number not in known:
            code = self._names[row["warehouseName"]]
            self._linked.setdefault(code, number)
            return code
        return known[number]

    def _codes(self) -> list[str]:
        return sorted(str(key[0]) for key in self._site.tenant.sets["CompanySiteSet"])

    def _committed(self, write: Write) -> None:
        names = {ifs: field for field, (ifs, _) in FIELDS.items()}
        if write.by == "api" and write.entity in SETS:
            code = str(write.key[0])
            self.written[code] += 1
            for name in write.changes:
                self._judge("ifs", (code, names.get(name, name)))
        if write.by == "api":
            self.see()

    def _judge(self, side: str, place: Place) -> None:
        """Written is the side that does not win, and only over what nobody has typed since both said the same."""
        if WINNER.get(place[1]) in {side, None}:
            self.faults.append(f"{place[0]}: {place[1]} was written to {side}, which does not lose")
        typed = self._typed.get((side, place))
        agreed = self._agreed.get(place)
        is_edit = typed is not None and agreed is not None and typed.at > agreed
        if is_edit and typed is not None and self._now() - typed.at > WINDOW:
            self.faults.append(f"{place[0]}: {place[1]} that was typed into {side} was overwritten")
