from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from functions.connections.patterns import LONGEST_TEXT, Pattern, found

PATTERN = TypeAdapter[str](Pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "([A-Z]+-?)+\\d",
        "(?P<reference>(a+)+)$",
        "(\\w+\\s?)*-\\d+",
        "(.*)*x",
        "(\\d+|[A-Z]+)+-",
        "([a-z]*[0-9]*)*x",
        "PO-((\\w+-?)+)!",
        "(\\w+){1,}x",
        "(\\w+){2,40}x",
        "(?:[^,]+,?)+;",
        "([A-Z]{2}\\w*)+x",
        "(a|aa)+b",
        "([A-Z]?-?)*\\d+",
        "[)](\\d+ ?)+x",
        "\\((\\d+ ?)+\\)",
        "((?P<part>\\d+)#?)+x",
        "\\d+(\\s*\\(.*\\))*",
        "\\d+(?: \\(.*\\))*",
        "(?:\\d+-|\\w+-)+x",
        "(?:\\d{2}|\\w{2})+x",
        "(a|a)+b",
        "(\\d{5,})+x",
        "(.*,){12}P",
        "(?x) (\\d+ [#]?)+ # ) a remark",
    ],
)
def test_a_repeat_that_can_be_read_in_two_ways_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError, match="read in two ways"):
        PATTERN.validate_python(pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(?P<reference>.+)", "P1001"),
        ("#?(?P<reference>[A-Z]?\\d+)(-[A-Z])?", "#P1001-A"),
        ("(?P<reference>([A-Z]+-)*\\d+)", "A-BC-7"),
        ("[A-Z]{2}(\\d{3})+", "AB123456"),
        ("(?:[A-Z]+ )*(?P<reference>\\d+)", "NEW YORK 7"),
        ("(?P<reference>\\w+)(-\\w+)*", "P1-2-3"),
        ("(?P<reference>[^-]+)(?:-[^-]+)*", "P1-2-3"),
        ("([A-Z]++-?)++\\d", "AB-C7"),
        ("([A-Z]+-?){2,}+\\d", "AB-C7"),
        ("[(](?P<reference>\\d+)[)]+", "(7))"),
        ("[]a-z(]+", "a](b"),
        ("(?P<head>\\w+)(?P<tail>-\\d+){1,2}", "P1-2-3"),
        (".*(?P<reference>P\\d{5}).*", "see P10017, please"),
        ("((?:ab|cd)+-)+\\d", "abcd-ab-7"),
        ("(?P<reference>\\d+)(?:\\s*,\\s*\\d+)*", "1 , 2,3"),
        ("(.*,){3}(?P<reference>P\\d+)", "a,b,c,P7"),
        ("(?:WEB|POS|EDI)+-(?P<reference>\\d+)", "WEB-7"),
        ("(?:[A-Z]{2}|\\d{2})+", "AB12"),
        ("(?x)(?P<reference>\\d+) # a smile :)", "7"),
        ("(?P<mark>[#*])(?:\\d+(?P=mark))+", "#12#34#"),
    ],
)
def test_other_repeats_are_let_in(pattern: str, text: str) -> None:
    assert found(PATTERN.validate_python(pattern), text)


def test_a_text_that_is_longer_than_any_field_matches_nothing() -> None:
    assert found(".+", "1" * LONGEST_TEXT)
    assert not found(".+", "1" * (LONGEST_TEXT + 1))
