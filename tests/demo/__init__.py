"""The demonstration: `python -m tests.sandbox.demo` runs the whole connector and compares both systems."""
