"""Where vehicles are and what their drivers ask for, as structs of arrays. Axes: x forward, y right, z up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class VehicleControls:
    """What is asked of n vehicles. Values out of range are clipped where they are used.

    Attributes:
        throttle, brake: (n,) float64 in 0..1.
        steer: (n,) float64 in -1..1, positive to the right.
        hand_brake, reverse, manual_gear_shift: (n,) bool.
        gear: (n,) int64, used with `manual_gear_shift`: -1 reverse, 0 neutral, 1 first.
    """

    throttle: Floats
    steer: Floats
    brake: Floats
    hand_brake: Booleans
    reverse: Booleans
    manual_gear_shift: Booleans
    gear: Integers

    @classmethod
    def idle(cls, n: int) -> VehicleControls:
        """Nothing asked of n vehicles: they roll."""
        zero, no = np.zeros(n), np.zeros(n, dtype=np.bool_)
        return cls(zero, zero.copy(), zero.copy(), no, no.copy(), no.copy(), np.zeros(n, dtype=np.int64))


@dataclass(frozen=True)
class VehicleStates:
    """Motion of n vehicles. The origin of a vehicle is on the ground below the centre of its box.

    Attributes:
        position: (n, 3) float64 m, world.
        yaw, pitch, roll: (n,) float64 rad; positive: to the right, nose up, right side down (as CARLA).
        velocity: (n, 3) float64 m/s of the origin, world.
        angular_velocity: (n, 3) float64 rad/s, world, v = w x r by components: w = (0, 0, 1) turns right.
        acceleration: (n, 3) float64 m/s2 of the origin, world, mean over the last step.
        longitudinal_acceleration: (n,) float64 m/s2 at the end of the last step; moves load between axles.
        steer_angle: (n,) float64 rad, mean of the front road wheels, positive to the right.
        throttle, brake: (n,) float64 in 0..1 as they act (pedals take time).
        gear: (n,) int64: -1 reverse, 0 neutral, 1 first.
        engine_rpm: (n,) float64 1/min.
        shift_time: (n,) float64 s since the last change of gear.
        load: (n,) float64, share of the weight that the wheels carry; 0 in the air, 1 at rest.
    """

    position: Floats
    yaw: Floats
    pitch: Floats
    roll: Floats
    velocity: Floats
    angular_velocity: Floats
    acceleration: Floats
    longitudinal_acceleration: Floats
    steer_angle: Floats
    throttle: Floats
    brake: Floats
    gear: Integers
    engine_rpm: Floats
    shift_time: Floats
    load: Floats

    @classmethod
    def at_rest(cls, position: npt.ArrayLike, yaw: npt.ArrayLike) -> VehicleStates:
        """Vehicles standing level at (n, 3) positions with (n,) yaw angles."""
        place = np.array(position, dtype=np.float64).reshape(-1, 3)
        n = len(place)
        turned = np.array(np.broadcast_to(np.asarray(yaw, dtype=np.float64), (n,)))

        def zeros(*shape: int) -> Floats:
            return np.zeros((n, *shape))

        return cls(
            position=place, yaw=turned, pitch=zeros(), roll=zeros(), velocity=zeros(3),
            angular_velocity=zeros(3), acceleration=zeros(3), longitudinal_acceleration=zeros(),
            steer_angle=zeros(), throttle=zeros(), brake=zeros(), gear=np.ones(n, dtype=np.int64),
            engine_rpm=zeros(), shift_time=np.full(n, 10.0),
            load=np.ones(n),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.yaw)


Struct = TypeVar("Struct", VehicleStates, VehicleControls)


def take(struct: Struct, rows: npt.NDArray[Any]) -> Struct:
    """Copies of the chosen vehicles, by index or mask, in that order."""
    return type(struct)(**{field.name: getattr(struct, field.name)[rows] for field in fields(struct)})


def join(structs: Sequence[Struct]) -> Struct:
    """All vehicles of at least one struct, one after another."""
    kind = type(structs[0])
    return kind(**{f.name: np.concatenate([getattr(s, f.name) for s in structs]) for f in fields(kind)})
