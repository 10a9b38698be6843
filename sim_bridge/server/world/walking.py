"""How people move: in a crowd, by a control, off their feet; always over the ground.

Everything works on all n walkers at once. Poses are (n, 6) in `Pose` order, metres and radians, of the middle
of the body; they and the arrays of `People` are changed in place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from sim_bridge.server.transforms import Floats
from sim_bridge.server.world.ground import Ground

# Faster than any runner: a walker is no projectile.
MAX_SPEED_MPS = 12.0
STANDING_MPS = 0.05
# A crowd that has said nothing for this long has left its walkers.
SILENT_S = 0.5

# Upwards as CARLA's walkers jump; to get going; to turn.
_JUMP_MPS = 5.0
_ACCELERATION_MPS2 = 20.0
_TURN_RADPS = 2.0 * math.pi
_GRAVITY_MPS2 = 9.81
# A body slides over asphalt.
_SLIDING_MPS2 = 6.0
_FALLING_OVER_S = 0.5
GETS_UP_S = 5.0
_LYING_M = 0.14
# A kerb takes a moment to step on or off; a hill is followed at any speed.
_STEP_MPS = 1.2
_STEEPEST = 0.7
_STEP_DOWN_M = 0.3
# Who is put this little above the ground was meant to stand on it.
_PUT_DOWN_M = 0.5
# What is put farther than this below the ground is hidden there and does not come up.
_HIDDEN_M = 2.0

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class People:
    """What is known of n walkers besides their pose.

    Attributes:
        direction: (n, 3) float64, of their control as it came.
        speed: (n,) float64 m/s, of their control.
        jump: (n,) bool, of their control.
        half_height: (n,) float64 m, from the feet to the middle.
        velocity: (n, 3) float64 m/s, world.
        walked_m: (n,) float64, length of the way on their feet.
        guided: (n,) bool, whether a crowd places them.
        place: (n, 4) float64, where it wants them: feet x, y, z in metres, yaw in rad.
        called: (n,) bool, whether it has said so since the last step.
        silent_s: (n,) float64, time since it last did.
        simulated: (n,) bool, whether gravity holds them.
        solid: (n,) bool, whether they can be run into.
        invincible: (n,) bool, whether they get up again when they were thrown down.
        placed: (n,) bool, whether a client has just put them somewhere.
        down_s: (n,) float64, how long ago they fell; negative for those who stand.
        dead: (n,) bool, whether they fell for good.
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
    placed: Booleans
    down_s: Floats
    dead: Booleans

    def joined(self, other: People) -> People:
        """These and others behind them."""
        return People(*(np.concatenate([getattr(self, f), getattr(other, f)]) for f in _FIELDS))

    def without(self, index: int) -> People:
        """All but one."""
        return People(*(np.delete(getattr(self, f), index, axis=0) for f in _FIELDS))


_FIELDS = tuple(field.name for field in fields(People))


def standing(count: int, half_height_m: float = 0.0, invincible: bool = True) -> People:
    """People who stand and were told nothing."""
    return People(
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
        placed=np.ones(count, np.bool_),
        down_s=np.full(count, -1.0),
        dead=np.zeros(count, np.bool_),
    )


def move(people: People, pose: Floats, delta_s: float, ground: Ground) -> None:
    """Lets `delta_s` pass; who then touches whom is not looked at."""
    down = people.down_s >= 0.0
    _follow(people, pose, delta_s)
    _walk(people, pose, ~(people.guided | down), delta_s)
    if down.any():
        _fall_over(people, pose, down, delta_s)
        down &= ~_get_up(people, pose)
    _keep_on_ground(people, pose, down, delta_s, ground)


def settle(people: People, pose: Floats, before: Floats, delta_s: float) -> None:
    """Takes the way that was really gone since `before`: whoever walks against a wall stands."""
    way = pose[:, :2] - before[:, :2]
    length = np.hypot(way[:, 0], way[:, 1])
    walked = length <= MAX_SPEED_MPS * delta_s
    on_feet = walked & (people.down_s < 0.0)
    free = on_feet & ~people.guided
    people.velocity[free, :2] = way[free] / delta_s
    people.walked_m[on_feet] += length[on_feet]


def _follow(people: People, pose: Floats, delta_s: float) -> None:
    """Those in a crowd: they are where it says, as fast as they came there."""
    people.silent_s[:] += delta_s
    index = np.flatnonzero(people.guided & people.called)
    people.called[:] = False
    velocity = (people.place[index, :2] - pose[index, :2]) / people.silent_s[index, None]
    # Farther than anybody walks is no walk.
    velocity[np.hypot(velocity[:, 0], velocity[:, 1]) > MAX_SPEED_MPS] = 0.0
    people.velocity[index, :2] = velocity
    pose[index, :2], pose[index, 4] = people.place[index, :2], people.place[index, 3]
    people.silent_s[index] = 0.0
    people.velocity[people.guided & (people.silent_s > SILENT_S)] = 0.0


