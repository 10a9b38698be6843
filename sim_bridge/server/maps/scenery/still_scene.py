"""The whole still scene of a map, for the renderer and for collisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim_bridge.server.maps.road_network import NO_JUNCTION
from sim_bridge.server.maps.scenery.bridges import pillar, pillar_boxes, pillar_feet, underside
from sim_bridge.server.maps.scenery.crosswalk_paint import crosswalk_paint
from sim_bridge.server.maps.scenery.junction_floor import floor_edges, junction_floor
from sim_bridge.server.maps.scenery.land import land
from sim_bridge.server.maps.scenery.parked_cars import drive_slab
from sim_bridge.server.maps.scenery.prop import Prop, SolidBoxes, solid_boxes
from sim_bridge.server.maps.scenery.props import props_of
from sim_bridge.server.maps.scenery.road_edges import edging
from sim_bridge.server.maps.scenery.road_surface import road_edges, road_surface
from sim_bridge.server.maps.scenery.surfaces import merged
from sim_bridge.server.maps.world_map import WorldMap
from sim_bridge.server.renderer.meshes.catalogue import VEHICLES
from sim_bridge.server.renderer.scene import Instances, Mesh, StaticScene
from sim_bridge.server.transforms import matrices

PROP_SEED = 1


@dataclass(frozen=True, eq=False)
class StillScene:
    """What never moves on a map.

    Attributes:
        chunks: roads, junctions and land, world axes.
        props: what stands on them.
        boxes: what vehicles collide with.
    """

    chunks: tuple[Mesh, ...]
    props: tuple[Prop, ...]
    boxes: SolidBoxes


def still_scene(world: WorldMap) -> StillScene:
    """Builds the still scene; the same map always gives the same scene."""
    outside = [part for part in world.stretches if part.road.junction_id == NO_JUNCTION]
    lines = [line for light in world.traffic_lights for line in light.stop_lines]
    ground = world.ground
    chunks = [merged([land(ground)])]
    fixed = []
    for part in outside:
        own = [line for line in lines if line.road_id == part.road.road_id]
        built = [edging(edge, ground, verge) for edge, verge in road_edges(part)]
        pillars = pillar_feet(part, ground)
        chunks.append(
            merged(
                [
                    *road_surface(part, own),
                    *underside(part, ground),
                    *(patch for each in built for patch in each.patches),
                    *(pillar(*row) for row in pillars.tolist()),
                ]
            )
        )
        fixed.extend([*(each.parapets for each in built), pillar_boxes(pillars)])
    for shape in world.junctions:
        built = [edging(edge, ground, True) for edge in floor_edges(shape, ground)]
        patches = [*junction_floor(shape, ground), *(patch for each in built for patch in each.patches)]
        if patches:
            chunks.append(merged(patches))
        fixed.extend(each.parapets for each in built)
    stripes = list(crosswalk_paint(world.carla_map, ground))
    if stripes:
        chunks.append(merged(stripes))
    props = props_of(
        outside, ground, world.traffic_lights, (*world.speed_signs, *world.priority_signs), PROP_SEED
    )
    drives = [
        drive_slab(prop)
        for prop in props
        if prop.kind in VEHICLES and ground.distance_to_road(np.array([prop.pose[:2]]))[0] > 0.0
    ]
    if drives:
        chunks.append(merged(drives))
    return StillScene(tuple(chunks), props, solid_boxes(props, np.concatenate([np.zeros((0, 7)), *fixed])))


def static_scene(scene: StillScene, meshes: Mapping[str, int], first_instance_id: int) -> StaticScene:
    """The scene as the renderer takes it.

    Args:
        scene: of a map.
        meshes: index in the renderer's list of meshes by kind of scenery.
        first_instance_id: the first prop gets this id, the others follow.
    """
    count = len(scene.props)
    poses = np.array([prop.pose for prop in scene.props]).reshape(-1, 6)
    instances = Instances(
        mesh=np.array([meshes[prop.kind] for prop in scene.props], np.int32),
        pose=matrices(poses) if count else np.zeros((0, 4, 4)),
        colour=np.array([prop.colour for prop in scene.props]).reshape(-1, 3),
        lamps=np.zeros(count),
        instance_id=np.arange(first_instance_id, first_instance_id + count),
        tag=np.array([int(prop.tag) for prop in scene.props], np.uint8),
    )
    return StaticScene(scene.chunks, instances)
