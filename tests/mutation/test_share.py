from __future__ import annotations

from typing import Any

import pytest

from tests.mutation.share import Data, is_chosen, only

FLOWS = "functions.flows.to_ifs"
NAMES = [f"{FLOWS}.{module}.x_{function}__mutmut_{n}" for module in "ab" for function in "fg" for n in range(1, 41)]
WALK = [f"functions.shipstation.reading.keyset_walk.x_walk__mutmut_{n}" for n in range(1, 41)]


def chosen(*modules: str, share: str = "tenth") -> list[str]:
    return [name for name in (*NAMES, *WALK) if is_chosen(name, modules, share)]


def test_of_each_function_of_the_writing_flows_every_tenth_is_tried_and_of_the_rest_all() -> None:
    found = chosen()
    for function in {name.rpartition("__mutmut_")[0] for name in NAMES}:
        numbers = [int(name.rpartition("_")[2]) for name in found if name.startswith(function)]
        assert len(numbers) == 4
        assert {number % 10 for number in numbers} == {numbers[0] % 10}
    assert [name for name in found if name not in NAMES] == WALK


def test_not_every_function_is_tried_at_the_same_places() -> None:
    firsts = {n for n in range(1, 11) for f in range(40) if is_chosen(f"{FLOWS}.a.x_f{f}__mutmut_{n}", (), "tenth")}
    assert len(firsts) > 5


@pytest.mark.parametrize("share", ["tenth", "all"])
def test_a_module_that_is_named_is_tried_alone_and_whole(share: str) -> None:
    assert chosen("a", "keyset_walk", share=share) == [*NAMES[:80], *WALK]


def test_all_is_all() -> None:
    assert chosen(share="all") == [*NAMES, *WALK]


def test_what_is_known_of_a_mutant_stands_and_what_is_not_chosen_is_passed_over() -> None:
    data: Data = ([(None, name, code) for name, code in (("a", None), ("b", 1), ("c", 0))], {"a.py": None})
    asked: list[Any] = []

    def every(*, mutant_names: Any) -> Data:
        asked.append(mutant_names)
        return data

    assert only(every, lambda name: name != "c")(mutant_names=()) == (data[0][:2], data[1])
    assert asked == [()]
