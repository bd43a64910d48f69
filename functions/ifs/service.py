"""Reads lists of one OData service page by page, to the end, each row once.

Field reports: without `$top` a list may be cut, and a full page may come without `@odata.nextLink`; where there is one
it is opaque, may be relative, and is to be followed as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from functions.errors import Permanent, Retryable
from functions.ifs import odata
from functions.ifs.client import IfsClient
from functions.model.outcomes import Reason

PAGE = 500
NEXT_LINK = "@odata.nextLink"

Row = Mapping[str, Any]


class Service:
    """One projection's OData service. Raises Retryable or Permanent."""

    def __init__(self, client: IfsClient, endpoint: str, projection: str) -> None:
        self.client = client
        self.path = f"/{endpoint}/ifsapplications/projection/v1/{quote(projection, safe='')}.svc"

    def rows(self, entity_set: str, select: Sequence[str], filter_text: str, key: Sequence[str]) -> Iterator[Row]:
        """Ordered by its whole `key`; rows that moved between pages are taken once."""
        options = {"$select": odata.selection((*key, *select)), "$orderby": ",".join(key)}
        options |= {"$filter": filter_text} if filter_text else {}
        seen: set[tuple[str, ...]] = set()
        path, skip = self._page_path(entity_set, options, 0), 0
        while path:
            page, link = self._page(path, entity_set)
            for row in page:
                identity = tuple(str(row.get(name)) for name in key)
                if identity not in seen:
                    seen.add(identity)
                    yield row
            skip += len(page)
            path = self._next(link, path) if link else ""
            if not path and len(page) >= PAGE:
                path = self._page_path(entity_set, options, skip)

    def address(self, entity_set: str, key: str) -> str:
        """The path of one record; `key` as `odata.key` makes it."""
        return f"{self.path}/{entity_set}({key})"

    def _page_path(self, entity_set: str, options: Mapping[str, str], skip: int) -> str:
        return f"{self.path}/{entity_set}?{odata.query({**options, '$top': str(PAGE), '$skip': str(skip)})}"

    def _page(self, path: str, entity_set: str) -> tuple[list[Row], str | None]:
        answer = self.client.get(path, entity_set)
        if answer is None:
            raise Permanent(Reason.IFS_CONFIGURATION, f"GET {entity_set}: 404, there is no such set in the projection")
        rows = answer.body.get("value") if isinstance(answer.body, dict) else None
        if not isinstance(rows, list):
            raise Retryable(Reason.IFS_UNAVAILABLE, f"GET {entity_set}: no rows in the answer")
        link = answer.body.get(NEXT_LINK)
        return [row for row in rows if isinstance(row, dict)], link if isinstance(link, str) else None

    def _next(self, link: str, path: str) -> str:
        """Relative to the service or absolute; our own host is asked in either case, within this service only."""
        parts = urlsplit(urljoin(f"https://ifs{self.path}/", link))
        following = f"{parts.path}?{parts.query}"
        if not parts.path.startswith(f"{self.path}/") or following == path:
            raise Retryable(Reason.IFS_UNAVAILABLE, "a nextLink leads nowhere")
        return following
