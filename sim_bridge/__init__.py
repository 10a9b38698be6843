"""Simulator to frames, controls to simulator. The only floor that knows `carla`; imports `data` only."""
