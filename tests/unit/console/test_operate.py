"""The command line as a person meets it, with a stack that answers what it is told to."""

from __future__ import annotations

import io
import json
import shlex
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from rich.console import Console

from functions.console import aws, operate
from functions.console.aws import ConsoleError, Where
from functions.console.operate import BY_NAME, main, parser, run
from functions.handlers import replay
from functions.model.shipment import ConnectionName

WELL = {
    "connection": "acme",
    "mode": "write",
    "is_well": True,
    "waiting": 3,
    "calls": 0,
    "oldest_call_hours": 0.0,
    "minutes_behind": 1.5,
    "shipstation": "answers",
    "ifs": "answers",
    "paused": [],
    "parked": 0,
}
UNWELL = {**WELL, "is_well": False, "calls": 2, "oldest_call_hours": 5.5}
DONE = {"done": "map", "told": "it is mapped", "concerned": 1, "left": {}, "next": ""}
APPLIED = {"plan_id": "p", "state": "applied", "would_change": 5, "sent": 5, "differences": [{"order": "P1"}]}
SIGNED = ("--by", "kim", "--note", "why")


class FakeStack:
    def __init__(
        self, *answers: dict[str, Any], connections: Iterable[str] = ("acme",), beside: Iterable[str] = ()
    ) -> None:
        self.connections, self.beside, self._answers = list(connections), list(beside), list(answers)
        self.renamed: dict[str, str] = {}
        self.outputs = {"ReplayFunction": "replay"}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def invoke(self, output: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((output, json.loads(json.dumps(payload))))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def asked(stack: FakeStack, *words: str, pause: Callable[[float], None] = lambda _: None) -> tuple[int, str]:
    """The exit status, and what is printed in a pipe."""
    arguments = parser().parse_args(words)
    out = Console(file=io.StringIO(), force_terminal=False)

    def opened(_: Where) -> Any:
        return stack

    status = run(BY_NAME[arguments.command], arguments, out, open_stack=opened, pause=pause)
    assert isinstance(out.file, io.StringIO)
    return status, out.file.getvalue()


def sent(*words: str, **more: Any) -> dict[str, Any]:
    stack = FakeStack(DONE)
    asked(stack, *words, **more)
    ((_, payload),) = stack.asked
    return payload


def test_the_status_says_the_version_of_the_connector() -> None:
    told = {"show": "status", "version": "0.1.0 11432fd0a1b2", "connections": [WELL]}
    assert "Version 0.1.0 11432fd0a1b2" in asked(FakeStack(told), "status")[1]


# --- exit status


@pytest.mark.parametrize(
    ("words", "answer", "status"),
    [
        (["status"], {"show": "status", "connections": [WELL]}, 0),
        (["status"], {"show": "status", "connections": [WELL, UNWELL]}, 1),
        (["map", "ontrac", "UPS", *SIGNED], DONE, 0),
        (["release", "P1", "P2", *SIGNED], {**DONE, "left": {"P2": "is not known"}}, 1),
        (["check"], {"fits": True, "text": ["acme fits"]}, 0),
        (["check"], {"fits": False, "text": ["acme does not fit"]}, 1),
        (["plan", "P1", *SIGNED], {"plan_id": "p", "orders": 1, "would_change": 0, "differences": []}, 0),
        (["plan", "P1", *SIGNED], {"plan_id": "p", "orders": 1, "would_change": 1, "differences": []}, 1),
        (["plan", "P1", *SIGNED], {"plan_id": "p", "orders": 1, "would_change": 0, "undecided": 1}, 1),
        (["reconcile", *SIGNED], {"state": "done", "unexplained": 0, "compared": False, "text": ["0"]}, 1),
        (["apply", "p", *SIGNED], {**APPLIED, "left": 0}, 0),
        (["apply", "p", *SIGNED], {**APPLIED, "left": 3}, 1),
        (["cancel", "p", *SIGNED], {"plan_id": "p", "state": "cancelled", "sent": 2}, 0),
        (["reconcile", *SIGNED], {"state": "done", "agree": True, "unexplained": 0, "text": ["agree"]}, 0),
        (["reconcile", *SIGNED], {"state": "done", "agree": False, "unexplained": 2, "text": ["2"]}, 1),
        (["order", "P1"], {"show": "order", "told": "unknown", "stories": [], "at_shipstation": []}, 1),
        (["tenant"], {"error": "DynamoDB does not answer", "next": "try again later"}, 2),
    ],
    ids=str,
)
def test_the_exit_status_says_how_it_is(words: list[str], answer: dict[str, Any], status: int) -> None:
    assert asked(FakeStack(answer), *words)[0] == status


def test_a_fault_is_told_beside_the_answer_with_what_is_next(capsys: pytest.CaptureFixture[str]) -> None:
    status, printed = asked(FakeStack({"error": "it is out", "next": "try again later"}), "tenant")
    assert (status, printed) == (2, "")
    assert capsys.readouterr().err == "it is out\nNext: try again later\n"


def test_the_answer_of_another_version_is_shown_as_it_is() -> None:
    status, printed = asked(FakeStack({"show": "tenant", "connection": "acme", "news": 7}), "tenant")
    assert status == 1
    assert '"news": 7' in printed


def test_json_is_the_answer_and_nothing_else() -> None:
    answer = {"show": "status", "connections": [UNWELL]}
    status, printed = asked(FakeStack(answer), "status", "--json")
    assert (status, json.loads(printed)) == (1, answer)


def test_options_of_where_may_stand_before_and_after_the_command() -> None:
    for words in (["--stack", "mine", "--demo", "status"], ["status", "--stack", "mine", "--demo"]):
        assert operate.where(parser().parse_args(words)) == Where(stack="mine", is_demo=True)


# --- bad input


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["order"], "exactly one of order, shipstation_order, tracking, shipment"),
        (["order", "P1", "--tracking", "1Z"], "exactly one of"),
        (["attention", "--since", "yesterday"], "since: "),
        (["attention", "--store", "north"], "store: "),
        (["attention", "--page", "0"], "page: "),
        (["release", *SIGNED], "exactly one of orders, reasons, everything"),
        (["dismiss", *SIGNED], "name orders or subjects"),
        (["place", "P1", "12", "60", *SIGNED], "shipment: "),
        (["pause", "--store", "north", *SIGNED], "number of a ShipStation store"),
        (["map", " ", "UPS", *SIGNED], "code: "),
        (["plan", *SIGNED], "name at least one of"),
        (["plan", "--outcome", "writen", *SIGNED], "outcome: "),
        (["plan", "--id", "p", "--page", "0"], "page: "),
        (["backfill", "--from", "2026-02-01", *SIGNED], "to: "),
        (["backfill", "--from", "2026-02-01", "--to", "2026-01-01", *SIGNED], "from must be before to"),
        (["backfill", "--from", "2d", "--to", "1d", "--streams", "label", *SIGNED], "streams.0: "),
        (["reconcile", "--until", "1d", *SIGNED], "until needs from"),
        (["overwrite", "P1", "trackin", *SIGNED], "overwrite.0: .*did you mean tracking"),
        (["adopt", "P1", "tracking", "--by", "x" * 101, "--note", "why"], "by: "),
        (["map", "ontrac", "UPS", "--by", "kim"], "note: say why"),
    ],
    ids=" ".join,
)
def test_bad_input_is_told_before_anything_is_invoked(words: list[str], told: str) -> None:
    stack = FakeStack(DONE)
    with pytest.raises(ConsoleError, match=told):
        asked(stack, *words)
    assert stack.asked == []


