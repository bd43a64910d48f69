"""Keeps reference data alike in both systems."""
