"""The second half of a look: how one record is written and the result is told (rules 1 to 4, 9 and 11)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.unit.record_memory.look import at_work, given_up, gone, place_of, read, touched, turn
from tests.unit.record_memory.model import Entry, Field, Item, Order, Planned, Said, Status, Values, Write, put, says
from tests.unit.record_memory.small_worlds import NOTHING, Break, Config
from tests.unit.record_memory.world import Look, Message, World, commit, queue


def put_item(config: Config, world: World, look: Look, item: Item) -> tuple[World, Look] | None:
    """The conditional put of the record that is being decided, with the orders that have to hear of it (rule 9)."""
    record = look.todo[0]
    place = place_of(config, look, record)
    if world.items[place].revision != look.items[record].revision and Break.PUT_UNCONDITIONAL not in config.breaks:
        return None
    before = look.items[record]
    changed = {
        n for n in range(len(item.parcels)) if item.parcels[n] and says(config, before, n) != says(config, item, n)
    }
    must_hear = (item.tell | changed) - {look.order}
    if Break.NEIGHBOURS_IN_MEMORY not in config.breaks:
        item = item._replace(tell=must_hear)
    item = item._replace(revision=world.items[place].revision + 1)
    look = look._replace(
        items=put(look.items, record, item), tell=look.tell | {(number, record) for number in must_hear}
    )
    return world._replace(items=put(world.items, place, item)), look


def intend(config: Config, world: World, slot: int) -> World:
    """Puts the open intent, and the order's contribution with it."""
    look = world.looks[slot]
    assert look.draft
    assert look.write
    write = look.write._replace(key=world.now, lapsed=0 if Break.LEASE_OF_ZERO in config.breaks else None)
    done = put_item(config, world, look, look.draft._replace(intent=write))
    if not done:
        return read(world, slot)
    world, look = done
    look = look._replace(step="PATCH", write=write, draft=look.items[write.record])
    return at_work(world._replace(now=world.now + 1), slot, look)


def patch(config: Config, world: World, slot: int) -> Iterator[tuple[str, World]]:
    """IFS takes the values, refuses them, answers that somebody was faster, or is not heard."""
    look = world.looks[slot]
    write, row = look.write, world.rows[look.write.record] if look.write else None
    assert write
    assert row
    unheard = [("without effect", world)]
    if row.tag != write.tag and Break.NO_IF_MATCH not in config.breaks:
        yield "412", at_work(world, slot, look._replace(step="RESULT", answer="conflict"))
    elif any(value and value & config.refuses for value in write.values):
        yield "refused", at_work(world, slot, look._replace(step="AUDIT", answer="refused"))
    else:
        taken = commit(config, world, write)
        yield "taken", at_work(taken, slot, look._replace(step="BACK", answer="ok"))
        unheard += [("taken", taken), ("under way", world._replace(flight=write))]
    if world.lost:
        look = look._replace(step="BACK", answer="unknown")
        for how, after in unheard:
            after_all = uncertain(after, write)._replace(lost=world.lost - 1)
            yield f"answer lost, {how}", at_work(after_all, slot, look)


def uncertain(world: World, write: Write) -> World:
    """The sender will never know; a person who typed that value, or ours of before, cannot be told apart (rule 5)."""
    fields = world.items[write.record].fields
    typed = world.persons[write.record]
    persons = tuple(
        NOTHING if old in (value, field.ours) else old
        for value, field, old in zip(write.values, fields, typed, strict=True)
    )
    sent = {(write.record, value) for value in (*write.values, *(field.ours for field in fields)) if value}
    return world._replace(
        uncertain=world.uncertain | sent,
        persons=put(world.persons, write.record, persons),
        excused=world.excused + (persons != typed),
    )


def back(config: Config, world: World, slot: int) -> World:
    """Reads back; what was not answered and does not stand stays open until the lease ends."""
    look = world.looks[slot]
    assert look.write
    record = look.write.record
    world = world._replace(unseen=world.unseen - {record})
    row = world.rows[record]
    stands = all(value is None or value == now for value, now in zip(look.write.values, row.values, strict=True))
    if look.answer == "unknown" and not stands and Break.UNKNOWN_CLOSED_AT_ONCE not in config.breaks:
        return at_work(world, slot, turn(config, look._replace(todo=look.todo[1:])))
    overtaken = look.answer == "ok" and row.tag != look.write.tag + 1
    later = "unknown" if Break.OVERTAKEN_STAYS_OURS in config.breaks else "overtaken"
    answer = later if overtaken else look.answer
    look = look._replace(step="AUDIT", rows=put(look.rows, record, row), answer=answer)
    return at_work(world, slot, look)


def outcomes(config: Config, answer: str, values: Planned, stands: Values) -> tuple[Said, ...]:
    """Only IFS itself refuses; what it answered to and did not take is dropped; the rest is unknown (rule 4)."""
    dropped = Said.UNKNOWN if Break.DROPPED_IS_UNKNOWN in config.breaks else Said.DROPPED
    otherwise = {"refused": Said.REFUSED, "ok": dropped}.get(answer, Said.UNKNOWN)
    return tuple(
        Said.NOTHING if value is None else Said.WRITTEN if value == now and answer != "refused" else otherwise
        for value, now in zip(values, stands, strict=True)
    )


