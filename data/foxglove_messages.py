"""Our types as Foxglove messages, for viewers: what is drawn over the picture and in the 3-D view."""

from __future__ import annotations

import foxglove.messages as fg
import numpy as np

from data.arrays import Array
from data.camera import Camera
from data.types import Lanes, ObjectClass, Objects, Plan, Pose2, SignalReading

FRAME_WORLD, FRAME_VEHICLE = "world", "vehicle"
WHITE = fg.Color(r=1.0, g=1.0, b=1.0, a=1.0)
GREEN = fg.Color(r=0.2, g=0.9, b=0.4, a=1.0)
CLASS_COLOURS = {
    ObjectClass.CAR: fg.Color(r=0.2, g=0.6, b=1.0, a=0.8),
    ObjectClass.TRUCK: fg.Color(r=0.9, g=0.6, b=0.1, a=0.8),
    ObjectClass.BUS: fg.Color(r=0.9, g=0.8, b=0.1, a=0.8),
    ObjectClass.MOTORCYCLE: fg.Color(r=0.7, g=0.3, b=0.9, a=0.8),
    ObjectClass.BICYCLE: fg.Color(r=0.9, g=0.3, b=0.7, a=0.8),
    ObjectClass.PEDESTRIAN: fg.Color(r=1.0, g=0.3, b=0.3, a=0.8),
    ObjectClass.TRAFFIC_LIGHT: fg.Color(r=0.9, g=0.9, b=0.9, a=0.8),
    ObjectClass.STOP_SIGN: fg.Color(r=0.9, g=0.1, b=0.1, a=0.8),
}
HEIGHTS_M = {ObjectClass.TRUCK: 3.2, ObjectClass.BUS: 3.1, ObjectClass.PEDESTRIAN: 1.75}
DEFAULT_HEIGHT_M = 1.5


def timestamp(t_ns: int) -> fg.Timestamp:
    """Integer nanoseconds as Foxglove's pair."""
    return fg.Timestamp(sec=t_ns // 1_000_000_000, nsec=t_ns % 1_000_000_000)


def video_message(t_ns: int, camera: Camera, packet: bytes) -> fg.CompressedVideo:
    """One H.264 packet of `camera`."""
    return fg.CompressedVideo(timestamp=timestamp(t_ns), frame_id=camera.name, data=packet, format="h264")


def calibration_message(t_ns: int, camera: Camera) -> fg.CameraCalibration:
    """Intrinsics of an undistorted pinhole camera."""
    k = camera.intrinsics
    return fg.CameraCalibration(
        timestamp=timestamp(t_ns),
        frame_id=camera.name,
        width=camera.width,
        height=camera.height,
        distortion_model="plumb_bob",
        D=[0.0] * 5,
        K=k.ravel().tolist(),
        R=np.eye(3).ravel().tolist(),
        P=np.column_stack([k, np.zeros(3)]).ravel().tolist(),
    )


def transforms_message(t_ns: int, pose: Pose2, camera: Camera) -> fg.FrameTransforms:
    """World from vehicle, and vehicle from camera."""
    world_from_vehicle = np.eye(4)
    c, s = np.cos(pose.yaw_rad), np.sin(pose.yaw_rad)
    world_from_vehicle[:2, :2] = [[c, -s], [s, c]]
    world_from_vehicle[:2, 3] = pose.x_m, pose.y_m
    return fg.FrameTransforms(
        transforms=[
            _transform(t_ns, FRAME_WORLD, FRAME_VEHICLE, world_from_vehicle),
            _transform(t_ns, FRAME_VEHICLE, camera.name, np.asarray(camera.vehicle_from_camera)),
        ]
    )


def annotations_message(
    t_ns: int, objects: Objects, lanes: Lanes, signals: tuple[SignalReading, ...]
) -> fg.ImageAnnotations:
    """Boxes with class, score and distance, lane lines, and signal states over the picture."""
    stamp = timestamp(t_ns)
    shapes, texts = [], []
    for box, score, kind, distance in zip(
        objects.boxes_px, objects.scores, objects.classes, objects.distances_m, strict=True
    ):
        label = ObjectClass(int(kind))
        shapes.append(_box(stamp, box, CLASS_COLOURS[label]))
        metres = f" {distance:.1f} m" if np.isfinite(distance) else ""
        texts.append(_text(stamp, box, f"{label.name.lower()} {score:.2f}{metres}"))
    shapes.extend(
        fg.PointsAnnotation(
            timestamp=stamp,
            type=fg.PointsAnnotationType.LineStrip,
            points=_points(line.points_px),
            outline_color=GREEN,
            thickness=2.0,
        )
        for line in lanes.lines
    )
    for signal in signals:
        shapes.append(_box(stamp, signal.box_px, WHITE))
        texts.append(_text(stamp, signal.box_px, signal.state.name.lower()))
    return fg.ImageAnnotations(timestamp=stamp, points=shapes, texts=texts)


def scene_message(t_ns: int, objects: Objects, lanes: Lanes, plan: Plan | None) -> fg.SceneUpdate:
    """Objects as cubes, the lane centre and the planned path as lines, all in vehicle axes."""
    cubes = [
        _cube(int(kind), position, extent)
        for kind, position, extent in zip(
            objects.classes, objects.positions_m, objects.extents_m, strict=True
        )
        if np.isfinite(position).all()
    ]
    lines = [_strip(lanes.centre_m, WHITE)]
    if plan is not None:
        lines.append(_strip(plan.path_m, GREEN))
    entity = fg.SceneEntity(
        timestamp=timestamp(t_ns),
        frame_id=FRAME_VEHICLE,
        id="scene",
        lifetime=fg.Duration(sec=0, nsec=200_000_000),
        cubes=cubes,
        lines=[line for line in lines if line is not None],
    )
    return fg.SceneUpdate(entities=[entity])


def _transform(t_ns: int, parent: str, child: str, matrix: Array) -> fg.FrameTransform:
    x, y, z, w = _quaternion(matrix[:3, :3])
    return fg.FrameTransform(
        timestamp=timestamp(t_ns),
        parent_frame_id=parent,
        child_frame_id=child,
        translation=fg.Vector3(x=float(matrix[0, 3]), y=float(matrix[1, 3]), z=float(matrix[2, 3])),
        rotation=fg.Quaternion(x=x, y=y, z=z, w=w),
    )


def _quaternion(rotation: Array) -> tuple[float, float, float, float]:
    """(x, y, z, w) of a rotation matrix: the eigenvector of Bar-Itzhack's symmetric matrix (2000)."""
    m = rotation
    k = np.array(
        [
            [m[0, 0] - m[1, 1] - m[2, 2], 0, 0, 0],
            [m[0, 1] + m[1, 0], m[1, 1] - m[0, 0] - m[2, 2], 0, 0],
            [m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], m[2, 2] - m[0, 0] - m[1, 1], 0],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], m[0, 0] + m[1, 1] + m[2, 2]],
        ]
    )
    vector = np.linalg.eigh(k / 3.0)[1][:, -1]
    x, y, z, w = (vector if vector[3] >= 0.0 else -vector).tolist()
    return x, y, z, w


