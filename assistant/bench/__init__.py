"""Benchmarks of single modules."""
