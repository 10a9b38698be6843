"""People: they walk where their control sends them, or stand where a client's own crowd puts them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from sim_bridge.server.transforms import Floats
from sim_bridge.server.wire.geometry import Vector
from sim_bridge.server.wire.snapshots import WALKER_STATE
from sim_bridge.server.wire.vehicles import WalkerControl
from sim_bridge.server.world.actors import ActorTable
from sim_bridge.server.world.ground import Ground

# Faster than any runner: a walker is no projectile.
MAX_SPEED_MPS = 12.0
WALKER_KG = 75.0

# Upwards as CARLA's walkers jump; to get going; to turn.
_JUMP_MPS = 5.0
_ACCELERATION_MPS2 = 20.0
_TURN_RADPS = 2.0 * math.pi
_GRAVITY_MPS2 = 9.81
# A body slides over asphalt.
_SLIDING_MPS2 = 6.0
# A blow that changes the speed by more than this takes a person off its feet.
_KNOCKED_DOWN_MPS = 2.0
_FALLING_OVER_S = 0.5
_LYING_M = 0.14
# A kerb takes a moment to step on or off; a hill is followed at any speed.
_STEP_MPS = 1.2
_STEEPEST = 0.7
_STEP_DOWN_M = 0.3
# What is put farther than this below the ground is hidden there and does not come up.
_HIDDEN_M = 2.0
# A crowd that has said nothing for this long has left its walkers.
_SILENT_S = 0.5
_STANDING_MPS = 0.05

Booleans = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class _People:
    """What is known of n walkers; the arrays are changed in place.

    Attributes:
        direction: (n, 3) float64, of their control as it came.
        speed: (n,) float64 m/s, of their control.
        jump: (n,) bool, of their control.
        half_height: (n,) float64 m, from the feet to the origin.
        velocity: (n, 3) float64 m/s, world.
        walked_m: (n,) float64, length of the way on their feet.
        guided: (n,) bool, whether a crowd places them.
        place: (n, 4) float64, where it wants them: feet x, y, z in metres, yaw in rad.
        called: (n,) bool, whether it has said so since the last step.
        silent_s: (n,) float64, time since it last did.
        simulated: (n,) bool, whether gravity holds them.
        solid: (n,) bool, whether they can be run into.
        invincible: (n,) bool, whether nothing takes them off their feet.
        down_s: (n,) float64, how long ago they were knocked down; negative for those who stand.
    """

    direction: Floats
    speed: Floats
    jump: Booleans
    half_height: Floats
    velocity: Floats
    walked_m: Floats
    guided: Booleans
    place: Floats
    called: Booleans
    silent_s: Floats
    simulated: Booleans
    solid: Booleans
    invincible: Booleans
    down_s: Floats


def _standing(count: int, half_height_m: float = 0.0, invincible: bool = True) -> _People:
    return _People(
        direction=np.tile([1.0, 0.0, 0.0], (count, 1)),
        speed=np.zeros(count),
        jump=np.zeros(count, np.bool_),
        half_height=np.full(count, half_height_m),
        velocity=np.zeros((count, 3)),
        walked_m=np.zeros(count),
        guided=np.zeros(count, np.bool_),
        place=np.zeros((count, 4)),
        called=np.zeros(count, np.bool_),
        silent_s=np.zeros(count),
        simulated=np.ones(count, np.bool_),
        solid=np.ones(count, np.bool_),
        invincible=np.full(count, invincible),
        down_s=np.full(count, -1.0),
    )


class Walkers:
    """The people of an episode, in the order of their birth.

    Attributes:
        ids: their actor ids.
    """

    def __init__(self) -> None:
        self.ids: list[int] = []
        self._index: dict[int, int] = {}
        self._people = _standing(0)
        self._rows: Indices = np.zeros(0, np.intp)
        self._before: Floats = np.zeros((0, 6))

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
        return (np.hypot(velocity[:, 0], velocity[:, 1]) > _STANDING_MPS) & (self._people.down_s < 0.0)

    @property
    def solid_ids(self) -> list[int]:
        """Those who can be run into."""
        return [i for i, solid in zip(self.ids, self._people.solid.tolist(), strict=True) if solid]

    def add(self, actor_id: int, half_height_m: float, invincible: bool) -> None:
        """A standing walker, whose origin is `half_height_m` above its feet."""
        self._index[actor_id] = len(self.ids)
        self.ids.append(actor_id)
        old, new = self._people, _standing(1, half_height_m, invincible)
        self._people = _People(
            *(np.concatenate([getattr(old, f.name), getattr(new, f.name)]) for f in fields(_People))
        )

    def remove(self, actor_id: int) -> None:
        """Forgets a walker."""
        gone = self._index[actor_id]
        self.ids.remove(actor_id)
        self._index = {other: index for index, other in enumerate(self.ids)}
        self._people = _People(
            *(np.delete(getattr(self._people, f.name), gone, axis=0) for f in fields(_People))
        )

    def control(self, actor_id: int, wanted: WalkerControl) -> None:
        """What a walker does from the next step on; if it was in a crowd it leaves it."""
        index, people = self._index[actor_id], self._people
        people.direction[index], people.speed[index] = wanted.direction, wanted.speed
        people.jump[index] = wanted.jump
        people.guided[index] = False

    def guide(self, actor_ids: list[int], feet: Floats, yaw: Floats, speed: Floats) -> None:
        """Where a client's crowd wants walkers in the next step.

        Args:
            actor_ids: k walkers.
            feet: (k, 3) places of their feet, metres.
            yaw: (k,) rad.
            speed: (k,) m/s, shown as the speed of their control.
        """
        people = self._people
        index = np.array([self._index[actor_id] for actor_id in actor_ids], np.intp)
        newly = index[~people.guided[index]]
        people.silent_s[newly] = _SILENT_S
        people.guided[index] = people.called[index] = True
        people.place[index, :3], people.place[index, 3] = feet, yaw
        people.direction[index] = np.column_stack([np.cos(yaw), np.sin(yaw), np.zeros(len(index))])
        people.speed[index], people.jump[index] = speed, False

    def put(self, actor_id: int) -> None:
        """Says that a walker was put somewhere else: there it rests."""
        index, people = self._index[actor_id], self._people
        people.velocity[index] = 0.0
        people.guided[index] = False

    def simulate(self, actor_id: int, enabled: bool) -> None:
        """Whether gravity holds a walker."""
        self._people.simulated[self._index[actor_id]] = enabled

    def collide(self, actor_id: int, enabled: bool) -> None:
        """Whether a walker can be run into."""
        self._people.solid[self._index[actor_id]] = enabled

    def strike(self, actor_id: int, impulse: Vector) -> None:
        """A blow in N s, world axes: a strong one takes a walker off its feet."""
        index, people = self._index[actor_id], self._people
        change = np.array(impulse) / WALKER_KG
        strong = float(np.hypot(change[0], change[1])) > _KNOCKED_DOWN_MPS
        if strong and not people.invincible[index]:
            self.knock_down(actor_id, (float(change[0]), float(change[1]), 0.0))

    def knock_down(self, actor_id: int, velocity: Vector = (0.0, 0.0, 0.0)) -> None:
        """A walker falls, slides on with a velocity in m/s, and lies there for good."""
        index, people = self._index[actor_id], self._people
        if people.down_s[index] < 0.0:
            people.down_s[index] = 0.0
            people.velocity[index] = people.velocity[index] * (1.0, 1.0, 0.0) + velocity
            people.solid[index] = people.guided[index] = False

    def advance(self, delta_s: float, table: ActorTable, ground: Ground) -> None:
        """Moves all walkers on by `delta_s`; who then touches whom is not looked at."""
        self._rows = table.rows(self.ids)
        pose = table.pose[self._rows]
        self._before = pose.copy()
        if not self.ids or delta_s <= 0.0:
            return
        people = self._people
        down = people.down_s >= 0.0
        self._follow(pose, delta_s)
        free = ~(people.guided | down)
        self._walk(pose, free, delta_s)
        if down.any():
            self._lie(pose, down, delta_s)
        self._stand(pose, down, delta_s, ground)
        table.pose[self._rows] = pose
        table.velocity[self._rows] = people.velocity

    def _follow(self, pose: Floats, delta_s: float) -> None:
        """Those in a crowd: they are where it says, as fast as they came there."""
        people = self._people
        people.silent_s[:] += delta_s
        index = np.flatnonzero(people.guided & people.called)
        people.called[:] = False
        way = people.place[index, :2] - pose[index, :2]
        velocity = way / people.silent_s[index, None]
        # Farther than anybody walks is no walk.
        velocity[np.hypot(velocity[:, 0], velocity[:, 1]) > MAX_SPEED_MPS] = 0.0
        people.velocity[index, :2] = velocity
        pose[index, :2], pose[index, 4] = people.place[index, :2], people.place[index, 3]
        people.silent_s[index] = 0.0
        people.velocity[people.guided & (people.silent_s > _SILENT_S)] = 0.0

    def _walk(self, pose: Floats, free: Booleans, delta_s: float) -> None:
        """Those with a control: they turn to where they go and gather speed."""
        people = self._people
        level = people.direction[:, :2]
        length = np.hypot(level[:, 0], level[:, 1])
        speed = np.where(length > 1e-9, np.clip(people.speed, 0.0, MAX_SPEED_MPS), 0.0)
        wanted = level * (speed / np.maximum(length, 1e-9))[:, None]
        missing = wanted - people.velocity[:, :2]
        gap = np.hypot(missing[:, 0], missing[:, 1])
        share = np.minimum(_ACCELERATION_MPS2 * delta_s / np.maximum(gap, 1e-9), 1.0)
        people.velocity[free, :2] += (missing * share[:, None])[free]
        pose[free, :2] += people.velocity[free, :2] * delta_s
        turning = free & (speed > 0.0)
        turn = np.arctan2(level[:, 1], level[:, 0]) - pose[:, 4]
        turn = np.pi - (np.pi - turn) % (2.0 * np.pi)
        pose[turning, 4] += np.clip(turn, -_TURN_RADPS * delta_s, _TURN_RADPS * delta_s)[turning]
        pose[free, 3], pose[free, 5] = 0.0, 0.0

    def _lie(self, pose: Floats, down: Booleans, delta_s: float) -> None:
        """Those who were knocked down: they fall on their backs, away from the blow, and slide to a stop."""
        people = self._people
        fresh = down & (people.down_s == 0.0)
        speed = np.hypot(people.velocity[:, 0], people.velocity[:, 1])
        heading = np.arctan2(people.velocity[:, 1], people.velocity[:, 0])
        pose[:, 4] = np.where(fresh & (speed > _STANDING_MPS), heading, pose[:, 4])
        people.down_s[down] += delta_s
        pose[down, 3] = 0.5 * np.pi * np.minimum(people.down_s[down] / _FALLING_OVER_S, 1.0)
        slower = np.maximum(speed - _SLIDING_MPS2 * delta_s, 0.0) / np.maximum(speed, 1e-9)
        people.velocity[down, :2] *= slower[down, None]
        pose[down, :2] += people.velocity[down, :2] * delta_s

    def _stand(self, pose: Floats, down: Booleans, delta_s: float, ground: Ground) -> None:
        """Feet on the ground, or on the way there."""
        people = self._people
        clearance = np.where(
            down,
            _LYING_M + (people.half_height - _LYING_M) * np.cos(pose[:, 3]),
            people.half_height,
        )
        at = pose[:, :3].copy()
        at[people.guided, 2] = people.place[people.guided, 2] + people.half_height[people.guided]
        floor = ground.below(at)[0] + clearance
        above = pose[:, 2] - floor
        held = people.guided | people.simulated
        held &= people.guided | (above > -_HIDDEN_M)
        landed = above <= np.where(people.velocity[:, 2] > 0.0, 0.0, _STEP_DOWN_M)
        leaps = held & landed & people.jump & ~people.guided & ~down
        walks = held & (landed | people.guided) & ~leaps
        falls = held & ~walks & ~leaps
        people.velocity[leaps, 2] = _JUMP_MPS
        people.velocity[falls, 2] -= _GRAVITY_MPS2 * delta_s
        people.velocity[~(leaps | falls), 2] = 0.0
        pose[:, 2] += people.velocity[:, 2] * delta_s
        speed = np.hypot(people.velocity[:, 0], people.velocity[:, 1])
        step = (_STEP_MPS + _STEEPEST * speed) * delta_s
        far = np.abs(above) > _STEP_DOWN_M
        moved = np.where(far | down, floor, pose[:, 2] + np.clip(-above, -step, step))
        pose[walks, 2] = moved[walks]
        under = held & (pose[:, 2] < floor) & ~walks
        pose[under, 2] = floor[under]
        people.velocity[under, 2] = 0.0

    def show(self, delta_s: float, table: ActorTable) -> None:
        """Puts controls and motion into the snapshot, after everybody who touched somebody was moved."""
        if not self.ids:
            return
        people, rows, pose = self._people, self._rows, table.pose[self._rows]
        if delta_s > 0.0:
            self._settle(pose, delta_s)
            table.acceleration[rows] = (people.velocity - table.velocity[rows]) / delta_s
            turned = np.pi - (np.pi - pose[:, 4] + self._before[:, 4]) % (2.0 * np.pi)
            table.angular_velocity[rows, 2] = turned / delta_s
        table.velocity[rows] = people.velocity
        states = np.zeros(len(rows), WALKER_STATE)
        states["direction"], states["speed"], states["jump"] = people.direction, people.speed, people.jump
        table.state[rows, : WALKER_STATE.itemsize] = states.view(np.uint8).reshape(len(rows), -1)

    def _settle(self, pose: Floats, delta_s: float) -> None:
        """Takes the way that was really gone: whoever walks against a wall stands."""
        people = self._people
        way = pose[:, :2] - self._before[:, :2]
        length = np.hypot(way[:, 0], way[:, 1])
        gone = way / delta_s
        walked = length <= MAX_SPEED_MPS * delta_s
        free = walked & ~people.guided
        people.velocity[free, :2] = gone[free]
        people.walked_m[walked & (people.down_s < 0.0)] += length[walked & (people.down_s < 0.0)]
