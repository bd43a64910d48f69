"""Python looks for garbage each time some hundred objects were made. Starting makes more than a hundred thousand that
stay: looking through them again and again is a tenth of the time that a Lambda takes to start.
"""

from __future__ import annotations

import gc

NORMALLY = gc.get_threshold()
WHILE_STARTING = 1_000_000  # new objects until it looks


def look_seldom() -> None:
    """Before anything large is imported."""
    gc.set_threshold(WHILE_STARTING)


def look_normally() -> None:
    """What was imported stays, and is never looked through again."""
    gc.freeze()
    gc.set_threshold(*NORMALLY)
