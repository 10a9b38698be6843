"""Draws a road with painted lines as a calibrated camera would see it."""

from functools import cache

import numpy as np

from data.camera import Camera, CameraImage
from data.types import EgoState, Pose2, SensorFrame

FRONT = Camera.mounted("front", 640, 360, np.deg2rad(75.0), (1.3, 0.0, 1.5), np.deg2rad(2.0))
WHITE, YELLOW = (235, 235, 230), (225, 190, 60)


@cache
def ground_below_horizon(camera):
    """Index of the first pixel below the horizon and (n, 2) ground points from there on, vehicle axes."""
    columns, rows = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
    ground = camera.ground_points(np.column_stack([columns.ravel(), rows.ravel()]) + 0.5)
    road = (np.isfinite(ground).all(axis=1) & (ground[:, 0] < 150)).reshape(camera.height, camera.width)
    first = int(np.argmax(road.all(axis=1))) * camera.width
    return first, ground[first:]


class Road:
    """A road of constant curvature through the world's origin along x; `s` along it, `d` to its left.

    `crosswalk` is where it begins and ends along the road: half a metre of stripe in every metre across.
    """

    def __init__(
        self, curvature=0.0, lines=((1.75, None, WHITE), (-1.75, None, WHITE)), width=0.13, crosswalk=None
    ):
        self.curvature, self.lines, self.width, self.crosswalk = curvature, lines, width, crosswalk

    def pose(self, s, d=0.0, turned=0.0):
        """The vehicle at `s`, `d` beside the road's axis, turned against it."""
        yaw = self.curvature * s
        if self.curvature:
            x, y = np.sin(yaw) / self.curvature, (1 - np.cos(yaw)) / self.curvature
        else:
            x, y = s, 0.0
        return Pose2(float(x - d * np.sin(yaw)), float(y + d * np.cos(yaw)), float(yaw + turned))

    def s_d(self, world):
        if not self.curvature:
            return world[:, 0], world[:, 1]
        radius = 1.0 / self.curvature
        away = world - (0.0, radius)
        angle = np.arctan2(away[:, 0], -away[:, 1]) if radius > 0 else np.arctan2(away[:, 0], away[:, 1])
        s = angle * abs(radius)
        return s, (abs(radius) - np.hypot(*away.T)) * np.sign(radius)

    def draw(self, pose, camera=FRONT, seed=0, light=1.0, shadow=None, noise=4.0):
        """(h, w, 3) uint8. `shadow` darkens where it says so of (x, y) in vehicle axes."""
        first, near = ground_below_horizon(camera)
        s, d = self.s_d(pose.world_from_vehicle(near))
        blur = 0.5 * near[:, 0] / camera.intrinsics[0, 0]  # half a pixel on the ground: edges come out soft
        road = np.where((np.abs(d) > 9.0)[:, None], (70.0, 120.0, 50.0), (92.0, 92.0, 95.0))
        for offset, dash, paint in self.lines:
            cover = np.clip((0.5 * self.width - np.abs(d - offset)) / (2.0 * blur) + 0.5, 0.0, 1.0)
            if dash is not None:
                cover = cover * (s % (dash[0] + dash[1]) < dash[0])
            road += cover[:, None] * (np.array(paint) - road)
        if self.crosswalk is not None:
            striped = (d % 1.0 < 0.5) & (np.abs(d) < 6.0)
            road[striped & (s > self.crosswalk[0]) & (s < self.crosswalk[1])] = WHITE
        if shadow is not None:
            road[shadow(near[:, 0], near[:, 1])] *= 0.35
        picture = np.full((camera.height * camera.width, 3), (150.0, 180.0, 220.0), np.float32)
        picture[first:] = road
        rng = np.random.default_rng(seed)
        picture = light * picture + rng.normal(0.0, noise, camera.height * camera.width)[:, None]
        return np.clip(picture, 0, 255).astype(np.uint8).reshape(camera.height, camera.width, 3)

    def frame(self, index, pose, camera=FRONT, rate_hz=20.0, **light):
        t_ns = int(index * 1e9 / rate_hz)
        image = CameraImage(camera, t_ns, self.draw(pose, camera, seed=index, **light))
        return SensorFrame(index, t_ns, "drawing", (image,))

    def drive(self, count, speed=10.0, d=0.0, weave_m=0.0, start=0.0, **light):
        """(frame, ego, true lateral offset of the vehicle from the axis) of a drive along the road."""
        for index in range(count):
            s = start + index * speed / 20.0
            beside = d + weave_m * np.sin(0.1 * s)
            slope = weave_m * 0.1 * np.cos(0.1 * s) / (1.0 - beside * self.curvature)
            turn = -weave_m * 0.01 * np.sin(0.1 * s)
            pose = self.pose(s, beside, float(np.arctan(slope)))
            ego = EgoState(int(index * 5e7), pose, speed, yaw_rate_radps=speed * (self.curvature + turn))
            yield self.frame(index, pose, **light), ego, beside
