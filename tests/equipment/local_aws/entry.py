"""What runs inside the child process: ministack with our executor, ending when the process that started it ends."""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
import signal
import sys
import threading
from pathlib import Path

HOME_PREFIX = "local-aws-"


def end_with_parent() -> None:
    """Standard input is a pipe only the parent holds: its end, however it comes about, is the parent's end."""

    def wait_for_the_end() -> None:
        sys.stdin.buffer.read()
        if (home := Path(os.environ["TMPDIR"])).name.startswith(HOME_PREFIX):
            shutil.rmtree(home, ignore_errors=True)
        if os.getpgrp() == os.getpid():  # started by hand, the group would be the shell's
            os.killpg(0, signal.SIGKILL)
        os._exit(0)

    threading.Thread(target=wait_for_the_end, daemon=True).start()


def main() -> None:
    end_with_parent()
    from ministack import app  # noqa: PLC0415 # reads the environment when imported

    # Under TLS it would also take port 443; there is no setting against it.
    app._port_is_bindable = lambda *_: False  # noqa: SLF001
    if importlib.util.find_spec("awslambdaric"):
        from tests.equipment.local_aws import executor  # noqa: PLC0415 # needs awslambdaric, which exists on Linux only

        executor.install()
    else:
        logging.getLogger(__name__).warning("awslambdaric is missing: Lambdas run under ministack's own executor")
    app.main()


if __name__ == "__main__":
    main()
