"""What the renderer draws: materials, meshes, instances of meshes, the static scene, the view.

All axes are CARLA's (left-handed: x forward, y right, z up), all lengths metres.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array = NDArray[Any]


class Material(IntEnum):
    """How a face answers light. Faces of PAINT and CLOTH multiply their colour with the instance's colour."""

    MATTE = 0
    PAINT = 1
    GLASS = 2
    CHROME = 3
    RUBBER = 4
    ASPHALT = 5  # uv: metres along the lane, metres from the lane's centre (far from 0 where no tyres roll)
    MARKING = 6  # wins ties of depth: may lie in the plane of the road it is painted on
    CONCRETE = 7  # uv: metres along and across; joints every metre and a half
    GRASS = 8
    FACADE = 9  # uv: metres along the wall, metres above the building's foot; the windows are drawn from them
    FOLIAGE = 10
    BARK = 11
    SKIN = 12
    CLOTH = 13
    SIGN = 14  # retro-reflective sheet
    LAMP_HEAD = 15
    LAMP_TAIL = 16  # dim with POSITION, LOW_BEAM or FOG; bright with BRAKE
    LAMP_BRAKE = 17
    LAMP_INDICATOR_LEFT = 18
    LAMP_INDICATOR_RIGHT = 19
    LAMP_REVERSE = 20
    LAMP_STREET = 21  # glows by itself when the sun is down
    SIGNAL_RED = 22
    SIGNAL_YELLOW = 23
    SIGNAL_GREEN = 24
    SOIL = 25
    BRICK = 26  # uv as for FACADE, no windows
    ROOF = 27
    WATER = 28


# From this bit on an instance's `lamps` hold its speed in whole m/s, for the spray behind it.
SPEED_SHIFT = 24


class Lamp(IntFlag):
    """Bits of an instance's `lamps`. The lower ones are the values of `carla.VehicleLightState`."""

    NONE = 0
    POSITION = 0x1
    LOW_BEAM = 0x2
    HIGH_BEAM = 0x4
    BRAKE = 0x8
    INDICATOR_RIGHT = 0x10
    INDICATOR_LEFT = 0x20
    REVERSE = 0x40
    FOG = 0x80
    INTERIOR = 0x100
    SIGNAL_RED = 0x10000
    SIGNAL_YELLOW = 0x20000
    SIGNAL_GREEN = 0x40000
    STREET_OFF = 0x80000  # a street lamp that stays dark at night


class Tag(IntEnum):
    """Semantic tags: the values of `carla.CityObjectLabel` of CARLA 0.9.16."""

    NONE = 0
    ROADS = 1
    SIDEWALKS = 2
    BUILDINGS = 3
    WALLS = 4
    FENCES = 5
    POLES = 6
    TRAFFIC_LIGHT = 7
    TRAFFIC_SIGNS = 8
    VEGETATION = 9
    TERRAIN = 10
    SKY = 11
    PEDESTRIANS = 12
    RIDER = 13
    CAR = 14
    TRUCK = 15
    BUS = 16
    TRAIN = 17
    MOTORCYCLE = 18
    BICYCLE = 19
    STATIC = 20
    DYNAMIC = 21
    OTHER = 22
    WATER = 23
    ROAD_LINES = 24
    GROUND = 25
    BRIDGE = 26
    RAIL_TRACK = 27
    GUARD_RAIL = 28


