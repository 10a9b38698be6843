"""Props that a client has handed over to physics: they fall, slide and are pushed about, always upright."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.transforms import Floats
from sim_bridge.server.world.actors import ActorTable
from sim_bridge.server.world.fleet import MOST_SPEED
from sim_bridge.server.world.ground import Ground

_GRAVITY = 9.81
# Of what slides over asphalt.
_FRICTION = 0.6
# Bins, cones, boxes and barriers are mostly air: kg/m3 of their box, and the least and most kg.
_DENSITY, _LEAST_KG, _MOST_KG = 150.0, 0.5, 500.0


def prop_mass_kg(half_extents: Floats) -> float:
    """Mass of a prop with a box of these (3,) half sizes, metres."""
    volume = 8.0 * float(np.prod(half_extents))
    return min(max(_DENSITY * volume, _LEAST_KG), _MOST_KG)


class LooseProps:
    """Who they are.

    Attributes:
        masses: kg by actor id.
    """

    def __init__(self) -> None:
        self.masses: dict[int, float] = {}

    def simulate(self, actor_id: int, enabled: bool, table: ActorTable) -> None:
        """Hands a prop over to physics, or takes it back, upon which it stands still."""
        row = table.row(actor_id)
        if enabled:
            self.masses[actor_id] = prop_mass_kg(table.half_extents[row])
        else:
            self.remove(actor_id)
            for motion in (table.velocity, table.angular_velocity, table.acceleration):
                motion[row] = 0.0

    def remove(self, actor_id: int) -> None:
        """Forgets a prop."""
        self.masses.pop(actor_id, None)

    def strike(self, actor_id: int, impulse: Floats, table: ActorTable) -> None:
        """Lets an impulse (3,) N s, world axes, act through the middle of a prop."""
        if actor_id in self.masses:
            table.velocity[table.row(actor_id)] += impulse / self.masses[actor_id]

    def advance(self, delta_s: float, table: ActorTable, ground: Ground) -> None:
        """Moves all of them on by `delta_s`; who then touches whom is not looked at."""
        if not self.masses or delta_s <= 0.0:
            return
        rows = table.rows(self.masses)
        place, before = table.pose[rows, :3], table.velocity[rows]
        velocity = np.clip(before, -MOST_SPEED, MOST_SPEED)
        stands = (place[:, 2] <= ground.below(place)[0] + 1e-6) & (velocity[:, 2] <= 0.0)
        slowed = np.where(stands, _FRICTION * _GRAVITY * delta_s, 0.0)
        pace = np.hypot(velocity[:, 0], velocity[:, 1])
        velocity[:, :2] *= (np.maximum(pace - slowed, 0.0) / np.maximum(pace, 1e-9))[:, None]
        reach = np.hypot(table.half_extents[rows, 0], table.half_extents[rows, 1])
        rate = table.angular_velocity[rows, 2]
        rate = np.sign(rate) * np.maximum(np.abs(rate) - 2.0 * slowed / reach, 0.0)
        velocity[:, 2] -= _GRAVITY * delta_s
        place += velocity * delta_s
        floor = ground.below(place)[0]
        lands = place[:, 2] <= floor
        place[lands, 2], velocity[lands, 2] = floor[lands], 0.0
        table.pose[rows, :3] = place
        table.pose[rows, 4] += rate * delta_s
        table.velocity[rows], table.angular_velocity[rows, 2] = velocity, rate
        table.acceleration[rows] = (velocity - before) / delta_s
