"""The simulated world: its actors, how they move, the signals, the clock."""
