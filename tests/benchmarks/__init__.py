"""`python -m tests.benchmarks`: figures on a virtual clock, the same on every machine."""
