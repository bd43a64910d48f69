"""Ships sixty orders through the deployed connector; exit status 0 only if both systems agree at the end."""

from __future__ import annotations

import signal
import sys

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended


def _ended(*_: object) -> None:
    """Once: what is being stopped is stopped to its end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, _ended)
        from tests.demo.demonstration import main  # Ctrl-C may come while it is imported

        sys.exit(main())
    except KeyboardInterrupt:
        sys.stdout.write("\nInterrupted.\n")
        sys.exit(INTERRUPTED)