@pytest.mark.parametrize("words", [[], ["stauts"], ["map", "ontrac"], ["status", "--every"], ["order", "--trac", "1"]])
def test_words_that_no_command_has_end_in_a_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "--help" in said


def test_an_unknown_connection_is_told_with_those_that_are_known() -> None:
    with pytest.raises(ConsoleError, match=r"connection: unknown.*'acme', 'beta'"):
        asked(FakeStack(DONE, connections=["acme", "beta"]), "tenant", "--connection", "acmee")


@pytest.mark.parametrize(("words", "region"), [([], "eu-west-1"), (["--region", "us-east-2"], "us-east-2")])
def test_the_region_is_that_of_aws_region_unless_one_is_named(
    monkeypatch: pytest.MonkeyPatch, words: list[str], region: str
) -> None:
    """boto3 itself reads AWS_DEFAULT_REGION alone."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert operate.where(parser().parse_args(["status", *words])).region == region


# --- who asks, and which connection


def test_who_asks_is_the_login_name_and_a_terminal_is_asked_why(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(operate, "getuser", lambda: "kim")
    monkeypatch.setattr(sys, "stdin", Terminal("it is mended\n"))
    payload = sent("release", "P1")
    assert (payload["by"], payload["note"]) == ("kim", "it is mended")


def test_the_only_connection_needs_no_name_and_one_of_several_does_to_change_anything() -> None:
    assert sent("pause", *SIGNED)["connection"] == "acme"
    stack = FakeStack(DONE, connections=["acme", "beta"])
    with pytest.raises(ConsoleError, match="name one with --connection; known are acme, beta"):
        asked(stack, "pause", *SIGNED)
    assert stack.asked == []


def test_a_question_goes_to_every_connection_and_the_worst_answer_counts() -> None:
    fine: dict[str, Any] = {"show": "tenant", "connection": "acme", "is_answering": True, "reason": None, "means": ""}
    fine |= {"out_since": None, "left_alone_until": None, "published": "fits", "compared_at": None, "misfits": []}
    stack = FakeStack({**fine, "misfits": ["ProNoo"]}, fine, connections=["acme", "beta"])
    status, _ = asked(stack, "tenant")
    assert (status, [payload["connection"] for _, payload in stack.asked]) == (1, ["acme", "beta"])


def test_an_order_is_looked_for_until_a_connection_knows_it() -> None:
    unknown = {"show": "order", "told": "nobody knows it", "stories": [], "at_shipstation": []}
    at = {"kind": "label", "id": 7, "status": "shipped", "store": 1, "reference": "P1", "at": "2026-03-05T12:00:00Z"}
    known = {**unknown, "told": "shipped", "at_shipstation": [at]}
    stack = FakeStack(unknown, known, connections=["acme", "beta", "gamma"])
    _, printed = asked(stack, "order", "P1")
    assert [payload["connection"] for _, payload in stack.asked] == ["acme", "beta"]
    assert "nobody knows it" not in printed
    assert asked(FakeStack(unknown, connections=["acme", "beta"]), "order", "P1")[1].count("nobody knows it") == 1


# --- connections that are divided among stacks


def several(**stacks: FakeStack | None) -> Callable[[Where], Any]:
    """By name; those beside the first one, too. None cannot be asked."""
    for name, stack in stacks.items():
        if stack:
            stack.beside = [other for other in stacks if other != name]

    def opened(where: Where) -> Any:
        found = stacks[where.stack or "one"]
        if found is None:
            raise ConsoleError(f"The stack {where.stack} does not exist")
        return found

    return opened


def told(opened: Callable[[Where], Any], *words: str) -> tuple[int, str]:
    arguments, out = parser().parse_args(words), Console(file=io.StringIO(), force_terminal=False)
    status = run(BY_NAME[arguments.command], arguments, out, open_stack=opened, pause=lambda _: None)
    assert isinstance(out.file, io.StringIO)
    return status, out.file.getvalue()


def test_a_connection_is_asked_in_the_stack_that_has_it() -> None:
    one, two = FakeStack(DONE), FakeStack(DONE, connections=["beta", "gamma"])
    told(several(one=one, two=two), "map", "ontrac", "ONTRAC", "--connection", "gamma", *SIGNED)

    assert (one.asked, [payload["connection"] for _, payload in two.asked]) == ([], ["gamma"])
    with pytest.raises(ConsoleError, match=r"connection: unknown.*'acme', 'beta', 'gamma'"):
        told(several(one=one, two=two), "desk", "--connection", "delta")
    with pytest.raises(ConsoleError, match="name one with --connection; known are acme, beta, gamma"):
        told(several(one=one, two=two), "pause", *SIGNED)


def test_the_status_of_all_stacks_is_one_list_and_a_question_goes_to_every_connection() -> None:
    one = FakeStack({"show": "status", "version": "1 a", "connections": [WELL]})
    two = FakeStack({"show": "status", "version": "1 a", "connections": [{**UNWELL, "connection": "beta"}]})
    status, printed = told(several(one=one, two=two), "status")
    assert status == 1
    assert [line.split()[0] for line in printed.splitlines()] == ["connection", "acme", "beta", "Version"]

    empty = {"show": "attention", "groups": [], "entries": [], "total": 0, "is_whole": True, "page": 1, "pages": 1}
    one, two = (
        FakeStack({**empty, "connection": "acme"}),
        FakeStack({**empty, "connection": "b"}, connections=["b", "c"]),
    )
    told(several(one=one, two=two), "attention")
    assert [payload["connection"] for stack in (one, two) for _, payload in stack.asked] == ["acme", "b", "c"]


def test_a_plan_is_carried_out_by_the_stack_that_knows_it() -> None:
    unknown = {"error": "plan_id: no such plan; plans are kept for 30 days"}
    one, two, three = FakeStack(unknown), FakeStack(APPLIED, connections=["b"]), FakeStack(unknown, connections=["c"])
    status, printed = told(several(one=one, two=two, three=three), "apply", "p", *SIGNED)
    assert (len(one.asked), len(two.asked), three.asked) == (1, 1, [])
    assert "Plan p" in printed
    assert status == 0

    one, two = FakeStack(unknown), FakeStack({"error": "plan_id: the plan expired"}, connections=["b"])
    assert told(several(two=two, one=one), "apply", "p", *SIGNED)[0] == 2
    assert len(one.asked) == 1


def test_a_stack_that_cannot_be_asked_keeps_nobody_from_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    one, three = FakeStack({"show": "status", "connections": [WELL]}), FakeStack(DONE, connections=["c"])
    status, printed = told(several(one=one, two=None), "status")
    assert (status, "acme" in printed) == (2, True)
    assert capsys.readouterr().err == "The stack two does not exist\n"

    assert told(several(one=one, two=None, three=three), "resume", "--connection", "c", *SIGNED)[0] == 0
    assert capsys.readouterr().err == ""
    with pytest.raises(ConsoleError, match=r"connection: unknown.*\nThe stack two does not exist"):
        told(several(one=one, two=None), "desk", "--connection", "beta")


def test_a_renamed_connection_is_named_by_either_name() -> None:
    for named in ("acme", "northwind"):
        stack = FakeStack(DONE, connections=["northwind", "other"])
        stack.renamed = {"acme": "northwind"}
        asked(stack, "desk", "--connection", named)
        assert [payload["connection"] for _, payload in stack.asked] == ["northwind"]


def test_a_stack_names_its_connections_as_people_call_them(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = aws.Stack(Where())
    outputs = {"ConnectionNames": "acme,beta", "Renamed": "acme=northwind", "ConnectorStacks": "ifs-shipstation,x-2"}
    monkeypatch.setitem(vars(stack), "outputs", outputs)
    assert (stack.connections, stack.renamed) == (["beta", "northwind"], {"acme": "northwind"})
    assert stack.beside == ["x-2"]


# --- what is sent


@pytest.mark.parametrize(
    ("words", "payload"),
    [
        (["pause", "--site", "CHI"], {"do": "pause", "scope": "site", "of": "CHI"}),
        (["resume", "--store", "7"], {"do": "resume", "scope": "store", "of": "7"}),
        (["map", "a/b", "GND", "--table", "services"], {"table": "services", "code": "a/b", "value": "GND"}),
        (
            ["release", "--reason", "record_locked", "--reason", "conflicts"],
            {"reasons": ["record_locked", "conflicts"]},
        ),
        (["place", "P1", "L1", "60", "--target", "shipment_header"], {"record": "60", "profile": "shipment_header"}),
        (["plan", "P1", "--from", "2026-01-01"], {"select": {"orders": ["P1"], "from": "2026-01-01T00:00:00Z"}}),
        (["plan", "--shipments", "1", "2"], {"select": {"shipments": ["1", "2"]}}),
        (
            ["overwrite", "P1", "tracking", "carrier"],
            {"connection": "acme", "select": {"orders": ["P1"]}, "overwrite": ["tracking", "carrier"]},
        ),
        (["apply", "p1"], {"apply": True, "plan_id": "p1", "by": "kim", "note": "why"}),
        (["check", "--pilot", "P1"], {"pilot": "P1", "by": "kim", "note": "why"}),
    ],
    ids=str,
)
def test_what_is_typed_is_what_is_sent(words: list[str], payload: dict[str, Any]) -> None:
    assert payload.items() <= sent(*words, *SIGNED).items()


def test_every_criterion_of_a_selection_can_be_typed() -> None:
    verb = parser().parse_args(["plan", "P1", *SIGNED])
    words = {name.removeprefix("by_") for name in vars(verb) if name.startswith("by_")}
    allowed: Any = replay.ALLOWED
    assert {"orders", *words} == set(allowed["dry run"]["select"])


def test_what_goes_on_is_asked_for_until_it_is_done_unless_nobody_waits() -> None:
    under_way = {"connection": ConnectionName("acme"), "run_id": "r1", "state": "under way", "percent": 40.0}
    done = {**under_way, "state": "done", "percent": 100.0, "unexplained": 0, "text": ["The systems agree."]}
    waited: list[float] = []
    stack = FakeStack(under_way, under_way, done)
    assert asked(stack, "reconcile", *SIGNED, pause=waited.append) == (0, "The systems agree.\n")
    assert [payload.get("run_id") for _, payload in stack.asked] == [None, "r1", "r1"]
    assert len(waited) == 2
    _, printed = asked(FakeStack(under_way, done), "reconcile", "--no-wait", *SIGNED)
    assert "under way 40.0 %" in printed


def test_a_plan_that_is_drawn_up_or_sent_piece_by_piece_is_followed() -> None:
    drawing = {"plan_id": "p", "state": "drawing", "looked_at": 40, "next": {"plan_id": "p"}}
    ready = {"plan_id": "p", "state": "ready", "orders": 90, "would_change": 0, "next": "nothing to change"}
    stack = FakeStack(drawing, ready)
    assert asked(stack, "plan", "--from", "30d", *SIGNED) == (
        0,
        "Plan p, ready: 90 orders, 0 would change\nNothing to change.\n",
    )
    assert stack.asked[1][1] == {"plan_id": "p", "apply": False}


# --- the way to AWS


def test_without_a_demonstration_it_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(aws, "DEMO", tmp_path / "demo.json")
    with pytest.raises(ConsoleError, match="make demo KEEP=1"):
        aws.Stack(Where(is_demo=True))


def test_nothing_is_sent_twice_and_a_long_answer_is_waited_for() -> None:
    assert aws.SDK.retries == {"total_max_attempts": 1}  # type: ignore[attr-defined]
    assert aws.SDK.read_timeout > 900  # type: ignore[attr-defined]


def test_every_command_has_examples_that_its_parser_takes() -> None:
    for command in BY_NAME.values():
        assert command.examples
        for example in command.examples:
            arguments = parser().parse_args(shlex.split(example))
            assert arguments.command == command.name


def test_status_says_what_is_wrong_and_where_to_look() -> None:
    troubles = [{"look": "reading", "told": "ShipStation is not read yet"}, {"look": "desk", "told": "it is paused"}]
    answer = {"show": "status", "connections": [{**UNWELL, "troubles": troubles}]}
    printed = asked(FakeStack(answer), "status")[1]
    assert "acme: ShipStation is not read yet. Look closer: reading --connection acme" in printed
    assert "acme: it is paused. Look closer: desk --connection acme" in printed


def test_a_status_may_be_asked_of_one_connection() -> None:
    stack = FakeStack({"show": "status", "connections": [WELL]}, connections=("acme", "beta"))
    asked(stack, "status", "--connection", "beta")
    assert stack.asked == [("InspectFunction", {"show": "status", "connection": "beta"})]


def test_a_plan_is_shown_by_its_id_whatever_its_connection() -> None:
    stack = FakeStack({"plan_id": "p", "orders": 0, "differences": []}, connections=("acme", "beta"))
    asked(stack, "plan", "--id", "p")
    assert stack.asked == [("ReplayFunction", {"plan_id": "p", "apply": False})]


NO_PLAN = {"error": "plan_id: no such plan; plans are kept for 30 days"}
PUSH_PLAN = {
    "plan_id": "p",
    "state": "ready",
    "to_shipstation": True,
    "orders": 2,
    "would_change": 1,
    "differences": [
        {
            "order": "P1",
            "part": "s19",
            "outcome": "would_write",
            "changes": [{"record": "ifs:acme:s19", "items": {"before": None, "after": "1 BOLT 2"}}],
        },
        {"order": "P2", "outcome": "parked", "reason": "field_unusable", "field": "city", "means": "No."},
    ],
    "next": {"plan_id": "p", "apply": True},
}


def test_a_plan_of_what_goes_to_shipstation_is_drawn_by_pull_and_shown_as_such() -> None:
    stack = FakeStack(PUSH_PLAN)
    status, printed = asked(stack, "plan", "--to-shipstation", "P1", "--by", "kim", "--note", "why")
    request = {"connection": "acme", "to_shipstation": True, "orders": ["P1"], "by": "kim", "note": "why"}
    assert stack.asked == [("PullFunction", request)]
    assert status == 1
    assert "ShipStation order ifs:acme:s19: items: " in printed
    assert "P2: parked field_unusable (city): No." in printed
    assert "Next: apply p" in printed


def test_by_which_criterion_it_goes_to_shipstation_is_no_question() -> None:
    with pytest.raises(ConsoleError, match="select: unknown"):
        asked(FakeStack(DONE), "plan", "--to-shipstation", "--reason", "paused", "--by", "kim", "--note", "why")


@pytest.mark.parametrize("words", [("apply", "p"), ("cancel", "p"), ("revert", "p"), ("plan", "--id", "p")])
def test_whose_a_plan_is_the_command_line_finds_out(words: tuple[str, ...]) -> None:
    signed = () if "--id" in words else ("--by", "kim", "--note", "why")
    stack = FakeStack(NO_PLAN, {"plan_id": "p", "orders": 0, "differences": [], "next": "nothing to change"})
    stack.outputs["PullFunction"] = "pull"
    asked(stack, *words, *signed)
    assert [function for function, _ in stack.asked] == ["ReplayFunction", "PullFunction"]


def test_a_stack_without_orders_is_asked_once() -> None:
    stack = FakeStack(NO_PLAN)
    assert asked(stack, "plan", "--id", "p")[0] == 2
    assert [function for function, _ in stack.asked] == ["ReplayFunction"]


def test_what_was_not_done_is_not_said_to_be() -> None:
    vain = {"done": "release", "told": "they are looked at now", "concerned": 0, "left": {"NOPE": "is not known"}}
    status, printed = asked(FakeStack({**vain, "next": ""}), "release", "NOPE", *SIGNED)
    assert status == 1
    assert "looked at now" not in printed
    assert printed.startswith("Nothing was done.")


def test_what_could_not_be_decided_is_counted() -> None:
    answer = {"plan_id": "p", "state": "ready", "orders": 3, "would_change": 0, "undecided": 3, "differences": []}
    assert "3 orders, 0 would change, 3 could not be decided" in asked(FakeStack(answer), "plan", "P1", *SIGNED)[1]


@pytest.mark.parametrize(("typed", "near"), [("carrier_unmaped", "carrier_unmapped"), ("xyzzy", "nearest are ")])
def test_a_mistyped_reason_is_answered_with_the_nearest_alone(typed: str, near: str) -> None:
    with pytest.raises(ConsoleError) as told:
        asked(FakeStack(DONE), "attention", "--reason", typed)
    assert near in str(told.value)
    assert len(str(told.value)) < 150


EMPTY = {name: list[Any]() for name in ("pauses", "entries", "recalls", "conflicts", "forgotten")}
DESK: dict[str, Any] = {"show": "desk", "connection": "acme", "toml": "", **EMPTY}


@pytest.mark.parametrize(("listeners", "status"), [(0, 1), (2, 0), (None, 0)])
def test_the_desk_asks_for_a_person_where_nobody_hears_the_alarms(listeners: int | None, status: int) -> None:
    ended, printed = asked(FakeStack({**DESK, "listeners": listeners}), "desk")
    assert (ended, "acme: nobody hears the alarms" in printed) == (status, bool(status))
