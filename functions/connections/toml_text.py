"""Reads the text of a TOML file as people save it, and says in a sentence, with the line, why it cannot be read."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from functions.connections.values import NOT_HERE, names_a_secret

SAVE = "save it as UTF-8"
QUOTES = "\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a"
KEY = re.compile(r"""([A-Za-z0-9_.-]{1,40}|"[^"]{1,40}")\s*=""")
HEADER = re.compile(r"\[[A-Za-z0-9_.-]{1,60}\]|\[\[[A-Za-z0-9_.-]{1,60}\]\]")
DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")
JOINED = re.compile(r"""([^=:"'{\[]+|"[^"]*"\s*)(:=|==|=>|=:)""")
MERGE = re.compile(r"(<{7}|={7}|>{7}|\|{7})(\s.*)?")
# Up to a comment: a # within quotes begins none.
CODE = re.compile(r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|[^#"'])*(?=#|$)""")
UNIT = re.compile(r"[+-]?\d+\s*[A-Za-z]")

Usual = Iterator[tuple[object, str]]
SPACES = "\u00a0\u2007\u202f\u200b\u2003\u2002"


class UnreadableError(Exception):
    """What is wrong, with the line where there is one; never a value."""


def content_of(path: Path) -> dict[str, Any]:
    text = _text(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableError(_told(text, str(error))) from None
    except RecursionError:
        raise UnreadableError("not valid TOML: lists or tables are nested too deeply") from None


def _text(path: Path) -> str:
    if path.is_dir():
        raise UnreadableError("is a folder, not a file")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}") from None
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in raw[:4]:
        raise UnreadableError(f"is UTF-16; {SAVE}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableError(f"line {line}: is no UTF-8, perhaps Latin-1 or Windows-1252; {SAVE}") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _told(text: str, error: str) -> str:
    found = re.search(r"\(at line (\d+),", error)
    lines = text.rstrip("\n").split("\n")
    number = min(int(found[1]), len(lines)) if found else len(lines)
    return f"line {number}: {_reason(error.partition(' (at ')[0], lines[number - 1])}"


def _reason(reason: str, line: str) -> str:
    """What people get wrong, by the line; TOML's own words for the rest. Of the line only its key is told."""
    code = CODE.match(line)
    bare = (code[0] if code else line.partition("#")[0]).strip()
    found = KEY.match(bare)
    key, value = (found[1], bare[found.end() :].strip()) if found else ("", "")
    header = bare if HEADER.fullmatch(bare) else ""
    usual = (*_characters(bare), *_statements(reason, bare, key, header), *(_values(reason, key, value) if key else ()))
    return next((told for is_so, told in usual if is_so), f"not valid TOML: {reason}")


def _characters(bare: str) -> Usual:
    yield (
        MERGE.fullmatch(bare),
        "a merge is not resolved: keep one side, delete the lines of <<<<<<<, ======= and >>>>>>>",
    )
    yield any(mark in bare for mark in QUOTES), 'typographic quotes; write "straight" ones'
    yield any(space in bare for space in SPACES), "a character looks like a space and is none; type the line anew"
    yield bare.startswith(("//", ";", "--", "/*")), "a comment begins with #"


def _statements(reason: str, bare: str, key: str, header: str) -> Usual:
    yield reason.startswith("Cannot overwrite") and key, f"{key} stands there twice; keep one"
    yield reason.startswith(("Cannot ", "Can not ")) and header, f"the table {header} stands there twice; keep one"
    yield reason.startswith("Unescaped"), f"{key}: a backslash in double quotes; a pattern stands in single quotes: '…'"
    yield reason.startswith("Illegal character '\\n'"), f"{key}: the closing quote is missing"
    yield reason.startswith("Unterminated"), "a quote is opened and never closed"
    yield reason.startswith("Unclosed array"), "a list is not closed, or a comma is missing in it: [1, 2]"
    yield (
        reason.startswith("Unclosed inline") and "}" in bare,
        "a comma is missing between the keys of a table in braces",
    )
    is_inline = reason.startswith("Unclosed inline") or (reason.startswith("Invalid initial") and "{" in bare)
    yield is_inline, "a table in braces stands on one line, without a comma before the }"
    yield bare.startswith("[") and not header, "a table's name stands in brackets: [ifs], or [[ifs.targets]]"
    yield JOINED.match(bare), 'one = joins a key and its value, as in mode = "shadow"'
    yield (
        reason.startswith("Expected '='") and "=" in bare,
        'a key with blanks or signs stands in quotes: "DHL Express"',
    )
    yield ":" in bare and "=" not in bare, 'a key and its value are joined by =, as in mode = "shadow"'
    is_none = reason.startswith("Expected '='") or reason == "Invalid statement"
    yield is_none, 'a line is a key, = and a value, as in mode = "shadow"'


def _values(reason: str, key: str, value: str) -> Usual:
    yield names_a_secret(key), f"{key}: {NOT_HERE}"
    yield value in {"True", "False"}, f"{key}: true and false are written in small letters"
    yield value in {"None", "null", "nil", ""}, f"{key}: has no value; leave the key out for its default"
    yield DAY.match(value) and not _is_day(value), f"{key}: that day does not exist"
    yield DATE.match(value), f"{key}: an instant is written 2026-01-01T00:00:00Z"
    yield value.endswith(","), f"{key}: nothing follows the value, no comma either"
    yield value.endswith(";"), f"{key}: nothing follows the value, no semicolon either"
    yield UNIT.match(value), f"{key}: a number has no unit; the key's name says it"
    yield re.match(r"0\d", value), f'{key}: a number does not begin with 0; text stands in quotes: "010"'
    yield value.startswith(("'", '"')), f"{key}: something follows the closing quote"
    yield "," in value and value[:1] not in "[{", f"{key}: several values stand in brackets: {key} = [1, 2]"
    yield reason == "Invalid value", f'{key}: text stands in quotes: {key} = "…"'


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return False
    return True
