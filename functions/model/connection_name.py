"""In a module of its own, so that what only names a connection loads no model."""

from __future__ import annotations

from typing import NewType

ConnectionName = NewType("ConnectionName", str)
