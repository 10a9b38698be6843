"""Lets a child process read an OpenDRIVE text first: CARLA's reader ends or hangs its process on some."""

from __future__ import annotations

import subprocess
import sys

TIME_LIMIT_S = 60.0
MEMORY_LIMIT_BYTES = 6_000_000_000

# What the server itself asks of a map, and what clients and their traffic manager ask first.
_READ = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY_LIMIT_BYTES}, {MEMORY_LIMIT_BYTES}))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
import carla
read = carla.Map("trial", sys.stdin.read())
read.get_topology()
for waypoint in read.generate_waypoints(20.0):
    waypoint.next(2.0), waypoint.previous(2.0), waypoint.get_left_lane(), waypoint.get_right_lane()
    waypoint.left_lane_marking, waypoint.right_lane_marking
read.get_waypoint(carla.Location())
read.get_crosswalks()
for landmark in read.get_all_landmarks():
    landmark.get_lane_validities(), landmark.transform
"""


def try_reading(xodr: str) -> None:
    """Reads a text in a child process.

    Raises:
        ValueError: that went wrong; one line says how.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", _READ],
            input=xodr,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"CARLA's reader does not get through it in {TIME_LIMIT_S:.0f} s") from None
    if done.returncode < 0:
        raise ValueError(f"CARLA's reader ends its process on it (signal {-done.returncode})")
    if done.returncode > 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ValueError(f"CARLA's reader refuses it ({last})")
