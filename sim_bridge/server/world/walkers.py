"""The people of an episode, and what clients tell them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim_bridge.server.transforms import Floats
from sim_bridge.server.wire.geometry import Vector
from sim_bridge.server.wire.snapshots import WALKER_STATE
from sim_bridge.server.wire.vehicles import WalkerControl
from sim_bridge.server.world.actors import ActorTable
from sim_bridge.server.world.ground import Ground
from sim_bridge.server.world.walking import (
    SILENT_S,
    STANDING_MPS,
    Booleans,
    People,
    move,
    settle,
    standing,
)

# kg/m2: a person's mass over the square of the height.
_BODY_MASS_INDEX = 23.0
# A blow that changes the speed by more than this takes a person off its feet.
_KNOCKED_DOWN_MPS = 2.0
# Of what a control says: more than this does not fit into a snapshot.
_LARGEST = 1e6
# CARLA takes the dead away after this time.
_LIES_DEAD_S = 10.0


def person_mass_kg(half_height_m: npt.ArrayLike) -> Floats:
    """Mass of people of that half height, same shape, by a body mass index of 23 kg/m2."""
    return np.asarray(_BODY_MASS_INDEX * (2.0 * np.asarray(half_height_m)) ** 2)


class Walkers:
    """All walkers, in the order of their birth.

    Attributes:
        ids: their actor ids.
    """

    def __init__(self) -> None:
        self.ids: list[int] = []
        self._index: dict[int, int] = {}
        self._people: People = standing(0)
        self._rows: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        self._before: Floats = np.zeros((0, 6))
        self._velocity_before: Floats = np.zeros((0, 3))

    def __contains__(self, actor_id: object) -> bool:
        return actor_id in self._index

    @property
    def walked_m(self) -> Floats:
        """(n,) how far each has walked, metres; it decides the phase of the stride."""
        return self._people.walked_m

    @property
    def walking(self) -> Booleans:
        """(n,) whether each moves on its feet."""
        velocity = self._people.velocity
        return (np.hypot(velocity[:, 0], velocity[:, 1]) > STANDING_MPS) & (self._people.down_s < 0.0)

    @property
    def solid_ids(self) -> list[int]:
        """Those who can be run into."""
        return [i for i, solid in zip(self.ids, self._people.solid.tolist(), strict=True) if solid]

    @property
    def departed_ids(self) -> list[int]:
        """Those who have lain dead for long enough."""
        gone = self._people.dead & (self._people.down_s > _LIES_DEAD_S)
        return [self.ids[index] for index in np.flatnonzero(gone).tolist()]

    def add(self, actor_id: int, half_height_m: float, invincible: bool) -> None:
        """A standing walker, whose origin is `half_height_m` above its feet."""
        self._index[actor_id] = len(self.ids)
        self.ids.append(actor_id)
        self._people = self._people.joined(standing(1, half_height_m, invincible))

    def remove(self, actor_id: int) -> None:
        """Forgets a walker."""
        self._people = self._people.without(self._index[actor_id])
        self.ids.remove(actor_id)
        self._index = {other: index for index, other in enumerate(self.ids)}

    def control(self, actor_id: int, wanted: WalkerControl) -> None:
        """What a walker does from the next step on; if it was in a crowd it leaves it."""
        index, people = self._index[actor_id], self._people
        people.direction[index] = np.clip(wanted.direction, -_LARGEST, _LARGEST)
        people.speed[index] = np.clip(wanted.speed, -_LARGEST, _LARGEST)
        people.jump[index] = wanted.jump
        people.guided[index] = False

    def guide(self, actor_ids: list[int], feet: Floats, yaw: Floats, speed: Floats) -> None:
        """Where a client's crowd wants walkers in the next step; those who lie stay where they are.

        Args:
            actor_ids: k walkers.
            feet: (k, 3) places of their feet, metres.
            yaw: (k,) rad.
            speed: (k,) m/s, shown as the speed of their control.
        """
        people = self._people
        index = np.array([self._index[actor_id] for actor_id in actor_ids], np.intp)
        up = people.down_s[index] < 0.0
        index, feet, yaw, speed = index[up], feet[up], yaw[up], speed[up]
        people.silent_s[index[~people.guided[index]]] = SILENT_S
        people.guided[index] = people.called[index] = True
        people.place[index, :3], people.place[index, 3] = feet, yaw
        people.direction[index] = np.column_stack([np.cos(yaw), np.sin(yaw), np.zeros(len(yaw))])
        people.speed[index], people.jump[index] = np.clip(speed, -_LARGEST, _LARGEST), False

    def put(self, actor_id: int) -> None:
        """Says that a walker was put somewhere else: there it rests."""
        index, people = self._index[actor_id], self._people
        people.velocity[index] = 0.0
        people.guided[index], people.placed[index] = False, True

    def simulate(self, actor_id: int, enabled: bool) -> None:
        """Whether gravity holds a walker."""
        self._people.simulated[self._index[actor_id]] = enabled

    def strike(self, actor_id: int, impulse: Vector) -> None:
        """A blow in N s, world axes: a strong one takes a walker off its feet and throws it.

        The invincible get up again after a while; the others lie where they slid.
        """
        index, people = self._index[actor_id], self._people
        change = np.array([impulse[0], impulse[1], 0.0]) / person_mass_kg(people.half_height[index])
        down = people.down_s[index] >= 0.0
        if down or np.hypot(*change[:2]) > _KNOCKED_DOWN_MPS:
            self._fall(index)
            people.velocity[index] += change
            people.solid[index] = False

    def die(self, actor_id: int) -> None:
        """A walker falls, lies, and is then `departed_ids`."""
        index = self._index[actor_id]
        self._fall(index)
        self._people.dead[index] = True

    def _fall(self, index: int) -> None:
        people = self._people
        people.down_s[index] = max(people.down_s[index], 0.0)
        people.guided[index] = False
        people.speed[index], people.jump[index] = 0.0, False

    def advance(self, delta_s: float, table: ActorTable, ground: Ground) -> None:
        """Moves all walkers on by `delta_s`; who then touches whom is not looked at."""
        self._rows = table.rows(self.ids)
        self._before, self._velocity_before = table.pose[self._rows], table.velocity[self._rows]
        if not self.ids or delta_s <= 0.0:
            return
        pose = self._before.copy()
        move(self._people, pose, delta_s, ground)
        table.pose[self._rows], table.velocity[self._rows] = pose, self._people.velocity

    def show(self, delta_s: float, table: ActorTable) -> None:
        """Puts controls and motion into the snapshot, after everybody who touched somebody was moved."""
        if not self.ids:
            return
        people, rows = self._people, self._rows
        pose = table.pose[rows]
        if delta_s > 0.0:
            settle(people, pose, self._before, delta_s)
            table.acceleration[rows] = (people.velocity - self._velocity_before) / delta_s
            turned = np.pi - (np.pi - pose[:, 4] + self._before[:, 4]) % (2.0 * np.pi)
            table.angular_velocity[rows, 2] = turned / delta_s
        table.velocity[rows] = people.velocity
        states = np.zeros(len(rows), WALKER_STATE)
        states["direction"], states["speed"], states["jump"] = people.direction, people.speed, people.jump
        table.state[rows, : WALKER_STATE.itemsize] = states.view(np.uint8).reshape(len(rows), -1)
