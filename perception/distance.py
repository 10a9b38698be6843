"""How far away a box is: its bottom edge on the ground plane and its height against its class's, fused.

Both readings are ratios of a known height to an angle. The ground plane knows the camera's height exactly but
suffers from pitch and from hidden wheels; the class height does not feel pitch but varies from one car to
another. They are averaged as logarithms of the depth, each weighed by its inverse variance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.camera import Camera
from data.types import ObjectClass


@dataclass(frozen=True)
class ClassPrior:
    """What is known of a class before looking.

    Attributes:
        length_m: of the footprint.
        width_m: of the footprint.
        height_m: of the box that a detector draws.
        height_sigma: relative spread of that height.
        overhang_m: from the outermost face to the tyres on which its box stands, seen along its length.
        on_ground: whether the box's bottom edge touches the ground.
    """

    length_m: float
    width_m: float
    height_m: float
    height_sigma: float
    overhang_m: float = 0.0
    on_ground: bool = True


# Typical road users; heights of two-wheelers include the rider.
PRIORS: Mapping[ObjectClass, ClassPrior] = {
    ObjectClass.CAR: ClassPrior(4.5, 1.85, 1.52, 0.12, overhang_m=0.6),
    ObjectClass.TRUCK: ClassPrior(8.0, 2.5, 3.1, 0.25, overhang_m=0.8),
    ObjectClass.BUS: ClassPrior(11.0, 2.55, 3.1, 0.12, overhang_m=1.2),
    ObjectClass.MOTORCYCLE: ClassPrior(2.1, 0.8, 1.5, 0.2),
    ObjectClass.BICYCLE: ClassPrior(1.8, 0.6, 1.65, 0.2),
    ObjectClass.PEDESTRIAN: ClassPrior(0.5, 0.5, 1.72, 0.12),
    ObjectClass.TRAFFIC_LIGHT: ClassPrior(0.3, 0.35, 1.0, 0.25, on_ground=False),
    ObjectClass.STOP_SIGN: ClassPrior(0.1, 0.75, 0.75, 0.15, on_ground=False),
}

EDGE_SIGMA_PX = 1.0  # of a detector's box edge, at 640 pixels across
EDGE_SIGMA_OF_HEIGHT = 0.02
PITCH_SIGMA_RAD = np.deg2rad(0.25)  # of the body on its springs and of the road
HIDDEN_FACTOR = 5.0  # how much less an edge is worth where another box covers it
CUT_SIGMA = 0.35  # relative, of a box that leaves the picture at the bottom
NEAREST_DEPTH_M = 0.5
ALONGSIDE_M = 10.0  # what the picture's side cuts off nearer than this drives beside us; farther, it crosses


@dataclass(frozen=True, eq=False)
class Measurements:
    """Where boxes stand.

    Attributes:
        positions_m: (n, 2) float64 vehicle axes, middle of the face turned to the camera; `inf` where
            nothing could be measured.
        covariances_m2: (n, 2, 2) float64, of what changes from one frame to the next. The error that stays
            (pitch, a car higher than its class) no filter can average out, and it hardly moves a velocity.
    """

    positions_m: Array
    covariances_m2: Array


@dataclass(frozen=True, eq=False)
class Depths:
    """Readings of (n,) depths along the optical axis, m, `inf` where there is none.

    Attributes:
        depth_m: (n,) float64.
        sigma: (n,) standard deviation of the logarithm, all errors; `inf` where there is no reading.
        jitter: (n,) the part of it that is new in every frame.
    """

    depth_m: Array
    sigma: Array
    jitter: Array


def measure(boxes_px: Array, classes: Array, camera: Camera) -> Measurements:
    """Measures (n, 4) xyxy boxes of (n,) classes in an image of `camera`, which looks ahead."""
    boxes = np.asarray(boxes_px, np.float64).reshape(-1, 4)
    priors = [PRIORS[ObjectClass(int(c))] for c in classes]
    fused = _fused_depths(boxes, priors, camera)
    if not len(boxes):
        return Measurements(np.zeros((0, 2)), np.zeros((0, 2, 2)))
    aspect = (boxes[:, 2] - boxes[:, 0]) / np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
    # The overhang counts along the length: fully for a face (about as wide as high), not for a flank.
    lengthwise = np.clip((2.4 - aspect) / 0.8, 0.0, 1.0)
    depth = np.maximum(fused.depth_m - lengthwise * [p.overhang_m for p in priors], NEAREST_DEPTH_M)
    bearing = np.array([_bearing(*row, camera) for row in zip(boxes, depth, priors, strict=True)])
    return _in_vehicle_axes(depth, fused.jitter, bearing, camera)


def _fused_depths(boxes: Array, priors: list[ClassPrior], camera: Camera) -> Depths:
    """Both readings, averaged as logarithms."""
    readings = (_ground_depths(boxes, priors, camera), _height_depths(boxes, priors, camera))
    information = np.array([reading.sigma for reading in readings]) ** -2.0
    total = np.maximum(information.sum(axis=0), 1e-12)
    weights = information / total
    logs = np.log(np.array([np.where(np.isfinite(r.depth_m), r.depth_m, 1.0) for r in readings]))
    jitters = np.array([np.where(np.isfinite(r.jitter), r.jitter, 0.0) for r in readings])
    measured = total > 1e-9
    depth = np.where(measured, np.exp((weights * logs).sum(axis=0)), np.inf)
    jitter = np.sqrt(((weights * jitters) ** 2).sum(axis=0))
    return Depths(depth, np.where(measured, total**-0.5, np.inf), jitter)


def _edge_sigma(boxes: Array, camera: Camera) -> Array:
    """(n,) standard deviation of a horizontal box edge, pixels."""
    pixel = EDGE_SIGMA_PX * max(camera.width / 640.0, 1.0)
    sigma: Array = np.hypot(pixel, EDGE_SIGMA_OF_HEIGHT * (boxes[:, 3] - boxes[:, 1]))
    return sigma


def _ground_depths(boxes: Array, priors: list[ClassPrior], camera: Camera) -> Depths:
    """Where each box's bottom edge meets the ground."""
    middles = np.column_stack([0.5 * (boxes[:, 0] + boxes[:, 2]), boxes[:, 3]])
    feet = camera.ground_points(middles)
    met = np.isfinite(feet).all(axis=1)
    depth = np.full(len(boxes), np.inf)
    on_plane = np.column_stack([feet[met], np.zeros(met.sum())])
    depth[met] = camera.project(on_plane)[1]
    depth[depth < NEAREST_DEPTH_M] = np.inf
    # Depth is focal * height / rows below the horizon, so its relative error grows with the depth.
    focal, height = camera.intrinsics[1, 1], max(camera.vehicle_from_camera[2, 3], 0.1)
    edge = _edge_sigma(boxes, camera)
    rows = np.array([np.hypot(edge, focal * PITCH_SIGMA_RAD), edge])
    rows = np.where(_hidden_below(boxes), HIDDEN_FACTOR * rows, rows)
    sigma = rows * np.where(np.isfinite(depth), depth, 1.0) / (focal * height)
    sigma = np.where(boxes[:, 3] >= camera.height - 1.5, np.maximum(sigma, CUT_SIGMA), sigma)
    usable = np.isfinite(depth) & np.array([p.on_ground for p in priors], bool)
    return Depths(depth, *np.where(usable, sigma, np.inf))


