"""One call from a scene to a picture with its truth."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.beams import beams, street_lamps
from sim_bridge.server.renderer.cull import DrawList, draw_list, place
from sim_bridge.server.renderer.finish import finish_columns, finish_of
from sim_bridge.server.renderer.halos import halos, lenses
from sim_bridge.server.renderer.jit import Progress, reporting
from sim_bridge.server.renderer.light import light_of
from sim_bridge.server.renderer.noise import noise_texture
from sim_bridge.server.renderer.pack import MeshTable, cut_to_clusters, pack
from sim_bridge.server.renderer.picture import empty_picture
from sim_bridge.server.renderer.scene import Array, Instances, Lamp, Mesh, Rendered, StaticScene, View
from sim_bridge.server.renderer.setup import Triangles, set_up, triangle_buffers
from sim_bridge.server.renderer.shade import (
    Look,
    Scene,
    Scratch,
    scratch_buffers,
    shade_tiles,
    srgb_table,
)
from sim_bridge.server.renderer.shadows import ShadowMaker
from sim_bridge.server.renderer.simplify import with_smallest
from sim_bridge.server.renderer.spray import spray
from sim_bridge.server.renderer.tiles import sort_into_tiles, tile_grid
from sim_bridge.server.renderer.weather import Weather, as_shown

# Tiles that one call of the tile kernel draws; small enough that threads end together.
TILES_A_CALL = 12


class PackedScene(NamedTuple):
    """A still scene and all meshes as the kernels read them.

    Attributes:
        table: the meshes, then the clusters of the ground, then all coarser levels.
        clusters: how many there are of the second kind.
    """

    table: MeshTable
    clusters: int


def packed_scene(static_scene: StaticScene, meshes: Sequence[Mesh]) -> PackedScene:
    """Cuts the ground to clusters, simplifies what is drawn small, and lays all meshes end to end."""
    clusters = cut_to_clusters(static_scene.chunks)
    return PackedScene(pack([*(with_smallest(mesh) for mesh in meshes), *clusters]), len(clusters))


class Renderer:
    """Draws views of a static scene and of what moves in it.

    Same input, same bytes: whatever the number of threads and the CPU. Not to be shared by threads.

    Args:
        static_scene: what never moves.
        meshes: the meshes that instances, static or moving, point into.
        threads: how many threads draw; by default one for each CPU this process may use.
        packed: both of these packed, by whoever has that already.
    """

    def __init__(
        self,
        static_scene: StaticScene,
        meshes: Sequence[Mesh],
        threads: int | None = None,
        packed: PackedScene | None = None,
    ) -> None:
        self._table, clusters = packed or packed_scene(static_scene, meshes)
        self._still = (
            place(Instances.at_origin(len(meshes), clusters), self._table),
            place(static_scene.instances, self._table),
        )
        self._shadow_maker = ShadowMaker(self._table, self._still[1])
        self._street_lamps = street_lamps(self._still[1], self._table)
        self._lit = self._street_lamps.lit()
        self._lenses = lenses(self._table)
        self._noise, self._codes = noise_texture(), srgb_table()
        self._own = threading.local()
        self._threads = threads or len(os.sched_getaffinity(0))
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="renderer")

    @property
    def street_lamps(self) -> Array:
        """(n, 3) float32 places of the street lamps of the static scene, world, metres."""
        return self._street_lamps.place

    def switch_street_lamps(self, strength: Array) -> None:
        """Changes the light of the street lamps for the pictures to come.

        Args:
            strength: (n, 3) linear RGB, in the order of `street_lamps`; 1 for the red of a usual lamp, 0 for
                one that is off.
        """
        lamps = self._street_lamps._replace(strength=strength.astype(np.float32))
        off = ~lamps.strength.any(axis=1)
        self._still[1].instances.lamps[lamps.instance] = np.where(off, np.uint32(Lamp.STREET_OFF), 0)
        self._street_lamps, self._lit = lamps, lamps.lit()

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown()

    def _scratch(self) -> Scratch:
        """The buffers of the calling thread."""
        if not hasattr(self._own, "scratch"):
            self._own.scratch = scratch_buffers()
        scratch: Scratch = self._own.scratch
        return scratch

    def warm_up(self, progress: Progress | None = None) -> None:
        """Compiles every kernel, or loads it from the cache, so that no picture has to wait.

        Args:
            progress: is told the name of each kernel that had to be compiled, its number, and how many exist.
        """
        with reporting(progress):
            self.render(
                View(np.eye(4), 8, 8, 90.0), Instances.none(), Weather(precipitation=10.0, wetness=10.0), 0.0
            )

    def render(self, view: View, dynamic: Instances, weather: Weather, time_s: float) -> Rendered:
        """Draws one picture.

        Args:
            view: the camera.
            dynamic: what moves; their meshes index the renderer's `meshes`.
            weather: sun, clouds, rain, fog.
            time_s: simulation time in seconds; moves clouds and rain.
        """
        weather = as_shown(weather)
        light, moving = light_of(weather), place(dynamic, self._table)
        shadows = self._pool.submit(self._shadow_maker.shadows, view, moving, light)
        draws = draw_list((*self._still, moving), self._table, view)
        triangles = triangle_buffers(draws)
        self._set_up(draws, triangles, view)
        across, down = tile_grid(view.width, view.height)
        start, lists = sort_into_tiles(draws, triangles, across, down)
        picture = empty_picture(view.width, view.height)
        scene = Scene(self._table.faces, draws, triangles, start, lists)
        lamps = beams(view, moving, self._lit, self._table, light)
        maps, camera = shadows.result(), _camera_numbers(view)
        look = Look(light, maps, lamps, camera, self._noise, self._codes, float(time_s))
        tiles = _mixed(across * down)

        def draw(first: int) -> None:
            last = min(first + TILES_A_CALL, len(tiles))
            shade_tiles(scene, look, picture, tiles, first, last, self._scratch())

        list(self._pool.map(draw, range(0, len(tiles), TILES_A_CALL)))
        glows = halos(view, camera, moving, self._lit, self._lenses, light)
        clouds = spray(view, camera, moving, self._table, light)
        finish = finish_of(
            view, picture, camera, weather, light, time_s, glows, clouds, self._noise, self._codes
        )
        if finish is not None:
            cells = (view.width + 1) // 2
            some = -(-cells // self._threads)

            def lay_over(first: int) -> None:
                finish_columns(picture, finish, first, min(first + some, cells))

            list(self._pool.map(lay_over, range(0, cells, some)))
        return Rendered(*picture)

    def _set_up(self, draws: DrawList, triangles: Triangles, view: View) -> None:
        """Transforms and sets up all triangles, on all threads."""
        faces, numbers = self._table.faces, np.array([view.width, view.height, view.focal_px])

        def part(first: int) -> None:
            set_up(faces, draws, triangles, numbers, first, self._threads)

        list(self._pool.map(part, range(self._threads)))


@lru_cache(maxsize=16)
def _mixed(tiles: int) -> Array:
    """(tiles,) int32, their numbers. Sky is cheap and ground is dear: mixed, all threads end together."""
    order: Array = np.random.default_rng(0).permutation(tiles).astype(np.int32)
    return order


def _camera_numbers(view: View) -> Array:
    """(15,) float32: rotation world_from_camera by rows, origin, cx, cy, 1 / focal length."""
    pose = view.world_from_camera
    inside = [0.5 * view.width, 0.5 * view.height, 1.0 / view.focal_px]
    return np.concatenate([pose[:3, :3].ravel(), pose[:3, 3], inside]).astype(np.float32)
