"""Breaks what writes, walks and counts one small way at a time and says what no fast test notices. Goes on where it was
left: only functions that changed and mutants that survived are tried again.

    python -m tests.mutation [--share all] [module ...]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant
from rich.console import Console
from rich.table import Table

from tests.equipment.evidence import keep
from tests.mutation.share import is_chosen, parser

TRY = Path(__file__).with_name("share.py")
RESULTS = Path("mutants")
FILES = RESULTS / "functions"
ENDING = ".py.meta"
ACCEPTED = Path(__file__).parent / "accepted.toml"
GOAL = 90  # per cent
KILLED, SURVIVED = {1, 3, 36, 24, -24, 152}, {0}  # exit codes; a mutant that never ends is noticed too


@dataclass(frozen=True)
class Mutant:
    """`path` is of its module, from the root; `code` how the tests ended for it: None they were not run, 33 none
    reaches it.
    """

    path: str
    name: str
    code: int | None

    @property
    def module(self) -> str:
        return Path(self.path).stem

    @property
    def fate(self) -> str:
        if self.code is None:
            return "not tried"
        return "killed" if self.code in KILLED else "survived" if self.code in SURVIVED else "not reached"

    @property
    def change(self) -> str:
        """What was changed into what, whatever number the mutant has today."""
        lines = get_diff_for_mutant(self.name, path=self.path).splitlines()
        sides = ([line[1:].strip() for line in lines if line[:1] == sign and line[:3] != sign * 3] for sign in "-+")
        return " → ".join(" ".join(side) for side in sides)


def main() -> int:
    options = parser().parse_args()
    modules, share = options.modules, options.share
    _forget_survivors(modules)
    command = [sys.executable, str(TRY), *modules, "--share", share]
    ended = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ended.returncode:
        print(ended.stdout[-3000:])
        return ended.returncode
    every = list(_mutants())
    chosen = [mutant for mutant in every if is_chosen(mutant.name, modules, share)]
    tried = [mutant for mutant in chosen if mutant.fate != "not tried"]
    score = _report(tried, Console())
    print(f"tried: {len(tried)} of {len(every)} mutants")
    if not modules and len(tried) == len(chosen):
        killed = sum(mutant.fate == "killed" for mutant in chosen)
        keep("mutation", every=len(every), mutants=len(chosen), killed=killed, score=score)
    if len(tried) < len(chosen):  # interrupted, the tool ends as if it were done
        print(f"{len(chosen) - len(tried)} of {len(chosen)} were not reached: run it again, it goes on from here")
    return 0 if score >= GOAL and len(tried) == len(chosen) else 1


def _files(modules: Iterable[str]) -> list[Path]:
    wanted = set(modules)
    found = sorted(FILES.rglob(f"*{ENDING}"))
    return [path for path in found if not wanted or path.name.removesuffix(ENDING) in wanted]


def _forget_survivors(modules: Iterable[str]) -> None:
    """The tool believes an earlier answer, also when tests were added since."""
    for path in _files(modules):
        found = json.loads(path.read_text(encoding="utf-8"))
        codes = found["exit_code_by_key"]
        found["exit_code_by_key"] = {name: code if code in KILLED else None for name, code in codes.items()}
        path.write_text(json.dumps(found), encoding="utf-8")


def _mutants() -> Iterator[Mutant]:
    for path in _files(()):
        source = str(path.relative_to(RESULTS)).removesuffix(".meta")
        for name, code in json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            yield Mutant(source, name, code)


def _report(mutants: list[Mutant], console: Console) -> float:
    """Prints score and survivors; the score counts without those that are accepted, because nothing can notice them."""
    accepted = {each["change"]: each["why"] for each in tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))["mutants"]}
    left = [(mutant, mutant.change) for mutant in mutants if mutant.fate != "killed"]
    for mutant, change in left:
        why = f"accepted: {accepted[change]}" if change in accepted else mutant.fate
        console.print(f"{mutant.module}: {change}\n    {why}", markup=False, highlight=False, soft_wrap=True)
    excused = Counter(mutant.module for mutant, change in left if change in accepted)
    table = Table("module", "mutants", "killed", "survived", "not reached", "accepted", "score")
    for module in sorted({mutant.module for mutant in mutants}):
        _add(table, module, [mutant for mutant in mutants if mutant.module == module], excused[module])
    score = _add(table, "all", mutants, excused.total())
    console.print(table)
    return score


def _add(table: Table, name: str, mutants: list[Mutant], excused: int) -> float:
    fates = Counter(mutant.fate for mutant in mutants)
    score = 100 * fates["killed"] / max(1, len(mutants) - excused)
    counts = (len(mutants), fates["killed"], fates["survived"], fates["not reached"], excused)
    table.add_row(name, *map(str, counts), f"{score:.1f} %")
    return score


if __name__ == "__main__":
    sys.exit(main())
