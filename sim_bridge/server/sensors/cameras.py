"""Cameras: what a blueprint's attributes ask for, and how a rendered view becomes its pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim_bridge.server.renderer.scene import Rendered, Tag
from sim_bridge.server.sensors.coding import code_depth, code_instances, code_tags
from sim_bridge.server.sensors.development import Development, development_of
from sim_bridge.server.sensors.lens import Lens, lens_of
from sim_bridge.server.sensors.limits import bounded
from sim_bridge.server.wire.actors import Description
from sim_bridge.server.wire.sensors import SensorType
from sim_bridge.server.wire.values import WireError

CAMERA_TYPES = {
    "sensor.camera.rgb": SensorType.RGB_CAMERA,
    "sensor.camera.depth": SensorType.DEPTH_CAMERA,
    "sensor.camera.semantic_segmentation": SensorType.SEMANTIC_CAMERA,
    "sensor.camera.instance_segmentation": SensorType.INSTANCE_CAMERA,
    "sensor.camera.normals": SensorType.NORMALS_CAMERA,
    "sensor.camera.optical_flow": SensorType.OPTICAL_FLOW,
    "sensor.camera.dvs": SensorType.DVS,
    "sensor.camera.cosmos_visualization": SensorType.COSMOS_CONTROL,
}

_MAX_SIDE_PX = 4096
_MAX_PIXELS = 3840 * 2160
_MIN_FOV_DEG, _MAX_FOV_DEG = 1.0, 175.0

Pixels = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class CameraOptics:
    """Size in pixels and full horizontal opening angle in degrees."""

    width: int
    height: int
    fov_deg: float

    @property
    def focal_px(self) -> float:
        """Pixels."""
        return float(0.5 * self.width / np.tan(np.radians(0.5 * self.fov_deg)))


@dataclass(frozen=True)
class CameraSettings:
    """All that a camera's attributes ask for.

    Attributes:
        kind: what it sends.
        optics: its size and opening angle; cameras alike in these share one rendering.
        lens: how its lens bends the picture, or None.
        development: how colours are developed.
    """

    kind: SensorType
    optics: CameraOptics
    lens: Lens | None
    development: Development


def camera_optics(description: Description) -> CameraOptics:
    """The size and angle that a camera's attributes ask for.

    Raises:
        WireError: a size or angle that no picture can have, or one too large to serve.
    """
    width, height = int(description.get("image_size_x")), int(description.get("image_size_y"))
    if not (1 <= width <= _MAX_SIDE_PX and 1 <= height <= _MAX_SIDE_PX and width * height <= _MAX_PIXELS):
        raise WireError(
            f"{description.type_id}: image_size {width}x{height} must be within 1x1 and 3840x2160"
        )
    return CameraOptics(width, height, bounded(description, "fov", _MIN_FOV_DEG, _MAX_FOV_DEG))


def camera_settings(description: Description) -> CameraSettings:
    """What a camera's attributes ask for.

    Raises:
        WireError: a value that no camera can have, or a picture too large to serve.
    """
    return CameraSettings(
        CAMERA_TYPES[description.type_id],
        camera_optics(description),
        lens_of(description),
        development_of(description),
    )


def coded(kind: SensorType, rendered: Rendered) -> Words:
    """(h, w) uint32 0xAARRGGBB: a code of depth, tag or instance in the place of colours.

    Depth: 24 bits from 0 to 1000 m along the optical axis, red lowest. Semantic: the tag in red.
    Instance: the tag in red, the low byte of the id in green, the next in blue. Cosmos: CityScapes' colours
    of the tags.
    """
    words = np.empty(rendered.tags.shape, np.uint32)
    if kind is SensorType.DEPTH_CAMERA:
        code_depth(rendered.depth_m.ravel(), words.ravel())
    elif kind is SensorType.SEMANTIC_CAMERA:
        code_tags(rendered.tags.ravel(), _TAGS_IN_RED, words.ravel())
    elif kind is SensorType.COSMOS_CONTROL:
        code_tags(rendered.tags.ravel(), _TAG_COLOURS, words.ravel())
    else:
        code_instances(rendered.tags.ravel(), rendered.instance_ids.ravel(), words.ravel())
    return words


def as_pixels(words: Words) -> Pixels:
    """(h, w, 4) uint8 BGRA of (h, w) words; the same memory on the machines that CARLA's client runs on."""
    return words.astype("<u4", copy=False).view(np.uint8).reshape(*words.shape, 4)


# What CARLA's client paints tags with (the CityScapes data set's colours, and its own for its own tags).
_PALETTE = {
    Tag.NONE: (0, 0, 0),
    Tag.ROADS: (128, 64, 128),
    Tag.SIDEWALKS: (244, 35, 232),
    Tag.BUILDINGS: (70, 70, 70),
    Tag.WALLS: (102, 102, 156),
    Tag.FENCES: (190, 153, 153),
    Tag.POLES: (153, 153, 153),
    Tag.TRAFFIC_LIGHT: (250, 170, 30),
    Tag.TRAFFIC_SIGNS: (220, 220, 0),
    Tag.VEGETATION: (107, 142, 35),
    Tag.TERRAIN: (152, 251, 152),
    Tag.SKY: (70, 130, 180),
    Tag.PEDESTRIANS: (220, 20, 60),
    Tag.RIDER: (255, 0, 0),
    Tag.CAR: (0, 0, 142),
    Tag.TRUCK: (0, 0, 70),
    Tag.BUS: (0, 60, 100),
    Tag.TRAIN: (0, 80, 100),
    Tag.MOTORCYCLE: (0, 0, 230),
    Tag.BICYCLE: (119, 11, 32),
    Tag.STATIC: (110, 190, 160),
    Tag.DYNAMIC: (170, 120, 50),
    Tag.OTHER: (55, 90, 80),
    Tag.WATER: (45, 60, 150),
    Tag.ROAD_LINES: (157, 234, 50),
    Tag.GROUND: (81, 0, 81),
    Tag.BRIDGE: (150, 100, 100),
    Tag.RAIL_TRACK: (230, 150, 140),
    Tag.GUARD_RAIL: (180, 165, 180),
}
_OPAQUE = 0xFF000000
_TAGS_IN_RED = np.array([_OPAQUE | tag << 16 for tag in range(256)], np.uint32)
_TAG_COLOURS = np.full(256, _OPAQUE, np.uint32)
for _tag, (_red, _green, _blue) in _PALETTE.items():
    _TAG_COLOURS[_tag] = _OPAQUE | _red << 16 | _green << 8 | _blue
