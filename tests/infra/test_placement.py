"""Where connections stand once one stack does not hold them all: what stands is never moved, whatever became of the
file that says so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import account
import deploy
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from functions.console.stack_names import stack_name
from infra.division import Division, divided
from infra.placement import FILE, ROOM, SILENT, UNASKED, PlacementError, Standing, placed, write, written
from tests.equipment.folders import temporary_folder
from tests.equipment.local_aws.server import ROOT

pytestmark = pytest.mark.integration

FIFTY = [f"c{number:02}" for number in range(50)]


def division(
    folder: Path, names: Collection[str], told: Mapping[int, Collection[str]] | str | None = None, *, fits: bool = False
) -> Division:
    said = told if isinstance(told, str | None) else json.dumps({number: sorted(held) for number, held in told.items()})
    return divided("ifs", folder, names, told=said, holds=lambda: fits)


def deployed(folder: Path, names: Collection[str], told: Mapping[int, Collection[str]] | str | None = None) -> Any:
    """The places, after what is new was written down."""
    found = division(folder, names, told)
    list(found.keep())
    return found.places


def test_fifty_connections_that_nobody_deployed_are_divided_in_the_order_of_their_names(tmp_path: Path) -> None:
    places = deployed(tmp_path, FIFTY, {})

    assert [places[name] for name in FIFTY] == [number // ROOM + 1 for number in range(50)]
    assert written(tmp_path) == places
    assert division(tmp_path, FIFTY).stack_names == [stack_name("ifs", number) for number in range(1, 10)]


def test_what_fits_into_one_stack_stays_there_and_nothing_is_written(tmp_path: Path) -> None:
    for told in (None, UNASKED, {}, {1: FIFTY[:3]}):
        found = division(tmp_path, FIFTY[:9], told, fits=True)
        assert (found.places, found.stack_names, list(found.keep())) == ({}, [], [])
    assert list(tmp_path.iterdir()) == []


CHANGES = st.lists(st.tuples(st.booleans(), st.sampled_from([f"n{number}" for number in range(30)])), max_size=40)


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "lost each time"])
@given(changes=CHANGES)
def test_whatever_is_added_and_removed_nothing_that_stands_is_moved(
    *, is_kept: bool, changes: list[tuple[bool, str]]
) -> None:
    """Whether the file is kept, or every deployment begins without it and asks the account."""
    with temporary_folder() as folder:
        names, stands = {"n3", "n4"}, dict[int, set[str]]()
        (folder / FILE).touch()
        for is_added, name in changes:
            names = names | {name} if is_added else (names - {name}) or names
            places = deployed(folder, names, None if is_kept else stands)
            for number, held in stands.items():
                assert all(places[each] == number for each in held & names)
            stands = {number: {each for each in names if places[each] == number} for number in places.values()}
            assert max(Counter(places[each] for each in names).values()) <= ROOM
            if not is_kept:
                (folder / FILE).unlink()
                (folder / FILE).touch()


def test_a_new_connection_takes_the_first_stack_that_has_room() -> None:
    full = dict.fromkeys(FIFTY[:ROOM], 1) | dict.fromkeys(FIFTY[ROOM : ROOM + 2], 2)

    assert placed(["a", *full], full)["a"] == 2
    assert placed(["a"], {**full, FIFTY[0]: 3})["a"] == 1


def test_a_stack_that_grew_full_before_is_left_as_it_stands_and_the_next_one_begins(tmp_path: Path) -> None:
    """Nine of short names stand in one stack; one more, first by its name, has to begin the second."""
    nine = FIFTY[:9]
    places = deployed(tmp_path, ["a", *nine], {1: nine})

    assert places == {**dict.fromkeys(nine, 1), "a": 2}


def test_without_the_file_and_without_the_account_nobody_guesses(tmp_path: Path) -> None:
    with pytest.raises(PlacementError, match=r"10 connections may .* an empty one says that none is deployed"):
        division(tmp_path, FIFTY[:10])
    (tmp_path / FILE).touch()
    assert deployed(tmp_path, FIFTY[:10])["c09"] == 2


def test_a_synthesis_alone_shows_what_would_be_and_writes_nothing(tmp_path: Path) -> None:
    found = division(tmp_path, FIFTY[:8], UNASKED)

    (said,) = found.keep()
    assert said.startswith(f"{FILE} was not written")
    assert said.endswith("If nothing does: c00, c01, c02, c03, c04, c05 in ifs; c06, c07 in ifs-2.")
    assert not (tmp_path / FILE).exists()


def test_what_was_written_is_told_once(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(FIFTY[:ROOM], 1))

    assert list(division(tmp_path, FIFTY[: ROOM + 1]).keep()) == [
        f"{FILE} was written: c06 in ifs-2. Keep it with the connection files; it says where each connection stays."
    ]
    assert list(division(tmp_path, FIFTY[: ROOM + 1]).keep()) == []


@pytest.fixture
def unwritable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    write(tmp_path, {"acme": 1})
    monkeypatch.setattr(Path, "write_text", refuse)
    return tmp_path


def test_where_it_cannot_be_written_a_deployment_goes_on_only_if_the_next_one_can_know(unwritable: Path) -> None:
    (said,) = division(unwritable, ["acme", "beta"], {1: ["acme"]}).keep()
    why = "could not be written (Read-only file system); every deployment asks the account"
    assert said == f"{FILE} {why}. New: beta in ifs."
    with pytest.raises(PlacementError, match=r"cannot be written in .*: Read-only file system"):
        list(division(unwritable, ["acme", "beta"]).keep())


def test_a_file_that_moves_what_stands_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"acme": 1, "beta": 2})

    with pytest.raises(PlacementError, match=r"beta = 2: the account has it in stack 3.*; write beta = 3$"):
        division(tmp_path, ["acme", "beta"], {1: ["acme"], 3: ["beta"]})
    # What stands in both by now is where the file says.
    assert division(tmp_path, ["acme", "beta"], {2: ["beta"], 3: ["beta"]}).places == {"acme": 1, "beta": 2}


def test_a_lost_file_is_made_anew_from_the_account_though_all_would_fit_into_one_stack(tmp_path: Path) -> None:
    places = deployed(tmp_path, ["acme", "beta"], {1: ["acme", "gone"], 2: ["beta"]})

    assert places == {"acme": 1, "beta": 2} == written(tmp_path)


def test_a_stack_of_another_folder_that_is_called_like_the_next_one_is_passed_over(tmp_path: Path) -> None:
    nine = FIFTY[:9]
    assert deployed(tmp_path, ["a", *nine], {1: nine, 2: ["other"]})["a"] == 3


def test_the_first_stack_is_this_folders_own_whatever_it_holds(tmp_path: Path) -> None:
    assert deployed(tmp_path, FIFTY[:17], {1: ["gone"]})["c00"] == 1


def test_a_connection_without_a_file_keeps_its_place_and_an_empty_stack_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"acme": 1, "beta": 1, "gamma": 2})
    found = division(tmp_path, ["acme"])

    gone, empty = found.keep()
    assert gone.startswith(f"{FILE} names what has no file: beta in ifs; gamma in ifs-2. ")
    assert empty.startswith("ifs-2 has no connection left. A deployment leaves it as it is: delete it")
    assert found.stack_names == ["ifs"]
    assert deployed(tmp_path, ["acme", "beta", "gamma"]) == {"acme": 1, "beta": 1, "gamma": 2}


@pytest.mark.parametrize("lock", [None, {"acme": 1}], ids=["no file", "a line taken out"])
def test_a_stack_whose_connections_have_no_file_is_told_by_every_deployment_that_asked(
    tmp_path: Path, lock: dict[str, int] | None
) -> None:
    """What is not written down anywhere is known from the account alone."""
    if lock:
        write(tmp_path, lock)
    for _ in range(2):
        found = division(tmp_path, ["acme"], {1: ["acme"], 2: ["gone"]}, fits=True)
        (said,) = found.keep()
        assert said.startswith("ifs-2 holds gone, which has no file here, and goes on reading and writing: ")
        assert "docs/operations.md" in said
    assert list(division(tmp_path, ["acme"], {1: ["acme", "gone"]}, fits=True).keep()) == []


def test_an_account_that_may_not_be_asked_is_told_by_every_deployment(tmp_path: Path) -> None:
    for _ in range(2):
        (said,) = division(tmp_path, FIFTY[:ROOM], SILENT, fits=True).keep()
        assert said.startswith("The account could not be asked which connections its stacks hold")
        assert said.endswith(f"no {FILE} says: all are in ifs. One that stood in another stack has begun anew there.")
    write(tmp_path, {"c00": 1, "c01": 2})
    (said,) = division(tmp_path, FIFTY[:2], SILENT).keep()
    assert said.endswith(f"{FILE} was believed, and nobody looked whether it is whole.")


def test_where_several_stacks_may_stand_and_nobody_can_say_so_nothing_is_deployed(tmp_path: Path) -> None:
    """They would fit into one; each may have stood in another."""
    with pytest.raises(PlacementError, match=r"7 connections may .* asks the account .* such as acme = 1"):
        division(tmp_path, FIFTY[: ROOM + 1], SILENT, fits=True)
    write(tmp_path, dict.fromkeys(FIFTY[: ROOM + 1], 1))
    assert division(tmp_path, FIFTY[: ROOM + 1], SILENT).stack_names == ["ifs"]
    (tmp_path / FILE).write_text("", encoding="utf-8")
    assert division(tmp_path, FIFTY[: ROOM + 1], SILENT).stack_names == ["ifs", "ifs-2"]


def test_a_deployment_says_that_the_account_was_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "standing", lambda stack, profile: None)

    assert deploy._standing("deploy", []) == SILENT  # noqa: SLF001 # what reads it is a script


@pytest.mark.parametrize("lock", [None, {"acme": 1}], ids=["no file", "written down"])
def test_a_connection_that_names_another_name_than_its_first_is_refused(
    tmp_path: Path, lock: dict[str, int] | None
) -> None:
    """Renamed a second time, or without the line that says what it was called."""
    if lock:
        write(tmp_path, lock)
    with pytest.raises(PlacementError, match=r'northwind: .* as acme, .* write formerly = "acme" in its file$'):
        division(tmp_path, ["beta", "northwind"], {1: ["acme=northwind", "beta"]}, fits=True)


@pytest.mark.parametrize(
    ("names", "held"),
    [
        (["acme"], ["acme=northwind"]),
        (["acme", "northwind"], ["acme=northwind"]),
        (["northwind"], ["acme=northwind", "northwind"]),
        (["other"], ["acme=northwind"]),
    ],
    ids=["as it was", "called back, and another one", "it stands already", "it was taken out"],
)
def test_a_renamed_connection_that_is_kept_as_it_was_is_let_through(
    tmp_path: Path, names: list[str], held: list[str]
) -> None:
    found = division(tmp_path, names, {1: held}, fits=True)

    assert (found.places, list(found.keep())) == ({}, [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("acme = 1\nacme = 2\n", "line 2: "),
        ("acme = 0\n", "acme: is the number of a stack"),
        ('acme = "1"\n', "acme: is the number of a stack"),
        ("acme = true\n", "acme: is the number of a stack"),
        ("[acme]\nstack = 1\n", "acme: is the number of a stack"),
        ("<<<<<<< HEAD\nacme = 1\n", "line 1: "),
    ],
    ids=["twice", "none", "a text", "a truth", "a table", "a merge"],
)
def test_a_file_that_cannot_be_is_told_in_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")

    with pytest.raises(PlacementError) as failure:
        division(tmp_path, ["acme"])
    assert str(failure.value).startswith(f"{FILE}: {told}")
    assert "\n" not in str(failure.value)


# --- what a deployment asks the account


def test_a_deployment_asks_of_the_stacks_that_it_makes_and_a_synthesis_asks_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deploy, "standing", lambda stack, profile: f"{stack} {profile}")

    assert deploy._standing("synth", []) == UNASKED  # noqa: SLF001 # what reads it is a script
    assert deploy._standing("deploy", []) == "ifs-shipstation None"  # noqa: SLF001
    assert deploy._standing("deploy", ["-c", "stack=mine", "--profile", "p"]) == "mine p"  # noqa: SLF001
    assert deploy._standing("deploy", ["-c", "isolation=strict"]) is None  # noqa: SLF001
    assert deploy._standing("bootstrap", []) is None  # noqa: SLF001


@pytest.mark.parametrize(
    ("word", "where"),
    [
        ('"ifs-shipstation"', "stack_names.py"),
        ("if number == 1 else", "stack_names.py"),
        ('"unasked"', "placement.py"),
        ('"silent"', "placement.py"),
    ],
)
def test_a_word_that_scripts_and_the_app_share_is_written_once(word: str, where: str) -> None:
    """What a deployment asks for and what it makes have one name."""
    sources = [
        ROOT / "app.py",
        *(path for part in (".ci", "infra", "functions") for path in (ROOT / part).rglob("*.py")),
    ]

    assert [path.name for path in sources if word in path.read_text(encoding="utf-8")] == [where]


class CloudFormation:
    def __init__(
        self,
        *stacks: tuple[str, str],
        refuses: str = "",
        chosen: dict[str, str] | None = None,
        renamed: dict[str, str] | None = None,
    ) -> None:
        self._stacks, self._refuses, self._chosen = dict(stacks), refuses, chosen or {}
        self._renamed = renamed or {}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 # the SDK's
        if self._refuses or StackName not in self._stacks:
            message = self._refuses or f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStacks")
        outputs = [{"OutputKey": "ConnectionNames", "OutputValue": self._stacks[StackName]}]
        outputs += [{"OutputKey": "Renamed", "OutputValue": text} for text in [self._renamed.get(StackName)] if text]
        outputs += [{"OutputKey": "Chosen", "OutputValue": text} for text in [self._chosen.get(StackName)] if text]
        return {"Stacks": [{"Outputs": outputs if self._stacks[StackName] else []}]}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> list[CloudFormation]:
    import boto3  # noqa: PLC0415 # as the script does

    found: list[CloudFormation] = []

    class Session:
        def __init__(self, **_: object) -> None: ...

        def client(self, *_: object, **__: object) -> CloudFormation:
            return found[0]

    monkeypatch.setattr(boto3, "Session", Session)
    return found


@pytest.mark.parametrize(
    ("stacks", "held"),
    [
        ([], {}),
        ([("ifs", "a,b")], {"1": ["a", "b"]}),
        ([("ifs", "a"), ("ifs-3", "c")], {"1": ["a"], "3": ["c"]}),
        ([("ifs", ""), ("ifs-2", "b")], {"1": [], "2": ["b"]}),
    ],
    ids=["nothing", "one", "one deleted in the middle", "one that never stood"],
)
def test_the_account_is_asked_stack_by_stack(
    aws: list[CloudFormation], stacks: list[tuple[str, str]], held: dict[str, list[str]]
) -> None:
    aws.append(CloudFormation(*stacks))

    said = account.standing("ifs")
    assert said is not None
    assert json.loads(said) == held
    assert Standing.parsed(said).held == {int(number): frozenset(names) for number, names in held.items()}


def test_what_was_renamed_is_told_with_its_name(aws: list[CloudFormation]) -> None:
    aws.append(CloudFormation(("ifs", "acme,beta"), renamed={"ifs": "acme=northwind"}))

    said = str(account.standing("ifs"))
    assert json.loads(said) == {"1": ["acme=northwind", "beta"]}
    found = Standing.parsed(said)
    assert (found.held, found.first) == ({1: frozenset({"acme", "beta"})}, {"northwind": "acme"})


def test_an_account_that_may_not_be_asked_says_nothing(aws: list[CloudFormation]) -> None:
    aws.append(CloudFormation(refuses="is not authorized to perform: cloudformation:DescribeStacks"))

    assert account.standing("ifs") is None


EXAMPLE = ROOT / "docs/examples/order-header.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / EXAMPLE.name).write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("stack", "chose", "options", "left"),
    [
        ("ifs-shipstation", "subnets,security_groups", [], "-c security_groups=… and -c subnets=…"),
        ("ifs-shipstation", "alarms,tags", ["-c", "alarms=on.call@acme.com"], "-c tags=…"),
        ("ifs-shipstation", "alarms", ["--context=alarms="], ""),
        ("ifs-shipstation", "", [], ""),
        ("mine", "permissions_boundary", ["-c", "stack=mine"], "-c permissions_boundary=…"),
        ("ifs-shipstation-order-header", "isolation", [], "-c isolation=…"),
    ],
    ids=["the network", "one of two", "done without", "nothing", "another stack", "apart"],
)
def test_what_was_named_and_is_named_no_more_ends_the_deployment(
    aws: list[CloudFormation], folder: Path, *, stack: str, chose: str, options: list[str], left: str
) -> None:
    aws.append(CloudFormation((stack, "order-header"), chosen={stack: chose}))

    told = deploy._forgotten("deploy", folder, options)  # noqa: SLF001 # as above

    assert (told or "").partition(",")[0] == (f"{stack} was deployed with {left}" if left else "")


def test_nobody_is_kept_from_a_deployment_by_an_account_that_may_not_be_asked(
    aws: list[CloudFormation], folder: Path
) -> None:
    aws.append(CloudFormation(refuses="is not authorized"))

    assert deploy._forgotten("deploy", folder, []) is None  # noqa: SLF001 # as above
    assert deploy._forgotten("synth", folder, []) is None  # noqa: SLF001
