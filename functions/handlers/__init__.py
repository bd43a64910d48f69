"""What AWS calls."""

from functions.wiring.garbage import look_seldom

look_seldom()
