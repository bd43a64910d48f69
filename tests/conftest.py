"""How the tests run together: the long ones first, and lines that say where we are."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import pytest
from hypothesis import settings

from tests.equipment.evidence import keep

LINE_SECONDS = 2.0  # between two lines while tests end
LONG_SECONDS = 10.0  # after which the tests are named that do not
EVERY_RUN = "not nightly"
# No example depends on how busy the machine is.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
# What takes minutes begins first; the tests of a module stay together.
LONGEST_FIRST = ("simulation", "demo", "integration", "infra", "contract")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _rank(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than cores: those that start processes wait for most of their time."""
    return (os.cpu_count() or 1) + 1


def _rank(nodeid: str) -> int:
    tier = _tier(nodeid)
    return LONGEST_FIRST.index(tier) if tier in LONGEST_FIRST else len(LONGEST_FIRST)


def _tier(nodeid: str) -> str:
    return nodeid.split("/")[1]


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(config))


def _is_whole(config: pytest.Config) -> bool:
    """As `make test` runs it, with nothing left out."""
    option = config.option
    is_chosen = option.keyword or option.markexpr != EVERY_RUN or option.deselect or option.ignore or option.ignore_glob
    is_short = option.lf or option.failedfirst or option.maxfail or option.collectonly
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not is_chosen and not is_short


class Progress:
    """Lines in place of dots: how many tests are done, and in which file they are."""

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._began, self._last = config, time.monotonic(), 0.0
        self._total = self._done = 0
        self._running: dict[str, None] = {}
        self._is_over = threading.Event()

    def pytest_sessionstart(self) -> None:
        threading.Thread(target=self._name_the_long_ones, daemon=True).start()

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._is_over.set()
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        is_ended = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
        if reporter is not None and is_ended and _is_whole(self._config):
            passed, skipped, failed, broken = (
                len(reporter.stats.get(each, ())) for each in ("passed", "skipped", "failed", "error")
            )
            seconds = round(time.monotonic() - self._began)
            keep("tests", passed=passed, skipped=skipped, failed=failed + broken, seconds=seconds)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._found(len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        self._found(len(ids))

    def _found(self, total: int) -> None:
        if total and not self._total:
            self._total = total
            self._say(f"{total} tests")

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """No letters: they would stand between the lines."""
        if hasattr(report, "wasxfail"):
            return None
        is_counted = report.when == "call" or not report.passed
        return (("error" if report.failed and report.when != "call" else report.outcome) if is_counted else "", "", "")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._running[nodeid] = None

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._done += 1
        self._running.pop(nodeid, None)
        if time.monotonic() - self._last >= LINE_SECONDS or self._done == self._total:
            self._say(f"{self._done} of {self._total}  {nodeid.partition('::')[0]}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._say(f"FAILED {report.nodeid} ({report.when})")

    def _name_the_long_ones(self) -> None:
        while not self._is_over.wait(1):
            if self._running and time.monotonic() - self._last >= LONG_SECONDS:
                names = ", ".join(nodeid.partition("::")[2] for nodeid in list(self._running))
                self._say(f"{self._done} of {self._total}, in {names}")

    def _say(self, text: str) -> None:
        self._last = time.monotonic()
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(f"{self._last - self._began:4.0f} s  {text}")
