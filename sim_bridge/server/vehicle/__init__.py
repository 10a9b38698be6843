"""How road vehicles move: parameters, single-track dynamics, collisions. Axes: x forward, y right, z up."""
