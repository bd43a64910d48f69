"""A sign of life beside the answer, on a terminal alone, and how what goes on comes along."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

LOOK_SECONDS = 2.0  # between two questions: each invokes a Lambda
Moved = Callable[[Mapping[str, Any]], None]


@contextmanager
def progress(text: str) -> Iterator[Moved]:
    """Gives what to call with each answer. It is gone with the end."""
    console = Console(file=sys.stderr)
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[of]}")
    bar = Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal)
    with bar:
        task = bar.add_task(text, total=None, of="")

        def moved(answer: Mapping[str, Any]) -> None:
            bar.update(task, **_share(answer))

        yield moved


def _share(answer: Mapping[str, Any]) -> dict[str, Any]:
    if "percent" in answer:
        return {"total": 100, "completed": float(answer["percent"]), "of": f"{answer['percent']} %"}
    done = answer.get("settled", answer.get("sent"))
    if done is not None and "left" in answer:
        whole = int(done) + int(answer["left"])
        return {"total": max(1, whole), "completed": int(done), "of": f"{done} of {whole}"}
    return {"of": f"{answer['looked_at']} looked at"} if "looked_at" in answer else {}
