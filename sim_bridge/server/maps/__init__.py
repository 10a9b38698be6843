"""Worlds from OpenDRIVE: road lookup, spawn points, signals and the static scene, in CARLA's axes."""
