"""Vehicle bodies, one module per family, each scaled to the dimensions of its blueprint."""
