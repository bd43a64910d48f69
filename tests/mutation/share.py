"""mutmut over a share of its mutants: of the writing flows, where most of them are, every tenth; of the rest all.

A script: mutmut runs a copy of the tests, and where it runs, their package must not have been loaded from here.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Collection, Sequence
from typing import Any
from zlib import crc32

SAMPLED = "functions.flows.to_ifs."
TENTH = 10

Data = tuple[list[tuple[Any, str, int | None]], dict[str, Any]]  # of mutmut: mutants by name and result; their files


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser()
    made.add_argument("modules", nargs="*", metavar="module", help="tried alone, and whole: place")
    made.add_argument("--share", choices=["tenth", "all"], default="tenth", help="of the writing flows (tenth)")
    return made


def is_chosen(name: str, modules: Collection[str], share: str) -> bool:
    """`name` as mutmut gives it: `package.module.function__mutmut_number`. The last digit that is tried is the
    function's own: small functions are met too, and a change elsewhere changes no choice.
    """
    function, _, number = name.rpartition("__mutmut_")
    if modules:
        return function.rsplit(".", 2)[-2] in modules
    return share == "all" or not name.startswith(SAMPLED) or int(number) % TENTH == crc32(function.encode()) % TENTH


def only(every: Callable[..., Data], is_tried: Callable[[str], bool]) -> Callable[..., Data]:
    """Mutants that mutmut is told by name are tried again, whatever is known of them: these are passed over instead."""

    def chosen(*, mutant_names: Sequence[str]) -> Data:
        mutants, files = every(mutant_names=mutant_names)
        return [mutant for mutant in mutants if is_tried(mutant[1])], files

    return chosen


if __name__ == "__main__":
    from mutmut import __main__ as mutmut

    options = parser().parse_args()
    mutmut.collect_source_file_mutation_data = only(
        mutmut.collect_source_file_mutation_data, lambda name: is_chosen(name, options.modules, options.share)
    )
    mutmut.cli(["run", "--max-children", str(os.cpu_count() or 1)])
