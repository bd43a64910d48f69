"""Whether the stores that the connection file names are the account's, and which of the account's it does not name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from functions.connections.connection import Connection
from functions.model.fit import Finding
from functions.model.sample import Store

MOST_LISTED = 10


def named_stores(stores: Sequence[Store], connection: Connection) -> Iterator[Finding]:
    """`stores` are all of the account, inactive ones too; nothing is said where ShipStation lists none."""
    known = {store.store_id: store for store in stores}
    named = _named(connection)
    for store_id, key in (*named.items(), *_pushed(connection)) if known else ():
        yield from _of(store_id, key, known, connection)
    others = [store for store in stores if store.is_active and store.store_id not in named]
    is_choice = bool(named) or len(others) > 1
    yield from [_unnamed(others, connection)] if others and is_choice else []


def _of(store_id: int, key: str, known: Mapping[int, Store], connection: Connection) -> Iterator[Finding]:
    if store_id not in known:
        yield not_there(key, "store", str(store_id), {str(each): store.name for each, store in known.items()})
    elif not known[store_id].is_active and store_id not in connection.stores.exclude:
        sentence = (
            f"Store {_shown(store_id, known[store_id].name)} is inactive in ShipStation: nothing is shipped from it."
        )
        yield Finding(subject=key, severity="note", sentence=sentence)


def _named(connection: Connection) -> dict[int, str]:
    """The key that names it, by store id."""
    stores = connection.stores
    tables = {int(key): f"stores.{key}" for key in stores.overrides}
    return tables | dict.fromkeys(stores.include, "stores.include") | dict.fromkeys(stores.exclude, "stores.exclude")


def _pushed(connection: Connection) -> Iterator[tuple[int, str]]:
    """Where new orders are made: told apart, and what it names is given no fate by that."""
    if connection.orders:
        yield connection.orders.store_id, "orders.store_id"


def _unnamed(others: Sequence[Store], connection: Connection) -> Finding:
    fate = "skipped as store_excluded" if connection.stores.include else "written by the connection's own rules"
    sentence = f"Not named in the file, and hence {fate}: {_listed((each.store_id, each.name) for each in others)}."
    return Finding(subject="stores", severity="note", sentence=sentence, advice="Name them in include or exclude.")


def not_there(key: str, what: str, wrong: str, known: Mapping[str, str]) -> Finding:
    """That the account has no such thing, which is nearest, and what it has: `known` are the names by id."""
    close = get_close_matches(wrong, known, n=1, cutoff=0.5)
    nearest = f"Nearest: {close[0]}. " if close else ""
    has = _listed(known.items()) if known else "none"
    sentence = f"The account has no {what} {wrong}."
    return Finding(subject=key, severity="misfit", sentence=sentence, advice=f"{nearest}It has {has}.")


def _listed(named: Iterable[tuple[object, str]]) -> str:
    shown = [_shown(*each) for each in named]
    more = f", and {len(shown) - MOST_LISTED} more" if len(shown) > MOST_LISTED else ""
    return ", ".join(shown[:MOST_LISTED]) + more


def _shown(number: object, name: str) -> str:
    return f"{number} ({name})" if name else str(number)
