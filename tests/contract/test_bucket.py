"""The bucket of reports.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

from __future__ import annotations

import hashlib

import pytest

from functions.errors import Retryable
from functions.ledger.reports import Bucket, ReportStore
from functions.model.outcomes import Reason


def test_report_comes_back_as_it_was_kept(bucket: Bucket) -> None:
    part = ReportStore(bucket).keep("reconcile/acme/2026-02-01 ü+&.json", '{"text": "ö"}')

    assert ReportStore(bucket).read(part) == '{"text": "ö"}'.encode()
    assert part.sha256 == hashlib.sha256('{"text": "ö"}'.encode()).hexdigest()


def test_report_that_is_kept_again_replaces_the_first_at_once(bucket: Bucket) -> None:
    store = ReportStore(bucket)
    store.keep("a", "first")
    store.keep("a", "second")

    assert store.text("a") == "second"


def test_empty_and_large_reports_come_back_whole(bucket: Bucket) -> None:
    store = ReportStore(bucket)
    for name, text in {"empty": "", "large": "x\r\n" * 1_000_000}.items():
        store.keep(name, text)
        assert store.text(name) == text


def test_names_are_told_apart_by_their_case(bucket: Bucket) -> None:
    ReportStore(bucket).keep("a", "text")

    with pytest.raises(Retryable) as missing:
        ReportStore(bucket).text("A")
    assert missing.value.reason is Reason.LEDGER_UNAVAILABLE
    assert "NoSuchKey" in str(missing.value)
