"""What becomes of a message that died: it comes back a few times, then a person is shown what it said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from functions.errors import Retryable
from functions.flows.from_shipstation.dead_notifications import LOOK, look_again
from functions.flows.to_ifs.dead_letters import LARGEST_BODY_BYTES, RACES, ROUND, ROUNDS, WINDOW, DeadLetters
from functions.model.dead_letters import Returns
from functions.model.messages import DeliverOrder, Notification, Pointer
from functions.model.outcomes import SENTENCES, Reason
from functions.model.parked import Parked
from functions.model.shipment import ConnectionName, Item, OrderKey
from tests.equipment.builders import NOON, a_shipment, again, voided, work

ACME = ConnectionName("acme")
APART = timedelta(minutes=75)  # five receives


class Setting:
    """Memory, queue and parking lot; `is_down` lets the queue fail, `rivals` are saves that somebody else wins."""

    def __init__(self) -> None:
        self.at, self.is_down, self.rivals = NOON, False, 0
        self.returns: dict[OrderKey, Returns] = {}
        self.sent: list[DeliverOrder] = []
        self.parked: list[Parked] = []
        self.letters = DeadLetters(memory=self, queue=self, parking=self, now=self.now)

    def now(self) -> datetime:
        return self.at

    def load(self, order: OrderKey) -> Returns:
        return self.returns.get(order, Returns(order=order))

    def save(self, returns: Returns) -> bool:
        if self.rivals:
            self.rivals -= 1
            return False
        self.returns[returns.order] = returns
        return True

    def send(self, work: Iterable[DeliverOrder]) -> None:
        if self.is_down:
            raise Retryable(Reason.QUEUE_UNAVAILABLE, "down")
        self.sent += work

    def park(self, parked: Parked) -> None:
        self.parked += [parked] if parked.subject not in {known.subject for known in self.parked} else []

    def die(self, *died: DeliverOrder, rounds: int = 1) -> list[bool]:
        """All of them at once, this many times; whether each came back."""
        fates: list[bool] = []
        for number in range(rounds):
            fates += [self.letters.bring_back(f"{number}-{n}", each) for n, each in enumerate(died)]
            self.at += APART
        return fates


def test_dead_order_is_sent_again_with_its_shipment_under_an_id_the_queue_does_not_know() -> None:
    setting, dead = Setting(), work(a_shipment(items=(Item(sku="BOLT", quantity=2),)))
    assert setting.die(dead) == [True]
    (back,) = setting.sent
    assert (back.order, back.shipment, back.cause) == (dead.order, dead.shipment, dead.cause)
    assert back.deduplication_id != dead.deduplication_id


def test_two_letters_of_one_reading_get_ids_of_their_own() -> None:
    setting, dead = Setting(), work(a_shipment())
    setting.die(dead, dead)
    assert len({each.deduplication_id for each in setting.sent}) == 2


def test_probe_that_died_comes_back_as_ordinary_work() -> None:
    setting, order = Setting(), a_shipment().order_key
    setting.die(again(order).model_copy(update={"is_probe": True}))
    assert [each.is_probe for each in setting.sent] == [False]


def test_order_comes_back_three_times_and_is_then_parked_with_what_it_said() -> None:
    setting, dead = Setting(), work(a_shipment(7))
    assert setting.die(dead, rounds=ROUNDS + 2) == [True] * ROUNDS + [False] * 2
    assert len(setting.sent) == ROUNDS
    (parked,) = setting.parked
    assert (parked.connection, parked.reason) == (ACME, Reason.DEAD_LETTER)
    assert DeliverOrder.model_validate_json(parked.body) == dead
    assert "P1001" in parked.detail
    assert "L7" in parked.detail


def test_returned_work_that_is_parked_stays_one_entry_whatever_its_attempt() -> None:
    setting, dead = Setting(), work(a_shipment())
    for number in range(ROUNDS + 3):
        setting.letters.bring_back(str(number), dead.model_copy(update={"attempt": f"return-{number}"}))
        setting.at += APART
    assert len(setting.parked) == 1


def test_void_of_a_parked_label_is_parked_beside_it() -> None:
    setting, label = Setting(), a_shipment()
    setting.die(work(label), rounds=ROUNDS)
    setting.die(work(label), work(voided(label)))
    assert len(setting.parked) == 2


def test_parcels_of_one_order_that_died_together_are_one_round() -> None:
    setting = Setting()
    parcels = [work(a_shipment(number)) for number in range(10)]
    assert setting.die(*parcels, rounds=ROUNDS) == [True] * 10 * ROUNDS
    assert setting.parked == []


def test_letter_handed_out_again_before_it_was_sent_is_not_counted_twice() -> None:
    setting, dead = Setting(), work(a_shipment())
    setting.is_down = True
    with pytest.raises(Retryable):
        setting.letters.bring_back("m", dead)
    setting.is_down, setting.at = False, setting.at + ROUND / 2
    assert setting.letters.bring_back("m", dead)
    assert len(setting.returns[dead.order].rounds) == 1


def test_return_is_noted_before_it_is_sent() -> None:
    setting, dead = Setting(), work(a_shipment())
    setting.is_down = True
    with pytest.raises(Retryable):
        setting.letters.bring_back("m", dead)
    assert setting.returns[dead.order].rounds == (NOON,)


def test_other_orders_and_old_rounds_count_nothing() -> None:
    setting, dead = Setting(), work(a_shipment())
    setting.die(dead, rounds=ROUNDS)
    assert setting.die(work(a_shipment(reference="P2002"))) == [True]
    setting.at += WINDOW
    assert setting.die(dead) == [True]
    assert len(setting.returns[dead.order].rounds) == 1


def test_note_that_somebody_else_was_faster_with_is_made_anew() -> None:
    setting, dead = Setting(), work(a_shipment())
    setting.rivals = 2
    assert setting.die(dead) == [True]
    assert setting.returns[dead.order].rounds == (NOON,)


def test_note_that_never_succeeds_leaves_the_letter_where_it_is() -> None:
    setting = Setting()
    setting.rivals = RACES
    with pytest.raises(Retryable):
        setting.die(work(a_shipment()))
    assert (setting.sent, setting.parked) == ([], [])


def test_letter_too_long_for_the_ledger_is_parked_without_its_body() -> None:
    setting = Setting()
    dead = work(a_shipment(items=(Item(sku="x" * LARGEST_BODY_BYTES, quantity=1),)))
    setting.die(dead, rounds=ROUNDS + 1)
    assert (len(setting.parked), setting.parked[0].body) == (1, "")


def test_order_without_a_reference_is_parked_under_its_shipment() -> None:
    setting = Setting()
    setting.die(work(a_shipment(7, reference=None)), rounds=ROUNDS + 1)
    assert "order L7" in setting.parked[0].detail


def test_unreadable_letter_is_parked_with_its_id_and_a_hash_and_not_with_what_it_says() -> None:
    setting = Setting()
    setting.letters.put_aside(ACME, "m-1", '{"name": "Example Recipient"}')
    (parked,) = setting.parked
    assert (parked.subject, parked.reason, parked.body) == ("message m-1", Reason.UNREADABLE_MESSAGE, "")
    assert "Recipient" not in parked.model_dump_json()
    assert len(parked.detail.rpartition(" ")[2]) == 64


@pytest.mark.parametrize("reason", [Reason.DEAD_LETTER, Reason.UNREADABLE_MESSAGE, Reason.LEDGER_REFUSED])
def test_new_reasons_have_a_sentence(reason: Reason) -> None:
    assert SENTENCES[reason].endswith(".")


def a_notification(event: str = "SHIP_NOTIFY") -> Notification:
    pointer = Pointer(kind="shipments_batch", id="7")
    return Notification(connection=ACME, event=event, pointer=pointer, received_at=NOON, correlation_id="c-1")


def test_dead_notifications_are_answered_by_one_look() -> None:
    note = look_again(ACME, [a_notification(), a_notification("ORDER_NOTIFY")], now=NOON, correlation_id="run")
    assert note is not None
    assert (note.connection, note.event, note.pointer) == (ACME, LOOK, Pointer(kind="anything"))


def test_look_that_died_itself_is_left_to_the_schedule() -> None:
    assert look_again(ACME, [a_notification(LOOK)], now=NOON, correlation_id="run") is None
    assert look_again(ACME, [a_notification(LOOK), a_notification()], now=NOON, correlation_id="run") is not None


@pytest.mark.parametrize("over", [0, 1], ids=["as large as may be", "larger"])
def test_a_letter_is_kept_whole_as_long_as_its_entry_is_taken(over: int) -> None:
    def dead(characters: int) -> DeliverOrder:
        return work(a_shipment(items=(Item(sku="x" * characters, quantity=1),)))

    setting = Setting()
    rest = len(dead(0).model_dump_json(exclude_none=True))
    setting.die(dead(LARGEST_BODY_BYTES - rest + over), rounds=ROUNDS + 1)
    (parked,) = setting.parked
    assert len(parked.body) == (0 if over else LARGEST_BODY_BYTES)


def test_a_look_that_died_is_called_one() -> None:
    setting = Setting()
    setting.die(again(a_shipment().order_key), rounds=ROUNDS + 1)
    assert setting.parked[0].detail == f"a look of order P1001, message {ROUNDS}-0"
