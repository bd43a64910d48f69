from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.differences import DIFFERENCES, Difference, DifferenceGoneError, shown

ROOT = Path(__file__).parents[2]
ONE = Difference("moto", "PutItem", "test_x", "refuses", "ValueError: no", "https://docs.aws.amazon.com")


def test_difference_that_shows_itself_is_passed() -> None:
    with shown(ONE):
        raise ValueError("no")


def test_difference_that_is_gone_is_told() -> None:
    with pytest.raises(DifferenceGoneError, match="moto does at PutItem as AWS documents"), shown(ONE):
        pass


def test_another_failure_is_no_proof_of_a_difference() -> None:
    with pytest.raises(KeyError), shown(ONE):
        raise KeyError("no")


def test_a_contract_that_expects_an_error_may_be_what_fails() -> None:
    with shown(replace(ONE, fails="DID NOT RAISE")), pytest.raises(ValueError, match="no"):
        pass


@pytest.mark.integration
def test_every_difference_names_a_test_that_is_run() -> None:
    listed = [sys.executable, "-m", "pytest", "--collect-only", "-q", str(Path(__file__).parent)]
    output = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    run = set(re.findall(r"::(\w+\[.+\])$", output, re.MULTILINE))
    named = [(each, case) for each in DIFFERENCES for case in each.cases]
    ids = [f"{each.test}[{each.whose}{f'-{case}' if case else ''}]" for each, case in named]

    assert [each for each in ids if each not in run] == []
    assert len(set(ids)) == len(ids)


def test_every_difference_has_a_source() -> None:
    assert [each for each in DIFFERENCES if not re.match("https://.+/.+", each.source)] == []
