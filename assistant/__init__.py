"""The roof: the pipeline, its observers, the command line and benchmarks."""
