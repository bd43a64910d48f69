"""`python -m functions.console`: the operator's command line."""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended

if __name__ == "__main__":
    try:
        from functions.console.operate import main  # Ctrl-C may come while it is imported

        status = main(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. What was asked for before goes on by itself.\n")
        status = INTERRUPTED
    except BrokenPipeError:  # `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = 0
    sys.exit(status)
