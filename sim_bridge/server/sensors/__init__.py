"""What the server's sensors measure. Axes: x forward, y right, z up."""
