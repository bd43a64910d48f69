"""Reads lists of one OData service page by page, to the end, each row once: a list is complete or not used.

Field reports: without `$top` a list may be cut; with it a full page may come without `@odata.nextLink`, and a server
may hand out narrower pages than it was asked for. Where there is a link it is opaque, may be relative, and is followed
as it stands. Where there is none, a page ends the list only if it is narrower than one this server is known to give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from functions.errors import ConnectorError, Permanent, Retryable
from functions.ifs import batch, odata
from functions.ifs.client import IfsClient
from functions.ifs.faults import Answer
from functions.model.outcomes import Reason

PAGE = 500  # rows; a wider page risks the request's own deadline
MOST_PAGES = 200  # 100,000 rows: a filter of ours never means more, and a server without an end has one here
NEXT_LINK, CONTEXT = "@odata.nextLink", "@odata.context"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class RowList:
    """What to ask a set for: attributes beside the whole `key`, which orders the rows, and a filter."""

    entity_set: str
    select: Sequence[str]
    key: Sequence[str]
    filter_text: str


class Service:
    """One projection's OData service. Raises Retryable or Permanent. Remembers how wide a page of each set was."""

    def __init__(self, client: IfsClient, endpoint: str, projection: str) -> None:
        self.client = client
        self.path = f"/{endpoint}/ifsapplications/projection/v1/{quote(projection, safe='')}.svc"
        self._widest: dict[str, int] = {}
        self._measured: set[str] = set()

    def rows_of_each(
        self, entity_set: str, select: Sequence[str], filters: Iterable[str], key: Sequence[str]
    ) -> list[Row]:
        """Those of every filter."""
        lists = self.each([RowList(entity_set, select, key, filter_text) for filter_text in filters])
        return [row for rows in lists for row in rows]

    def each(self, asked: Sequence[RowList]) -> list[list[Row]]:
        """The rows of every list, in their order. First pages are asked for together; no set is read before one that
        stands before it.
        """
        paths = [
            self._page_path(each.entity_set, _options((*each.key, *each.select), each.key, each.filter_text), 0)
            for each in asked
        ]
        # Most lists are one page: asked for together, a batch of orders costs few requests.
        sets = " and ".join(dict.fromkeys(each.entity_set for each in asked))
        firsts = self.client.get_together(self.path, paths, sets)
        # Numbers that stand at the wrong parts show it at one of them; which of the others are right, nobody knows.
        if not all(_belongs(first, each, asked) for each, first in zip(asked, firsts, strict=True)):
            self.client.ask_alone(self.path)
            firsts = [None] * len(asked)
        found: list[list[Row]] = []
        late: set[str] = set()
        for each, first in zip(asked, firsts, strict=True):
            # What is read later must not show a set as newer than another one that was asked for after it: a record's
            # tag would vouch for lines that were read before it.
            known = first if late <= {each.entity_set} else None
            found.append(self.rows(each.entity_set, each.select, each.filter_text, each.key, known))
            if known is None or len(found[-1]) > len(known.body["value"]):
                late.add(each.entity_set)
        return found

    def rows(
        self, entity_set: str, select: Sequence[str], filter_text: str, key: Sequence[str], first: Answer | None = None
    ) -> list[Row]:
        """All of them, ordered by the whole `key`; rows that moved between pages are taken once, rows that lack a part
        of their key as they come. `first` is the first page where it was asked for already.
        """
        options = _options((*key, *select), key, filter_text)
        rows: dict[tuple[object, ...], Row] = {}
        path, skip = self._page_path(entity_set, options, 0), 0
        for _ in range(MOST_PAGES):
            page, link = self._page(path, entity_set, first)
            first = None
            known = len(rows)
            for place, row in enumerate(page, skip):
                # A row that moves between two pages is shown twice.
                rows.setdefault(_identity(row, key, place), row)
            # IFS may serve narrower pages than were asked for, and says with a link that there is more, where it says
            # so at all.
            if not link and self._is_last(entity_set, key, len(page)):
                return list(rows.values())
            # A server that ignores `$skip` would show the first page forever.
            if page and len(rows) == known:
                raise _unusable(entity_set, "PAGE_REPEATED")
            skip += len(page)
            path = self._next(link, path) if link else self._page_path(entity_set, options, skip)
        raise _unusable(entity_set, "TOO_MANY_PAGES")

    def address(self, entity_set: str, key: str) -> str:
        """The path of one record; `key` as `odata.key` makes it."""
        return f"{self.path}/{entity_set}({key})"

    def _page_path(self, entity_set: str, options: Mapping[str, str], skip: int) -> str:
        return f"{self.path}/{entity_set}?{odata.query({**options, '$top': str(PAGE), '$skip': str(skip)})}"

    def _is_last(self, entity_set: str, key: Sequence[str], width: int) -> bool:
        """Whether a page without a link ends its list. The first one that says little has the set measured."""
        if width == 0:
            return True
        # A short page ends the list only where the set is known to show wider ones.
        if width < PAGE and entity_set not in self._measured and width >= self._widest[entity_set]:
            self._measure(entity_set, key)
        return width < self._widest[entity_set]

    def _measure(self, entity_set: str, key: Sequence[str]) -> None:
        """How wide a page of the whole set is. Where that cannot be learned, lists are read until a page is empty."""
        self._measured.add(entity_set)
        with suppress(ConnectorError):
            self._page(self._page_path(entity_set, _options(key, key, ""), 0), entity_set)

    def _page(self, path: str, entity_set: str, known: Answer | None = None) -> tuple[list[Row], str | None]:
        answer = known or self.client.get(path, entity_set, stage="search")
        if answer is None:
            text = f"GET {entity_set}: 404, there is no such set in the projection"
            raise Permanent(Reason.IFS_CONFIGURATION, text, stage="search", status=404)
        page = batch.rows(answer.body)
        if page is None:
            raise _unusable(entity_set, "NO_ROWS")
        self._widest[entity_set] = max(len(page), self._widest.get(entity_set, 0))
        link = answer.body.get(NEXT_LINK)
        return page, link if isinstance(link, str) else None

    def _next(self, link: str, path: str) -> str:
        """Relative to the service or absolute; our own host is asked in either case, within this service only."""
        parts = urlsplit(urljoin(f"https://ifs{self.path}/", link))
        following = f"{parts.path}?{parts.query}"
        # A link that leads elsewhere would be read as rows of this list, one that leads back without an end.
        if not parts.path.startswith(f"{self.path}/") or following == path:
            raise _unusable("list", "NEXT_LINK_ASTRAY")
        return following


