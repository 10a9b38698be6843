"""Plane geometry: angles, polylines, oriented boxes, box overlap."""

from __future__ import annotations

import numpy as np

from data.arrays import Array


def wrap_angle(angle_rad: float) -> float:
    """The same angle in [-pi, pi)."""
    return float((angle_rad + np.pi) % (2.0 * np.pi) - np.pi)


def arc_lengths(points: Array) -> Array:
    """(k,) distance along a (k, d) polyline from its first point, in its unit."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def resample(points: Array, spacing: float) -> Array:
    """A (k, d) polyline anew with points every `spacing` (the last gap is what remains)."""
    s = arc_lengths(points)
    wanted = np.append(np.arange(0.0, s[-1], spacing), s[-1])
    return np.column_stack([np.interp(wanted, s, points[:, axis]) for axis in range(points.shape[1])])


def project_to_polyline(point: Array, points: Array) -> tuple[float, float, float]:
    """Nearest point of a (k, 2) polyline.

    Returns:
        s: distance along the polyline, d: signed lateral offset (positive to the left of its direction),
        heading: of the nearest segment, rad.
    """
    start, step = points[:-1], np.diff(points, axis=0)
    length2 = np.maximum((step**2).sum(axis=1), 1e-12)
    along = np.clip(((point - start) * step).sum(axis=1) / length2, 0.0, 1.0)
    gaps = point - (start + along[:, None] * step)
    nearest = int(np.argmin((gaps**2).sum(axis=1)))
    lengths = np.sqrt(length2)
    s = float(lengths[:nearest].sum() + along[nearest] * lengths[nearest])
    across = step[nearest, 0] * gaps[nearest, 1] - step[nearest, 1] * gaps[nearest, 0]
    distance = float(np.hypot(*gaps[nearest]))
    heading = float(np.arctan2(step[nearest, 1], step[nearest, 0]))
    return s, distance if across >= 0.0 else -distance, heading


def curvatures(points: Array) -> Array:
    """(k,) signed curvature 1/m of a (k, 2) polyline, positive to the left; 0 at both ends of short ones."""
    if len(points) < 3:
        return np.zeros(len(points))
    step = np.diff(points, axis=0)
    heading = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    length = np.linalg.norm(step, axis=1)
    inner = np.diff(heading) / np.maximum(0.5 * (length[1:] + length[:-1]), 1e-6)
    return np.concatenate([[inner[0]], inner, [inner[-1]]])


def box_corners(x: float, y: float, yaw_rad: float, length: float, width: float) -> Array:
    """(4, 2) corners, counter-clockwise, of a box with its centre at (x, y)."""
    c, s = np.cos(yaw_rad), np.sin(yaw_rad)
    half = 0.5 * np.array([[length, -width], [length, width], [-length, width], [-length, -width]])
    corners: Array = half @ np.array([[c, s], [-s, c]]) + (x, y)
    return corners


def boxes_overlap(a: Array, b: Array) -> bool:
    """Whether two convex quadrilaterals (4, 2) share a point (separating axis theorem)."""
    for corners in (a, b):
        edges = np.roll(corners, -1, axis=0) - corners
        for normal in np.column_stack([-edges[:, 1], edges[:, 0]]):
            pa, pb = a @ normal, b @ normal
            if pa.max() < pb.min() or pb.max() < pa.min():
                return False
    return True


def pairwise_iou(a: Array, b: Array) -> Array:
    """(n, m) intersection over union of (n, 4) and (m, 4) xyxy boxes."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inner = np.clip(high - low, 0.0, None).prod(axis=2)
    area_a = np.clip(a[:, 2:] - a[:, :2], 0.0, None).prod(axis=1)
    area_b = np.clip(b[:, 2:] - b[:, :2], 0.0, None).prod(axis=1)
    iou: Array = inner / np.maximum(area_a[:, None] + area_b[None] - inner, 1e-9)
    return iou