def _height_depths(boxes: Array, priors: list[ClassPrior], camera: Camera) -> Depths:
    """Where the class's height fills each box."""
    heights = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
    depth = camera.intrinsics[1, 1] * np.array([p.height_m for p in priors]) / heights
    seen = 2.0**0.5 * _edge_sigma(boxes, camera) / heights
    sigma = np.array([np.hypot(seen, [p.height_sigma for p in priors]), seen])
    cut = (boxes[:, 1] <= 1.5) | (boxes[:, 3] >= camera.height - 1.5)
    sigma = np.where(cut, np.maximum(HIDDEN_FACTOR * sigma, CUT_SIGMA), sigma)
    return Depths(depth, *np.where(_hidden_below(boxes), HIDDEN_FACTOR * sigma, sigma))


def _hidden_below(boxes: Array) -> Array:
    """(n,) whether the middle of a box's bottom edge lies inside a box that stands nearer."""
    middle, bottom = 0.5 * (boxes[:, 0] + boxes[:, 2]), boxes[:, 3]
    beside = (middle[:, None] > boxes[None, :, 0]) & (middle[:, None] < boxes[None, :, 2])
    behind = (bottom[:, None] > boxes[None, :, 1]) & (bottom[:, None] + 2.0 < boxes[None, :, 3])
    return np.asarray((beside & behind).any(axis=1))


def _bearing(box: Array, depth: float, prior: ClassPrior, camera: Camera) -> float:
    """Tangent of the horizontal angle, positive to the right, to the middle of the near face.

    A vehicle in another lane that drives along ours shows its flank too: its face then takes the outer part
    of the box. Whether that is what we see is decided by where the far end of the flank should appear.
    """
    focal, centre = camera.intrinsics[0, 0], camera.intrinsics[0, 2]
    left, right = (box[0] - centre) / focal, (box[2] - centre) / focal
    middle = 0.5 * (left + right)
    outer, inner = (left, right) if abs(left) > abs(right) else (right, left)
    side = np.sign(outer)
    cut = box[0] <= 1.5 or box[2] >= camera.width - 1.5
    far = depth + prior.length_m
    if cut and depth < ALONGSIDE_M:
        flank = inner * far * side
        return float(side * (flank + 0.5 * prior.width_m) / depth) if flank > 0.0 else float(middle)
    if cut:
        return float(middle)
    flank = outer * depth * side - prior.width_m
    expected = side * flank / far
    if flank > 0.0 and abs(expected - inner) < 0.3 * (right - left):
        return float(outer - side * 0.5 * prior.width_m / depth)
    return float(middle)


def _in_vehicle_axes(depth: Array, jitter: Array, bearing: Array, camera: Camera) -> Measurements:
    """Turns depths and bearings into ground positions and covariances, vehicle axes."""
    measured = np.isfinite(depth)
    safe = np.where(measured, depth, 1.0)
    forward = camera.vehicle_from_camera[:2, 2] / np.linalg.norm(camera.vehicle_from_camera[:2, 2])
    across = np.array([forward[1], -forward[0]])  # to the right of the view
    offset = safe[:, None] * (forward + bearing[:, None] * across)
    positions = np.where(measured[:, None], camera.vehicle_from_camera[:2, 3] + offset, np.inf)
    ray = offset / np.linalg.norm(offset, axis=1, keepdims=True)
    normal = np.column_stack([-ray[:, 1], ray[:, 0]])
    along = (safe * np.where(measured, jitter, 1.0)) ** 2
    sideways = 0.15**2 + (safe * 2.0 / camera.intrinsics[0, 0]) ** 2
    covariances = along[:, None, None] * (ray[:, :, None] * ray[:, None, :])
    covariances = covariances + sideways[:, None, None] * (normal[:, :, None] * normal[:, None, :])
    return Measurements(positions, covariances)
