"""What instants of two environments say of each other: nothing, where they are nearer than their clocks."""

from __future__ import annotations

from datetime import timedelta

CLOCKS = timedelta(minutes=1)  # those of two environments differ by less
