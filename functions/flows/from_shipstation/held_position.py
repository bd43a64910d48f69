"""What a run knows of where it reads, and whether it may still store it."""

from __future__ import annotations

from collections.abc import Callable

from functions.model.cursors import Cursor, ReadingPosition


class HeldPosition:
    """The position under this run's lease: every change is stored under its fence, and nothing is read on once another
    run holds the lease.
    """

    def __init__(self, value: ReadingPosition, store: Callable[[ReadingPosition], bool]) -> None:
        self.value, self._store = value, store
        self._moved = False
        self.is_lost = False

    def note(self, changed: ReadingPosition) -> None:
        """Stored with the next save."""
        self.value = changed

    def move(self, name: str, cursor: Cursor) -> None:
        """Stored before anything else is read."""
        self._moved = self._moved or cursor != self.value.cursors.get(name)
        self.note(self.value.read_to(name, cursor))

    def keep(self) -> bool:
        """Stores what has moved. False once somebody else holds the lease."""
        if self._moved:
            self.save()
        return not self.is_lost

    def save(self) -> None:
        self._moved = False
        self.is_lost = self.is_lost or not self._store(self.value)