def _walk(people: People, pose: Floats, free: Booleans, delta_s: float) -> None:
    """Those with a control: they turn to where they go and gather speed."""
    level = people.direction[:, :2]
    length = np.hypot(level[:, 0], level[:, 1])
    speed = np.where(length > 1e-9, np.clip(people.speed, 0.0, MAX_SPEED_MPS), 0.0)
    missing = level * (speed / np.maximum(length, 1e-9))[:, None] - people.velocity[:, :2]
    gap = np.hypot(missing[:, 0], missing[:, 1])
    share = np.minimum(_ACCELERATION_MPS2 * delta_s / np.maximum(gap, 1e-9), 1.0)
    people.velocity[free, :2] += (missing * share[:, None])[free]
    pose[free, :2] += people.velocity[free, :2] * delta_s
    turning = free & (speed > 0.0)
    turn = np.pi - (np.pi - np.arctan2(level[:, 1], level[:, 0]) + pose[:, 4]) % (2.0 * np.pi)
    pose[turning, 4] += np.clip(turn, -_TURN_RADPS * delta_s, _TURN_RADPS * delta_s)[turning]
    pose[free, 3], pose[free, 5] = 0.0, 0.0


def _fall_over(people: People, pose: Floats, down: Booleans, delta_s: float) -> None:
    """Those who fell: onto their backs, head towards where the blow came from, and they slide to a stop."""
    speed = np.hypot(people.velocity[:, 0], people.velocity[:, 1])
    heading = np.arctan2(people.velocity[:, 1], people.velocity[:, 0])
    fresh = down & (people.down_s == 0.0) & (speed > STANDING_MPS)
    pose[fresh, 4] = heading[fresh]
    people.down_s[down] += delta_s
    pose[down, 3] = 0.5 * np.pi * np.minimum(people.down_s[down] / _FALLING_OVER_S, 1.0)
    slower = np.maximum(speed - _SLIDING_MPS2 * delta_s, 0.0) / np.maximum(speed, 1e-9)
    people.velocity[down, :2] *= slower[down, None]
    pose[down, :2] += people.velocity[down, :2] * delta_s
    # What lies is driven over.
    people.solid[down & (people.down_s > _FALLING_OVER_S)] = False


def _get_up(people: People, pose: Floats) -> Booleans:
    """(n,) who stands up again, where they lie."""
    up = people.invincible & ~people.dead & (people.down_s > GETS_UP_S)
    people.down_s[up], people.solid[up], people.velocity[up] = -1.0, True, 0.0
    pose[up, 3] = 0.0
    return up


def _keep_on_ground(people: People, pose: Floats, down: Booleans, delta_s: float, ground: Ground) -> None:
    """Feet on the ground, or on the way there; those who fall over sink to their backs."""
    guided, velocity = people.guided, people.velocity
    lying = _LYING_M + (people.half_height - _LYING_M) * np.cos(pose[:, 3])
    at = pose[:, :3].copy()
    at[guided, 2] = (people.place[:, 2] + people.half_height)[guided]
    floor = ground.below(at)[0] + np.where(down, lying, people.half_height)
    above = pose[:, 2] - floor
    held = guided | down | (people.simulated & (above > -_HIDDEN_M))
    put_down = people.placed & (above <= _PUT_DOWN_M)
    people.placed[:] = False
    near = put_down | (above <= np.where(velocity[:, 2] > 0.0, 0.0, _STEP_DOWN_M))
    leaps = held & near & people.jump & ~(guided | down)
    walks = held & (near | guided | down) & ~leaps
    flies = held & ~walks
    velocity[leaps, 2] = _JUMP_MPS
    velocity[flies & ~leaps, 2] -= _GRAVITY_MPS2 * delta_s
    velocity[~flies, 2] = 0.0
    step = (_STEP_MPS + _STEEPEST * np.hypot(velocity[:, 0], velocity[:, 1])) * delta_s
    stepped = pose[:, 2] - np.clip(above, -step, step)
    on_floor = np.where((np.abs(above) > _STEP_DOWN_M) | down | put_down, floor, stepped)
    pose[walks, 2] = on_floor[walks]
    pose[flies, 2] += velocity[flies, 2] * delta_s
    landed = flies & (pose[:, 2] < floor)
    pose[landed, 2] = floor[landed]
    velocity[landed, 2] = 0.0
