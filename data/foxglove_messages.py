"""Our types as Foxglove messages, for viewers: what is drawn over the picture and in the 3-D view."""

from __future__ import annotations

import numpy as np
from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration
from foxglove_schemas_protobuf.Color_pb2 import Color
from foxglove_schemas_protobuf.CompressedVideo_pb2 import CompressedVideo
from foxglove_schemas_protobuf.CubePrimitive_pb2 import CubePrimitive
from foxglove_schemas_protobuf.FrameTransform_pb2 import FrameTransform
from foxglove_schemas_protobuf.FrameTransforms_pb2 import FrameTransforms
from foxglove_schemas_protobuf.ImageAnnotations_pb2 import ImageAnnotations
from foxglove_schemas_protobuf.LinePrimitive_pb2 import LinePrimitive
from foxglove_schemas_protobuf.Point2_pb2 import Point2
from foxglove_schemas_protobuf.Point3_pb2 import Point3
from foxglove_schemas_protobuf.PointsAnnotation_pb2 import PointsAnnotation
from foxglove_schemas_protobuf.Pose_pb2 import Pose
from foxglove_schemas_protobuf.Quaternion_pb2 import Quaternion
from foxglove_schemas_protobuf.SceneEntity_pb2 import SceneEntity
from foxglove_schemas_protobuf.SceneUpdate_pb2 import SceneUpdate
from foxglove_schemas_protobuf.TextAnnotation_pb2 import TextAnnotation
from foxglove_schemas_protobuf.Vector3_pb2 import Vector3
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from data.arrays import Array
from data.camera import Camera
from data.types import Lanes, ObjectClass, Objects, Plan, Pose2, SignalReading

FRAME_WORLD, FRAME_VEHICLE = "world", "vehicle"
WHITE = Color(r=1.0, g=1.0, b=1.0, a=1.0)
GREEN = Color(r=0.2, g=0.9, b=0.4, a=1.0)
CLASS_COLOURS = {
    ObjectClass.CAR: Color(r=0.2, g=0.6, b=1.0, a=0.8),
    ObjectClass.TRUCK: Color(r=0.9, g=0.6, b=0.1, a=0.8),
    ObjectClass.BUS: Color(r=0.9, g=0.8, b=0.1, a=0.8),
    ObjectClass.MOTORCYCLE: Color(r=0.7, g=0.3, b=0.9, a=0.8),
    ObjectClass.BICYCLE: Color(r=0.9, g=0.3, b=0.7, a=0.8),
    ObjectClass.PEDESTRIAN: Color(r=1.0, g=0.3, b=0.3, a=0.8),
    ObjectClass.TRAFFIC_LIGHT: Color(r=0.9, g=0.9, b=0.9, a=0.8),
    ObjectClass.STOP_SIGN: Color(r=0.9, g=0.1, b=0.1, a=0.8),
}
HEIGHTS_M = {ObjectClass.TRUCK: 3.2, ObjectClass.BUS: 3.1, ObjectClass.PEDESTRIAN: 1.75}
DEFAULT_HEIGHT_M = 1.5