def _points(points: Array) -> list[fg.Point2]:
    return [fg.Point2(x=float(u), y=float(v)) for u, v in points]


def _box(stamp: fg.Timestamp, box: Array | tuple[float, ...], colour: fg.Color) -> fg.PointsAnnotation:
    x1, y1, x2, y2 = (float(value) for value in box)
    corners = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])
    return fg.PointsAnnotation(
        timestamp=stamp,
        type=fg.PointsAnnotationType.LineLoop,
        points=_points(corners),
        outline_color=colour,
        thickness=2.0,
    )


def _text(stamp: fg.Timestamp, box: Array | tuple[float, ...], text: str) -> fg.TextAnnotation:
    at = fg.Point2(x=float(box[0]), y=float(box[1]) - 2.0)
    return fg.TextAnnotation(timestamp=stamp, position=at, text=text, font_size=12.0, text_color=WHITE)


def _cube(kind: int, position: Array, extent: Array) -> fg.CubePrimitive:
    label = ObjectClass(kind)
    height = HEIGHTS_M.get(label, DEFAULT_HEIGHT_M)
    length, width = (float(value) for value in extent)
    pose = fg.Pose(
        position=fg.Vector3(x=float(position[0]) + 0.5 * length, y=float(position[1]), z=0.5 * height),
        orientation=fg.Quaternion(x=0.0, y=0.0, z=0.0, w=1.0),
    )
    size = fg.Vector3(x=length, y=width, z=height)
    return fg.CubePrimitive(pose=pose, size=size, color=CLASS_COLOURS[label])


def _strip(points: Array, colour: fg.Color) -> fg.LinePrimitive | None:
    if len(points) < 2:
        return None
    return fg.LinePrimitive(
        type=fg.LinePrimitiveLineType.LineStrip,
        thickness=0.1,
        points=[fg.Point3(x=float(x), y=float(y), z=0.05) for x, y in points],
        color=colour,
    )
