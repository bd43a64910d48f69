"""Jobs on all processors, told as they end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import TypeVar

from rich.console import Console

T = TypeVar("T")
SILENT_SECONDS = 5
console = Console(width=None if sys.stdout.isatty() else 140)


def fresh_processes(preloaded: str) -> ProcessPoolExecutor:
    """One for each job: what a week leaves in memory makes the next one slower, and a breakage must not outlive its
    run. `preloaded` is a module that all of them need.
    """
    fork = get_context("forkserver")
    fork.set_forkserver_preload([preloaded])
    return ProcessPoolExecutor(os.cpu_count(), mp_context=fork, max_tasks_per_child=1)


def as_they_end(jobs: Iterable[Future[T]], what: str) -> Iterator[T]:
    """Never silent for longer than a few seconds."""
    pending = set(jobs)
    while pending:
        done, pending = wait(pending, timeout=SILENT_SECONDS, return_when=FIRST_COMPLETED)
        yield from (job.result() for job in done)
        if not done:
            console.print(f"{len(pending)} {what} to go", highlight=False)