def audit(config: Config, world: World, slot: int) -> World:
    """Puts the entry under the intent's key; one that stands already is obeyed (rule 2)."""
    look = world.looks[slot]
    assert look.write
    write, row = look.write, look.rows[look.write.record]
    assert row
    said = outcomes(config, look.answer, write.values, row.values)
    found = [entry for entry in world.audit if (entry.record, entry.key) == (write.record, write.key)]
    if found:
        said = found[0].said
    else:
        entry = Entry(write.record, write.key, write.values, said)
        world = world._replace(audit=(*world.audit, entry))
    look = look._replace(step="RESULT", said=said)
    if Break.ORDER_BEFORE_RESULT in config.breaks:
        closed = look._replace(items=put(look.items, write.record, result_of(config, world, look)))
        world, look = saved(config, world, closed), look._replace(acknowledged=True)
    return at_work(world, slot, look)


def result(config: Config, world: World, slot: int) -> World:
    """Closes the intent with what came of it, and notes who has to hear."""
    look = world.looks[slot]
    done = put_item(config, world, look, result_of(config, world, look))
    if not done:
        return given_up(world, slot) if look.acknowledged else read(world, slot)
    world, look = done
    world = at_work(world._replace(now=world.now + 1), slot, look)
    if look.acknowledged:
        return gone(world, slot)
    if look.answer in ("found", "conflict"):
        return read(world, slot)
    return at_work(world, slot, turn(config, look._replace(todo=look.todo[1:])))


def result_of(config: Config, world: World, look: Look) -> Item:
    assert look.draft
    item = look.draft._replace(intent=None, settled=world.now + 1)
    return item if look.answer == "conflict" else item._replace(fields=remembered(config, look))


def remembered(config: Config, look: Look) -> tuple[Field, ...]:
    """A refused or dropped value is remembered as tried and leaves no claim (rules 18 and 20)."""
    assert look.draft
    assert look.write
    row = look.rows[look.write.record]
    happened = (row and row.tag != look.write.tag) or Break.UNKNOWN_IS_A_TRY in config.breaks
    fields = []
    stands = row.values if row else ()
    for field, value, said, now in zip(look.draft.fields, look.write.values, look.said, stands, strict=True):
        if value is None:
            fields.append(field)
        elif said is Said.UNKNOWN and look.answer == "overtaken" and now:
            fields.append(field._replace(ours=NOTHING, others=now, tried=value, said=Said.KEPT))
        elif said is Said.WRITTEN or (said is Said.REFUSED and Break.REFUSED_IS_OURS in config.breaks):
            fields.append(field._replace(ours=value, tried=value, said=said if value else Said.NOTHING))
        else:
            tried = value if said is not Said.UNKNOWN or happened else field.tried
            fields.append(field._replace(tried=tried, said=said))
    return tuple(fields)


def contribute(config: Config, world: World, slot: int) -> World:
    """What changes no value in IFS needs no intent."""
    look = world.looks[slot]
    assert look.draft
    done = put_item(config, world, look, look.draft)
    if not done:
        return read(world, slot)
    world, look = done
    return at_work(world, slot, turn(config, look._replace(todo=look.todo[1:])))


def tell(config: Config, world: World, slot: int) -> World:
    """Queues a look for everybody whose outcome changed; the notice names the record (rule 9)."""
    look = world.looks[slot]
    for order, record in sorted(look.tell):
        named = frozenset() if Break.NOTICE_WITHOUT_RECORD in config.breaks else frozenset({record})
        world = queue(world, order, Message(named))
    return at_work(world, slot, look._replace(step="SAVE", tell=frozenset()))


def save(config: Config, world: World, slot: int) -> World:
    """The order is saved last; what it still owes keeps it due (rules 1, 11 and 12)."""
    look = world.looks[slot]
    if world.orders[look.order].revision != look.mine.revision:
        return given_up(world, slot)
    return gone(saved(config, world, look), slot)


def saved(config: Config, world: World, look: Look) -> World:
    """Settled, unless a record that was seen is not; what was not seen is owed without keeping the order due."""
    open_ends = {record for record in touched(look) if unsettled(look.items[record])}
    owed = {record for record in touched(look) if look.items[record].parcels[look.order]} | open_ends
    if Break.DEBT_PAID_EARLY in config.breaks:
        owed -= open_ends
    if Break.DEBT_FORGOTTEN in config.breaks:
        owed, open_ends = set(), open_ends & {look.line}
    said = says(config, look.items[look.line], look.order)
    if any(look.rows[record] for record in open_ends):
        status = Status.RETRY
    elif look.rows[look.line] is None:
        status = Status.WAITING
    else:
        status = Status.PARKED if said in (Said.SHARED, Said.REFUSED, Said.DROPPED) else Status.DONE
    records = frozenset({look.line} | owed)
    if Break.HIDDEN_IS_FORGOTTEN in config.breaks:
        records, status = frozenset(r for r in records if look.rows[r]), Status.DONE
    order = Order(status, said, records, look.mine.revision)
    if order != look.mine:
        order = order._replace(revision=order.revision + 1)
    return world._replace(orders=put(world.orders, look.order, order))


def unsettled(item: Item) -> bool:
    """Nobody knows yet what the record says."""
    return item.intent is not None or any(field.said is Said.UNKNOWN for field in item.fields)