def _checked(name: str, value: ArrayLike, shape: tuple[int | None, ...], dtype: DTypeLike) -> Array:
    """Returns `value` as a contiguous array of `dtype`; ValueError unless it has `shape` (None: any size)."""
    array = np.ascontiguousarray(value, dtype=dtype)
    fits = array.ndim == len(shape) and all(
        want in (None, got) for want, got in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name}: expected shape ({wanted}), got {array.shape}")
    return array


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles of one object in its own axes (x forward, y right, z up).

    The winding of the triangles does not matter: the renderer turns each one to the side its normals look at.
    A sheet that is seen from both sides needs both sides.

    Attributes:
        vertices: (n, 3) float32, metres.
        normals: (n, 3) float32, unit length, outwards; vertices are doubled where an edge is hard.
        triangles: (m, 3) int32, indices of vertices.
        colours: (m, 3) float32, linear albedo 0..1 (not sRGB).
        materials: (m,) uint8, `Material`.
        uvs: (n, 2) float32, metres along the surface (see `Material`); zeros where unused.
        tags: (m,) uint8, `Tag` of each triangle, or NONE (the default) to take the instance's tag.
        coarser: a cheaper mesh for small pictures of the same object, if there is one.
        coarser_below_px: the coarser mesh is drawn while the object's bounding sphere has a smaller diameter
            than this on the picture, in pixels.
    """

    vertices: Array
    normals: Array
    triangles: Array
    colours: Array
    materials: Array
    uvs: Array
    tags: Array = field(default_factory=lambda: np.zeros(0, np.uint8))
    coarser: Mesh | None = None
    coarser_below_px: float = 60.0

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "vertices", _checked("vertices", self.vertices, (None, 3), np.float32))
        count = len(self.vertices)
        put(self, "normals", _checked("normals", self.normals, (count, 3), np.float32))
        put(self, "uvs", _checked("uvs", self.uvs, (count, 2), np.float32))
        put(self, "triangles", _checked("triangles", self.triangles, (None, 3), np.int32))
        faces = len(self.triangles)
        put(self, "colours", _checked("colours", self.colours, (faces, 3), np.float32))
        put(self, "materials", _checked("materials", self.materials, (faces,), np.uint8))
        tags = self.tags if len(self.tags) else np.zeros(faces, np.uint8)
        put(self, "tags", _checked("tags", tags, (faces,), np.uint8))
        if faces and not (self.triangles.min() >= 0 and self.triangles.max() < count):
            raise ValueError(f"triangles: indices must lie in 0..{count - 1}")


@dataclass(frozen=True, eq=False)
class Instances:
    """Objects that are placed: each one a mesh of the renderer's list at a pose.

    Attributes:
        mesh: (n,) int32, index into the renderer's meshes.
        pose: (n, 4, 4) float32, world_from_object, rigid, metres.
        colour: (n, 3) float32, linear albedo of PAINT and CLOTH faces, 0..1.
        lamps: (n,) uint32, bits of `Lamp`.
        instance_id: (n,) uint32, what the instance picture shows; 0 means "no object". Several instances may
            share one (a body and its wheels).
        tag: (n,) uint8, `Tag`.
    """

    mesh: Array
    pose: Array
    colour: Array
    lamps: Array
    instance_id: Array
    tag: Array

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "mesh", _checked("mesh", self.mesh, (None,), np.int32))
        count = len(self.mesh)
        put(self, "pose", _checked("pose", self.pose, (count, 4, 4), np.float32))
        put(self, "colour", _checked("colour", self.colour, (count, 3), np.float32))
        put(self, "lamps", _checked("lamps", self.lamps, (count,), np.uint32))
        put(self, "instance_id", _checked("instance_id", self.instance_id, (count,), np.uint32))
        put(self, "tag", _checked("tag", self.tag, (count,), np.uint8))

    def __len__(self) -> int:
        return len(self.mesh)

    @classmethod
    def at_origin(cls, first_mesh: int, count: int) -> Instances:
        """The meshes first_mesh, first_mesh + 1, ... in world axes as instances without an id."""
        poses, white, nothing = np.tile(np.eye(4), (count, 1, 1)), np.ones((count, 3)), np.zeros(count)
        return cls(np.arange(first_mesh, first_mesh + count), poses, white, nothing, nothing, nothing)

    @classmethod
    def none(cls) -> Instances:
        """No instance at all."""
        return cls(np.zeros(0), np.zeros((0, 4, 4)), np.zeros((0, 3)), np.zeros(0), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, eq=False)
class StaticScene:
    """What never moves: the ground as meshes in world axes, and the things that stand on it.

    Attributes:
        chunks: meshes in world axes (roads, markings, kerbs, terrain), any size: the renderer cuts them into
            pieces for culling. Their triangles name their own `tags`. They have instance id 0.
        instances: buildings, trees, poles, signs.
    """

    chunks: tuple[Mesh, ...]
    instances: Instances

    @classmethod
    def empty(cls) -> StaticScene:
        """Only the sky."""
        return cls((), Instances.none())


@dataclass(frozen=True, eq=False)
class View:
    """A pinhole camera somewhere in the world. Pixel centres lie at integer + 0.5.

    Attributes:
        world_from_camera: (4, 4) float64, metres; camera axes are CARLA's (x forward, y right, z up).
        width: pixels.
        height: pixels.
        horizontal_fov_deg: full horizontal opening angle, degrees.
        hidden_instance: objects with this instance id are left out (a body the camera sits in); 0: none.
    """

    world_from_camera: Array
    width: int
    height: int
    horizontal_fov_deg: float
    hidden_instance: int = 0

    def __post_init__(self) -> None:
        pose = _checked("world_from_camera", self.world_from_camera, (4, 4), np.float64)
        object.__setattr__(self, "world_from_camera", pose)
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"view: size must be positive, got {self.width}x{self.height}")
        if not 1.0 <= self.horizontal_fov_deg <= 175.0:
            raise ValueError(f"view: horizontal_fov_deg must lie in 1..175, got {self.horizontal_fov_deg}")

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return float(0.5 * self.width / np.tan(np.radians(0.5 * self.horizontal_fov_deg)))


@dataclass(frozen=True, eq=False)
class Rendered:
    """One picture and the truth about it.

    Attributes:
        bgra: (h, w, 4) uint8, sRGB-coded, blue first.
        depth_m: (h, w) float32, metres along the optical axis at the pixel's centre; `FAR_M` in the sky.
        instance_ids: (h, w) uint32, 0 where no object is.
        tags: (h, w) uint8, `Tag`.
    """

    bgra: Array
    depth_m: Array
    instance_ids: Array
    tags: Array


# CARLA's depth camera ends here.
FAR_M = 1000.0
