"""From visible triangles to colours."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.cull import DrawList
from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.renderer.pack import Faces
from sim_bridge.server.renderer.raster import SKY, rasterise
from sim_bridge.server.renderer.scene import FAR_M, Array, Tag
from sim_bridge.server.renderer.setup import Triangles
from sim_bridge.server.renderer.tiles import TILE

TAG_SKY = int(Tag.SKY)


class Picture(NamedTuple):
    """What the kernels write: `Rendered`'s arrays."""

    bgra: Array
    depth_m: Array
    instance_ids: Array
    tags: Array


@kernel
def shade_tiles(faces, draws, triangles, start, lists, light, camera, picture, tiles, first, last):
    """Draws the tiles tiles[first:last]."""
    inverse = np.empty((4, TILE, TILE), np.float32)
    seen = np.empty((4, TILE, TILE), np.int32)
    height, width = picture.depth_m.shape
    across = (width + TILE - 1) // TILE
    for n in range(first, last):
        tile = tiles[n]
        x0, y0 = tile % across * TILE, tile // across * TILE
        rasterise(triangles, lists, start[tile], start[tile + 1], x0, y0, inverse, seen)
        for row in range(min(TILE, height - y0)):
            for column in range(min(TILE, width - x0)):
                entry = seen[1, row, column]
                x, y = x0 + column, y0 + row
                if entry == SKY:
                    picture.depth_m[y, x] = np.float32(FAR_M)
                    picture.instance_ids[y, x] = 0
                    picture.tags[y, x] = TAG_SKY
                    picture.bgra[y, x, 0] = 230
                    picture.bgra[y, x, 1] = 180
                    picture.bgra[y, x, 2] = 150
                    picture.bgra[y, x, 3] = 255
                    continue
                t, d = lists[entry, 0], lists[entry, 1]
                face = triangles.face[t]
                at = draws.vertex_at[d] - faces.vertex_start[draws.mesh[d]]
                v = at + faces.triangles[face, 0]
                lit = light[3] * np.float32(0.6)
                for i in range(3):
                    lit += max(
                        triangles.normal[v, 0] * light[0]
                        + triangles.normal[v, 1] * light[1]
                        + triangles.normal[v, 2] * light[2],
                        np.float32(0.0),
                    ) / np.float32(3)
                    v = at + faces.triangles[face, min(i + 1, 2)]
                picture.depth_m[y, x] = np.float32(1) / inverse[1, row, column]
                picture.instance_ids[y, x] = draws.instance_id[d]
                tag = faces.tags[face]
                picture.tags[y, x] = tag if tag else draws.tag[d]
                own = faces.materials[face] == 1
                for i in range(3):
                    c = faces.colours[face, 2 - i] * (draws.colour[d, 2 - i] if own else np.float32(1))
                    picture.bgra[y, x, i] = np.uint8(min(np.float32(255), np.float32(255) * np.sqrt(c * lit)))
                picture.bgra[y, x, 3] = 255
