"""Navigation meshes in the binary form that CARLA's clients read: a set of one tile of Recast's Detour.

The set begins with a header and the parameters of the mesh, then come the tiles, each with its reference and
size. Detour's axes are x, up, z: CARLA's y is its z. Layouts and limits are those of Detour's navigation data
version 7 with references of 32 bits (DetourNavMesh.h); little-endian.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from sim_bridge.server.maps.navigation.convex import MAX_CORNERS, ConvexMesh, Ground

# What one tile can hold: neighbours are numbers of 15 bits, vertices of 16.
MAX_POLYGONS, MAX_VERTICES = 0x7FFE, 0xFFFE

_SET_MAGIC, _SET_VERSION = 0x4D534554, 1  # "MSET"
_TILE_MAGIC, _TILE_VERSION = 0x444E4156, 7  # "DNAV"
# The walker that the client's crowd consists of, metres; what it climbs is more than a kerb.
_HEIGHT_M, _RADIUS_M, _CLIMB_M = 1.8, 0.3, 0.5
# The client's polygon flags, by `Ground`.
_FLAGS = np.array([0x01, 0x02, 0x04, 0x08], np.uint16)
assert [int(ground) for ground in Ground] == [1, 2, 3]
_MARGIN_M = 4.0
_BOX_STEP_M = 0.1
_MAX_STEPS = 60_000
_FIRST_SALT = 1

_SET_HEADER = struct.Struct("<3i5f2i")
_TILE_ENTRY = struct.Struct("<Ii")
_TILE_HEADER = struct.Struct("<5iI9i10f")
_POLYGON = np.dtype(
    [
        ("first_link", "<u4"),
        ("vertices", "<u2", (MAX_CORNERS,)),
        ("neighbours", "<u2", (MAX_CORNERS,)),
        ("flags", "<u2"),
        ("count", "u1"),
        ("area", "u1"),
    ]
)
_DETAIL = np.dtype(
    [("vertices", "<u4"), ("triangles", "<u4"), ("vertex_count", "u1"), ("count", "u1"), ("", "<u2")]
)
_LINK_BYTES = 12
_BOX = np.dtype([("low", "<u2", (3,)), ("high", "<u2", (3,)), ("index", "<i4")])


def packed_set(mesh: ConvexMesh) -> bytes:
    """The mesh as a file for CARLA's clients.

    Raises:
        ValueError: it has no polygon, or more polygons or vertices than one tile can hold.
    """
    count = len(mesh.corners)
    if not 0 < count <= MAX_POLYGONS or len(mesh.vertices) > MAX_VERTICES:
        raise ValueError(
            f"a navigation mesh of {count} polygons and {len(mesh.vertices)} vertices: "
            f"expected 1 to {MAX_POLYGONS} and at most {MAX_VERTICES}"
        )
    vertices = mesh.vertices[:, (0, 2, 1)].astype("<f4")
    low, high = vertices.min(axis=0) - _MARGIN_M, vertices.max(axis=0) + _MARGIN_M
    size = high - low
    step = max(_BOX_STEP_M, float(size.max()) / _MAX_STEPS)
    details, triangles = _details(mesh)
    boxes = _box_tree(*_quantised(mesh, vertices, low, step))
    links = int((mesh.neighbours >= 0).sum())
    header = _TILE_HEADER.pack(
        *(_TILE_MAGIC, _TILE_VERSION, 0, 0, 0, 0, count, len(vertices), links + 1),
        *(count, 0, len(triangles), len(boxes), 0, count),
        *(_HEIGHT_M, _RADIUS_M, _CLIMB_M, *low, *high, 1.0 / step),
    )
    body = (vertices, _polygons(mesh), bytes(_LINK_BYTES * (links + 1)), details, triangles, boxes)
    tile = header + b"".join(part if isinstance(part, bytes) else part.tobytes() for part in body)
    poly_bits = (count - 1).bit_length()
    start = _SET_HEADER.pack(_SET_MAGIC, _SET_VERSION, 1, *low, size[0], size[2], 1, 1 << poly_bits)
    return start + _TILE_ENTRY.pack(_FIRST_SALT << poly_bits, len(tile)) + tile


def _polygons(mesh: ConvexMesh) -> npt.NDArray[np.void]:
    """The polygons; a neighbour is stored as its number plus one, 0 is none."""
    packed = np.zeros(len(mesh.corners), _POLYGON)
    packed["vertices"] = np.maximum(mesh.corners, 0)
    packed["neighbours"] = mesh.neighbours + 1
    packed["flags"] = _FLAGS[mesh.ground]
    packed["count"] = (mesh.corners >= 0).sum(axis=1)
    packed["area"] = mesh.ground
    return packed


def _details(mesh: ConvexMesh) -> tuple[npt.NDArray[np.void], npt.NDArray[np.uint8]]:
    """The triangles of the polygons, (t, 4) corners and two bits for each side that lies on the border."""
    details = np.zeros(len(mesh.corners), _DETAIL)
    details["count"] = [len(triangles) for triangles in mesh.triangles]
    details["triangles"] = np.cumsum(details["count"]) - details["count"]
    joined = np.concatenate(mesh.triangles)
    corners = np.repeat((mesh.corners >= 0).sum(axis=1), details["count"])
    ahead = (joined[:, (1, 2, 0)] - joined) % corners[:, None]
    on_border = (ahead == 1) | (ahead == corners[:, None] - 1)
    flags = (on_border << np.array([0, 2, 4])).sum(axis=1)
    return details, np.column_stack([joined, flags]).astype(np.uint8)


def _quantised(
    mesh: ConvexMesh, vertices: npt.NDArray[np.float32], low: npt.NDArray[np.float32], step: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(n, 3) lowest and highest corners of the polygons' boxes, in steps from the tile's corner."""
    padded = np.where(mesh.corners >= 0, mesh.corners, mesh.corners[:, :1])
    places = (vertices[padded] - low) / step
    return np.floor(places.min(axis=1)).astype(np.int64), np.ceil(places.max(axis=1)).astype(np.int64)


def _box_tree(low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]) -> npt.NDArray[np.void]:
    """Boxes of halves, quarters, ... down to single polygons, each before the boxes that it contains.

    A leaf holds its polygon, any other box minus the number of boxes to go on if it is missed.
    """
    tree = np.zeros(2 * len(low) - 1, _BOX)
    pending = [(0, np.arange(len(low)))]
    while pending:
        place, members = pending.pop()
        bottom, top = low[members].min(axis=0), high[members].max(axis=0)
        tree["low"][place], tree["high"][place] = bottom, top
        if len(members) == 1:
            tree["index"][place] = members[0]
            continue
        tree["index"][place] = 1 - 2 * len(members)
        axis = int(np.argmax(top - bottom))
        members = members[np.argsort(low[members, axis], kind="stable")]
        half = len(members) // 2
        pending += [(place + 2 * half, members[half:]), (place + 1, members[:half])]
    return tree
