"""What the keys of a table say of it, before another one is made to hold the same."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.ledger.items import PARTITION, SORT
from functions.ledger.positions import READER

Item = Mapping[str, Any]  # as DynamoDB's own JSON has it


@dataclass
class Contents:
    """`kinds` counts items by the first word of their partition key; `connections` are those that were read."""

    digests: set[bytes] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)
    connections: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, items: Iterable[Item]) -> Contents:
        found = cls()
        for item in items:
            found.add(item)
        return found

    def add(self, item: Item) -> None:
        partition = item.get(PARTITION, {}).get("S")
        kind, _, name = str(partition or "").partition("#")
        self.kinds[kind] += 1
        if kind == READER:
            self.connections.add(name)
        if partition is not None and SORT in item:
            self.digests.add(digest(item))

    def summary(self) -> str:
        if not self.kinds:
            return "it is empty"
        if self.connections:
            return f"it holds the ledger of {_listed(sorted(self.connections))}"
        counted = [f"{n} of {kind}#" if kind else f"{n} with other keys" for kind, n in self.kinds.most_common(3)]
        return f"it holds {_listed(counted)}"


@dataclass(frozen=True)
class Difference:
    """What making `target` hold what `source` holds would do."""

    source: Contents
    target: Contents

    @property
    def removed(self) -> int:
        return len(self.target.digests - self.source.digests)

    @property
    def told(self) -> str:
        return (
            f"{len(self.source.digests)} items would be put back, {self.removed} of the ledger's "
            f"{len(self.target.digests)} removed that came later."
        )

    @property
    def doubt(self) -> str | None:
        """Why a person has to agree; None where nobody has to. A stack that has read nothing yet loses no memory."""
        if not self.target.connections:
            return None
        if lost := sorted(self.target.connections - self.source.connections):
            return f"The table holds nothing of {', '.join(lost)}"
        if self.removed * 2 > len(self.target.digests):
            return "That is more than half of what the ledger holds"
        return None


def digest(item: Item) -> bytes:
    """Sixteen bytes for each key, however long it is: a ledger may hold millions."""
    return hashlib.sha256("\0".join((item[PARTITION]["S"], item[SORT]["S"])).encode()).digest()[:16]


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
