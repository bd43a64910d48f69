"""The name under which a bundle is deployed follows its content and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from infra.bundle import contents_hash

MOMENT = (1_700_000_000, 1_700_000_000)


def written(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, MOMENT)


def test_other_content_in_the_same_file_of_the_same_size_and_time_is_another_bundle(tmp_path: Path) -> None:
    written(tmp_path, "functions/a.py", "A = 1")
    before = contents_hash(tmp_path)
    inode = (tmp_path / "functions/a.py").stat().st_ino
    written(tmp_path, "functions/a.py", "A = 2")
    assert (tmp_path / "functions/a.py").stat().st_ino == inode
    assert contents_hash(tmp_path) != before


def test_the_same_content_made_anew_is_the_same_bundle(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        written(tmp_path / folder, "functions/a.py", "A = 1")
    os.utime(tmp_path / "two/functions/a.py")
    assert contents_hash(tmp_path / "one") == contents_hash(tmp_path / "two")


def test_a_file_under_another_name_is_another_bundle(tmp_path: Path) -> None:
    written(tmp_path / "one", "a.py", "A = 1")
    written(tmp_path / "two", "b.py", "A = 1")
    assert contents_hash(tmp_path / "one") != contents_hash(tmp_path / "two")
