"""`python -m functions.console`: the operator's command line."""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended


def _ended() -> int:
    from functions.console.operate import main  # noqa: PLC0415 # Ctrl-C may come while it is imported

    try:
        return main(sys.argv[1:])
    except SystemExit as ended:  # `--help`
        return int(ended.code or 0)
    finally:
        sys.stdout.flush()


if __name__ == "__main__":
    try:
        status = _ended()
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. What was asked for before goes on by itself.\n")
        status = INTERRUPTED
    except BrokenPipeError:  # `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = 0
    sys.exit(status)
