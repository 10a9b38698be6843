"""The calibrated pinhole camera and the image it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from data.arrays import Array, checked

# Optical axes (x right, y down, z forward) seen from vehicle axes (x forward, y left, z up).
VEHICLE_FROM_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera without distortion, mounted on the vehicle.

    Attributes:
        name: which camera it is, `front` for the one that drives.
        width: image width in pixels.
        height: image height in pixels.
        intrinsics: (3, 3) float64, pixels; pixel centres lie at integer + 0.5.
        vehicle_from_camera: (4, 4) float64, metres; from optical axes (x right, y down, z forward) to
            vehicle axes (ISO 8855: x forward, y left, z up; origin on the ground below the rear axle).
    """

    name: str
    width: int
    height: int
    intrinsics: Array
    vehicle_from_camera: Array

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"camera {self.name}: size must be positive, got {self.width}x{self.height}")
        object.__setattr__(self, "intrinsics", checked("intrinsics", self.intrinsics, (3, 3), np.float64))
        pose = checked("vehicle_from_camera", self.vehicle_from_camera, (4, 4), np.float64)
        object.__setattr__(self, "vehicle_from_camera", pose)

    @classmethod
    def mounted(
        cls,
        name: str,
        width: int,
        height: int,
        horizontal_fov_rad: float,
        position_m: tuple[float, float, float],
        pitch_rad: float = 0.0,
        yaw_rad: float = 0.0,
    ) -> Camera:
        """A camera at `position_m` in vehicle axes; positive pitch looks down, positive yaw looks left."""
        focal = 0.5 * width / np.tan(0.5 * horizontal_fov_rad)
        intrinsics = np.array([[focal, 0.0, 0.5 * width], [0.0, focal, 0.5 * height], [0.0, 0.0, 1.0]])
        cp, sp, cy, sy = np.cos(pitch_rad), np.sin(pitch_rad), np.cos(yaw_rad), np.sin(yaw_rad)
        yaw = np.array([[cy, -sy, 0.0], [sy, cy, 0.0], [0.0, 0.0, 1.0]])
        pitch = np.array([[cp, 0.0, sp], [0.0, 1.0, 0.0], [-sp, 0.0, cp]])
        pose = np.eye(4)
        pose[:3, :3] = yaw @ pitch @ VEHICLE_FROM_OPTICAL
        pose[:3, 3] = position_m
        return cls(name, width, height, intrinsics, pose)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, exact to the last bit, for `from_dict`."""
        return {
            "name": self.name,
            "width": self.width,
            "height": self.height,
            "intrinsics": self.intrinsics.tolist(),
            "vehicle_from_camera": self.vehicle_from_camera.tolist(),
        }

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Camera:
        """The inverse of `as_dict`."""
        return cls(**value)

    @property
    def horizontal_fov_rad(self) -> float:
        """Full horizontal opening angle, rad."""
        return float(2.0 * np.arctan(0.5 * self.width / self.intrinsics[0, 0]))

    def project(self, points_vehicle: Array) -> tuple[Array, Array]:
        """Projects (n, 3) points in vehicle axes to pixels.

        Returns:
            (n, 2) float64 pixels (u right, v down) and (n,) float64 depth along the optical axis in metres;
            pixels of points with depth <= 0 are meaningless.
        """
        points = np.asarray(points_vehicle, dtype=np.float64).reshape(-1, 3)
        rotation, translation = self.vehicle_from_camera[:3, :3], self.vehicle_from_camera[:3, 3]
        optical = (points - translation) @ rotation
        depth = optical[:, 2]
        safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)
        pixels = optical[:, :2] / safe[:, None] * self.intrinsics[[0, 1], [0, 1]] + self.intrinsics[:2, 2]
        return pixels, depth

    def ground_points(self, pixels: Array, ground_z_m: float = 0.0) -> Array:
        """Intersects the rays of (n, 2) pixels with the plane z = `ground_z_m` of the vehicle axes.

        Returns:
            (n, 2) float64 x, y in vehicle axes, metres; `inf` where the ray does not meet the plane ahead.
        """
        pixels = np.asarray(pixels, dtype=np.float64).reshape(-1, 2)
        focal, centre = self.intrinsics[[0, 1], [0, 1]], self.intrinsics[:2, 2]
        rays = np.column_stack([(pixels - centre) / focal, np.ones(len(pixels))])
        rays = rays @ self.vehicle_from_camera[:3, :3].T
        origin = self.vehicle_from_camera[:3, 3]
        drop = ground_z_m - origin[2]
        meets = rays[:, 2] * np.sign(drop) > 1e-9
        scale = np.where(meets, drop / np.where(meets, rays[:, 2], 1.0), np.inf)
        with np.errstate(invalid="ignore"):
            return np.where(meets[:, None], origin[:2] + scale[:, None] * rays[:, :2], np.inf)


@dataclass(frozen=True, eq=False)
class CameraImage:
    """One picture.

    Attributes:
        camera: the camera that took it.
        t_ns: time of exposure, simulation or recording time in nanoseconds.
        rgb: (height, width, 3) uint8, red first, top row first.
    """

    camera: Camera
    t_ns: int
    rgb: Array

    def __post_init__(self) -> None:
        shape = (self.camera.height, self.camera.width, 3)
        object.__setattr__(self, "rgb", checked(f"image of {self.camera.name}", self.rgb, shape, np.uint8))
