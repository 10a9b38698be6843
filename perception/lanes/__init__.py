"""Finding the lines of the road."""
