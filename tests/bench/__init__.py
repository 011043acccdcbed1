"""Measures the hub beside others that do only a part of its work; `python -m tests.bench`."""
