"""Temporary folders that are gone quickly: a bundle is thousands of files, and a slow disk takes its time for each."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

AT_ONCE = 16
DEEP = 4  # levels, below which one worker removes the rest


@contextmanager
def temporary_folder(prefix: str = "ifs-shipstation-") -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Whatever is left of it; nothing if it is gone."""
    with ThreadPoolExecutor(AT_ONCE) as workers:
        list(workers.map(_removed, list(_parts(folder, DEEP))))
    shutil.rmtree(folder, ignore_errors=True)


def _parts(folder: Path, levels: int) -> Iterator[Path]:
    """Folders below which nobody else works."""
    inner = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()] if folder.is_dir() else []
    if not levels or not inner:
        yield folder
        return
    for path in inner:
        yield from _parts(path, levels - 1)


def _removed(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
