"""Cameras: what a blueprint's attributes ask for, and how a rendered view becomes its pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim_bridge.server.renderer.scene import FAR_M, Rendered
from sim_bridge.server.wire.actors import Description
from sim_bridge.server.wire.sensors import SensorType
from sim_bridge.server.wire.values import WireError

CAMERA_TYPES = {
    "sensor.camera.rgb": SensorType.RGB_CAMERA,
    "sensor.camera.depth": SensorType.DEPTH_CAMERA,
    "sensor.camera.semantic_segmentation": SensorType.SEMANTIC_CAMERA,
    "sensor.camera.instance_segmentation": SensorType.INSTANCE_CAMERA,
}

_MAX_SIDE_PX = 4096
_MAX_PIXELS = 3840 * 2160
_MIN_FOV_DEG, _MAX_FOV_DEG = 1.0, 175.0
_DEPTH_STEPS = (1 << 24) - 1
_OPAQUE = np.uint32(0xFF000000)

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class CameraOptics:
    """Size in pixels and full horizontal opening angle in degrees."""

    width: int
    height: int
    fov_deg: float


def camera_optics(description: Description) -> CameraOptics:
    """The optics that a camera's attributes ask for.

    Raises:
        WireError: a size or angle that no picture can have, or one too large to serve.
    """
    width, height = int(description.get("image_size_x")), int(description.get("image_size_y"))
    fov = float(description.get("fov"))
    if not (1 <= width <= _MAX_SIDE_PX and 1 <= height <= _MAX_SIDE_PX and width * height <= _MAX_PIXELS):
        raise WireError(
            f"{description.type_id}: image_size {width}x{height} must be within 1x1 and 3840x2160"
        )
    if not _MIN_FOV_DEG <= fov <= _MAX_FOV_DEG:
        raise WireError(f"{description.type_id}: fov {fov:g} must be within 1 and 175 degrees")
    return CameraOptics(width, height, fov)


def picture(kind: SensorType, rendered: Rendered) -> Pixels:
    """(h, w, 4) uint8 BGRA, contiguous: the colours, or a code of depth, tag or instance in their place.

    Depth: 24 bits from 0 to 1000 m along the optical axis, red lowest. Semantic: the tag in red.
    Instance: the tag in red, the low byte of the id in green, the next in blue.
    """
    if kind is SensorType.RGB_CAMERA:
        return np.ascontiguousarray(rendered.bgra)
    tags = rendered.tags.astype(np.uint32) << np.uint32(16)
    if kind is SensorType.SEMANTIC_CAMERA:
        return _bytes(tags)
    if kind is SensorType.INSTANCE_CAMERA:
        ids = rendered.instance_ids
        return _bytes(
            tags | (ids & np.uint32(0xFF)) << np.uint32(8) | (ids >> np.uint32(8)) & np.uint32(0xFF)
        )
    share = np.minimum(rendered.depth_m.astype(np.float64) * (1.0 / FAR_M), 1.0)
    code = np.rint(share * _DEPTH_STEPS).astype(np.uint32)
    low, middle = (code & np.uint32(0xFF)) << np.uint32(16), code & np.uint32(0xFF00)
    return _bytes(low | middle | code >> np.uint32(16))


def _bytes(coded: npt.NDArray[np.uint32]) -> Pixels:
    """Little-endian words 0x00RRGGBB as opaque BGRA bytes."""
    words = np.ascontiguousarray(coded | _OPAQUE).astype("<u4", copy=False)
    return words.view(np.uint8).reshape(*words.shape, 4)