def _belongs(page: Answer | None, asked: RowList, beside: Sequence[RowList]) -> bool:
    """Whether nothing shows that the page is of another list: neither the set that it names, nor what its rows hold."""
    if page is None:
        return True
    named = str(page.body.get(CONTEXT, "")).partition("#")[2].partition("(")[0]
    if named != asked.entity_set and named in {each.entity_set for each in beside}:
        return False
    own = {*asked.key, *asked.select}
    others = {name for each in beside for name in (*each.key, *each.select)} - own
    return all(row.keys() >= set(asked.key) and row.keys().isdisjoint(others) for row in page.body["value"])


def _options(select: Sequence[str], key: Sequence[str], filter_text: str) -> dict[str, str]:
    options = {"$select": odata.selection(select), "$orderby": ",".join(key)}
    return {**options, "$filter": filter_text} if filter_text else options


def _identity(row: Row, key: Sequence[str], place: int) -> tuple[object, ...]:
    parts = tuple(row.get(name) for name in key)
    # Rows without a whole key cannot be told apart: they count by where they stand.
    return (place,) if None in parts else tuple(map(str, parts))


def _unusable(entity_set: str, code: str) -> Retryable:
    return Retryable(Reason.IFS_UNAVAILABLE, f"GET {entity_set}: {code}", stage="search", code=code)
