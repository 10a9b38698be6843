"""Scene to plan to control. Imports `data` only."""
