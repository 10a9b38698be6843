"""The roof: the pipeline, its observers, the command line and benchmarks."""

__version__ = "0.1.0"
