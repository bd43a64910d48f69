"""Makes the stack's ledger hold what a restored table holds: `make restore ARGS="--from TABLE"`. DynamoDB restores into
a new table. Every connection is paused by it, until a person has seen that reading has caught up. It says first what it
would put back and remove, and asks where that is much.

Exit status 0: done. 2: it failed, or was asked wrongly; unless it says that nothing was changed, nothing may be started
before it was repeated.
"""

from __future__ import annotations

import sys
import time
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from functions.console.aws import ConsoleError, Stack, Where
from functions.console.operate import FAILED, WELL, Parser, common_options, login, where
from functions.console.progress import progress
from functions.console.table_contents import Contents, Difference, Item, digest
from functions.errors import ConnectorError
from functions.ledger.desks import DeskStore
from functions.ledger.items import PARTITION, SORT
from functions.ledger.table import DynamoTable, Table
from functions.model.desk import Desk, Pause, pause_name
from functions.model.shipment import ConnectionName

BATCH = 25  # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)  # after what a busy table leaves of a batch
NOTE = "the ledger was restored: resume once reading has caught up"


def parser() -> Parser:
    made = Parser(prog="make restore", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    made.add_argument("--from", dest="source", required=True, help="the table that was restored")
    made.add_argument("--by", help="who asks; your login name")
    made.add_argument("--yes", action="store_true", help="agreed, though much of the ledger is removed")
    common_options(made.add_argument_group("where"))
    return made


def main(words: Sequence[str], open_stack: Callable[[Where], Stack] = Stack) -> int:
    try:
        arguments = parser().parse_args(words)
        restore(open_stack(where(arguments)), arguments.source, arguments.by or login(), is_agreed=arguments.yes)
    except (ConsoleError, ConnectorError) as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    return WELL


def restore(stack: Stack, source: str, by: str, *, is_agreed: bool) -> None:
    ledger = stack.function("LedgerTable")
    if source == ledger:
        raise ConsoleError("That is the stack's own table: name the one that was restored.")
    if running := stack.running():
        raise ConsoleError(f"{len(running)} functions may still run: stop them first, {running[0]} for example.")
    copy, subject = Copy(stack.client("dynamodb")), f"The tables {source} and {ledger}"
    with stack.told(subject), progress("comparing"):
        difference = copy.difference(source, ledger)
    _judge(difference, source, stack.kept, is_agreed=is_agreed)
    with stack.told(subject), progress("copying"):
        put, removed = copy.make_equal(source, ledger)
    _say(f"{put} items put back, {removed} removed that came later.")
    paused = hold(DynamoTable(stack.client("dynamodb"), ledger), stack.kept, by, datetime.now(UTC))
    _say(f"Paused: {', '.join(stack.connections)}.")
    for name, before in paused.items():
        _say(
            f"{stack.renamed.get(name, name)} was paused before {_told(before)}. Resume it only once that is over too."
        )
    _say("Next: start the functions, wait until reading has caught up, then resume (docs/operations.md).")


def _judge(difference: Difference, source: str, connections: Sequence[str], *, is_agreed: bool) -> None:
    """Raises ConsoleError before anything is changed."""
    if difference.source.connections.isdisjoint(connections):
        whose, what = ", ".join(connections), difference.source.summary()
        raise ConsoleError(f"{source} is no ledger of {whose}: {what}. Nothing was changed.")
    _say(difference.told)
    if difference.doubt and not (is_agreed or _agrees(difference.doubt)):
        raise ConsoleError(f"{difference.doubt}: say --yes if it is meant. Nothing was changed.")


def _agrees(doubt: str) -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"{doubt}. Type yes if it is meant: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == "yes"


def hold(ledger: Table, connections: Iterable[str], by: str, now: datetime) -> dict[str, Pause]:
    """An older ledger knows less than IFS was told: what it would write before it has read on is of the past. Answers
    by connection the pause of a person that this one takes the place of, and names.
    """
    paused: dict[str, Pause] = {}

    def holding(desk: Desk) -> Desk:
        before = next((each for each in desk.holding(now) if each.name == pause_name("connection")), None)
        note = NOTE
        if before is not None:
            paused[desk.connection] = before
            note = before.note if before.note.startswith(NOTE) else f"{NOTE}; paused before {_told(before)}"
        return desk.pausing(Pause(scope="connection", by=by, note=note, at=now))

    for name in connections:
        DeskStore(ledger).change(ConnectionName(name), holding)
    return paused


def _told(pause: Pause) -> str:
    until = f" until {pause.until:%Y-%m-%d %H:%M} UTC" if pause.until else ""
    return f"by {pause.by}{until}: {pause.note}"


class Copy:
    def __init__(self, client: Any, pause: Callable[[float], None] = time.sleep) -> None:
        self._client, self._pause = client, pause

    def difference(self, source: str, target: str) -> Difference:
        """Reads keys, and changes nothing."""
        return Difference(Contents.of(self._keys(source)), Contents.of(self._keys(target)))

    def make_equal(self, source: str, target: str) -> tuple[int, int]:
        """How many items were put, and how many removed. Repeated, it does the same."""
        kept: set[bytes] = set()
        for items in _batches(self._scan(source)):
            self._write(target, [{"PutRequest": {"Item": item}} for item in items])
            kept |= {digest(item) for item in items}
        removed = 0
        for items in _batches(item for item in self._keys(target) if digest(item) not in kept):
            self._write(target, [{"DeleteRequest": {"Key": item}} for item in items])
            removed += len(items)
        return len(kept), removed

    def _keys(self, table: str) -> Iterator[Item]:
        return self._scan(table, ProjectionExpression=f"{PARTITION}, {SORT}")

    def _scan(self, table: str, **more: Any) -> Iterator[Item]:
        for page in self._client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True, **more):
            yield from page["Items"]

    def _write(self, table: str, requests: Sequence[Mapping[str, Any]]) -> None:
        left: Sequence[Mapping[str, Any]] = requests
        for seconds in PAUSES:
            left = self._client.batch_write_item(RequestItems={table: left})["UnprocessedItems"].get(table, [])
            if not left:
                return
            self._pause(seconds)
        raise ConsoleError(f"The table {table} is too busy: {len(left)} items of a batch were left. Repeat it.")


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
