"""People who walk where their control sends them."""

from __future__ import annotations

import math

import numpy as np

from sim_bridge.server.transforms import Floats
from sim_bridge.server.wire.snapshots import WALKER_STATE
from sim_bridge.server.wire.vehicles import WalkerControl
from sim_bridge.server.world.actors import ActorTable
from sim_bridge.server.world.ground import Ground

# Faster than any runner: a walker is no projectile.
_MAX_SPEED = 12.0


class Walkers:
    """What each walker was told to do, and how far it has walked."""

    def __init__(self) -> None:
        self.controls: dict[int, WalkerControl] = {}
        self.walked_m: dict[int, float] = {}

    def add(self, actor_id: int) -> None:
        """A standing walker."""
        self.controls[actor_id] = WalkerControl()
        self.walked_m[actor_id] = 0.0

    def remove(self, actor_id: int) -> None:
        """Forgets a walker."""
        del self.controls[actor_id], self.walked_m[actor_id]

    def advance(self, delta_s: float, table: ActorTable, ground: Ground) -> None:
        """Moves all walkers on by `delta_s`, feet on the ground; their origin is half their height above."""
        for actor_id, control in self.controls.items():
            row = table.row(actor_id)
            velocity = _velocity(control)
            pose = table.pose[row]
            pose[:3] += velocity * delta_s
            pose[2] = ground.below(pose[None, :3])[0][0] + table[actor_id].box.extent[2]
            speed = float(np.hypot(velocity[0], velocity[1]))
            if speed > 0.0:
                pose[3:] = 0.0, math.atan2(velocity[1], velocity[0]), 0.0
            table.acceleration[row] = (velocity - table.velocity[row]) / delta_s if delta_s > 0.0 else 0.0
            table.velocity[row] = velocity
            self.walked_m[actor_id] += speed * delta_s

    def write_states(self, table: ActorTable) -> None:
        """Puts the controls into the snapshot."""
        for actor_id, control in self.controls.items():
            state = np.array((control.direction, control.speed, control.jump), WALKER_STATE)
            table.write_state(actor_id, state)


def _velocity(control: WalkerControl) -> Floats:
    direction = np.array([control.direction[0], control.direction[1], 0.0])
    length = float(np.linalg.norm(direction))
    speed = min(max(control.speed, 0.0), _MAX_SPEED)
    return np.zeros(3) if length < 1e-9 else direction * (speed / length)
