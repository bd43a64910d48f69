"""The demonstration: `python -m tests.demo` runs the whole connector and compares both systems."""
