"""How the tests run together: the long ones first, what shares a fixture on one worker, lines that say where we are."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent
LINE_SECONDS = 2.0
# What takes minutes begins first; what shares something that is made once stays together.
LONGEST_FIRST = ("simulation", "integration", "infra", "contract")
SHARES_A_FIXTURE = ("infra",)


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_rank)
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(_group(item)))


def _rank(item: pytest.Item) -> int:
    tier = _tier(item)
    return LONGEST_FIRST.index(tier) if tier in LONGEST_FIRST else len(LONGEST_FIRST)


def _group(item: pytest.Item) -> str:
    tier = _tier(item)
    return tier if tier in SHARES_A_FIXTURE else item.nodeid.partition("::")[0]


def _tier(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT).parts[0]


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(config))


class Progress:
    """A line every few seconds in place of dots: how many tests are done, and in which file they are."""

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._began, self._last = config, time.monotonic(), 0.0
        self._total = self._done = 0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._begin(len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        self._begin(len(ids))

    def _begin(self, total: int) -> None:
        if total and not self._total:
            self._total = total
            self._say(f"{time.monotonic() - self._began:4.0f} s  {total} tests found")

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """No letters: they would stand between the lines."""
        if hasattr(report, "wasxfail"):
            return None
        is_counted = report.when == "call" or not report.passed
        return (("error" if report.failed and report.when != "call" else report.outcome) if is_counted else "", "", "")

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._last >= LINE_SECONDS or self._done == self._total:
            self._last = now
            self._say(f"{now - self._began:4.0f} s  {self._done} of {self._total}  {nodeid.partition('::')[0]}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._say(f"FAILED {report.nodeid} ({report.when})")

    def _say(self, line: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(line)