def timestamp(t_ns: int) -> Timestamp:
    """Integer nanoseconds as whole seconds and the rest."""
    return Timestamp(seconds=t_ns // 1_000_000_000, nanos=t_ns % 1_000_000_000)


def video_message(t_ns: int, camera: Camera, packet: bytes) -> CompressedVideo:
    """One H.264 packet of `camera`."""
    return CompressedVideo(timestamp=timestamp(t_ns), frame_id=camera.name, data=packet, format="h264")


def calibration_message(t_ns: int, camera: Camera) -> CameraCalibration:
    """Intrinsics of an undistorted pinhole camera."""
    k = camera.intrinsics
    return CameraCalibration(
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


def transforms_message(t_ns: int, pose: Pose2, camera: Camera) -> FrameTransforms:
    """World from vehicle, and vehicle from camera."""
    world_from_vehicle = np.eye(4)
    c, s = np.cos(pose.yaw_rad), np.sin(pose.yaw_rad)
    world_from_vehicle[:2, :2] = [[c, -s], [s, c]]
    world_from_vehicle[:2, 3] = pose.x_m, pose.y_m
    return FrameTransforms(
        transforms=[
            _transform(t_ns, FRAME_WORLD, FRAME_VEHICLE, world_from_vehicle),
            _transform(t_ns, FRAME_VEHICLE, camera.name, np.asarray(camera.vehicle_from_camera)),
        ]
    )


def annotations_message(
    t_ns: int, objects: Objects, lanes: Lanes, signals: tuple[SignalReading, ...]
) -> ImageAnnotations:
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
        PointsAnnotation(
            timestamp=stamp,
            type=PointsAnnotation.LINE_STRIP,
            points=_points(line.points_px),
            outline_color=GREEN,
            thickness=2.0,
        )
        for line in lanes.lines
    )
    for signal in signals:
        shapes.append(_box(stamp, signal.box_px, WHITE))
        texts.append(_text(stamp, signal.box_px, signal.state.name.lower()))
    return ImageAnnotations(timestamp=stamp, points=shapes, texts=texts)


def scene_message(t_ns: int, objects: Objects, lanes: Lanes, plan: Plan | None) -> SceneUpdate:
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
    entity = SceneEntity(
        timestamp=timestamp(t_ns),
        frame_id=FRAME_VEHICLE,
        id="scene",
        lifetime=Duration(nanos=200_000_000),
        cubes=cubes,
        lines=[line for line in lines if line is not None],
    )
    return SceneUpdate(entities=[entity])


def _transform(t_ns: int, parent: str, child: str, matrix: Array) -> FrameTransform:
    x, y, z, w = _quaternion(matrix[:3, :3])
    return FrameTransform(
        timestamp=timestamp(t_ns),
        parent_frame_id=parent,
        child_frame_id=child,
        translation=Vector3(x=float(matrix[0, 3]), y=float(matrix[1, 3]), z=float(matrix[2, 3])),
        rotation=Quaternion(x=x, y=y, z=z, w=w),
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


def _points(points: Array) -> list[Point2]:
    return [Point2(x=float(u), y=float(v)) for u, v in points]


def _box(stamp: Timestamp, box: Array | tuple[float, ...], colour: Color) -> PointsAnnotation:
    x1, y1, x2, y2 = (float(value) for value in box)
    corners = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])
    return PointsAnnotation(
        timestamp=stamp,
        type=PointsAnnotation.LINE_LOOP,
        points=_points(corners),
        outline_color=colour,
        thickness=2.0,
    )


def _text(stamp: Timestamp, box: Array | tuple[float, ...], text: str) -> TextAnnotation:
    at = Point2(x=float(box[0]), y=float(box[1]) - 2.0)
    return TextAnnotation(timestamp=stamp, position=at, text=text, font_size=12.0, text_color=WHITE)


def _cube(kind: int, position: Array, extent: Array) -> CubePrimitive:
    label = ObjectClass(kind)
    height = HEIGHTS_M.get(label, DEFAULT_HEIGHT_M)
    length, width = (float(value) for value in extent)
    pose = Pose(
        position=Vector3(x=float(position[0]) + 0.5 * length, y=float(position[1]), z=0.5 * height),
        orientation=Quaternion(x=0.0, y=0.0, z=0.0, w=1.0),
    )
    size = Vector3(x=length, y=width, z=height)
    return CubePrimitive(pose=pose, size=size, color=CLASS_COLOURS[label])


def _strip(points: Array, colour: Color) -> LinePrimitive | None:
    if len(points) < 2:
        return None
    return LinePrimitive(
        type=LinePrimitive.LINE_STRIP,
        thickness=0.1,
        points=[Point3(x=float(x), y=float(y), z=0.05) for x, y in points],
        color=colour,
    )
