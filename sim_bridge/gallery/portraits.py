"""One actor on an open road, seen from several sides."""

from __future__ import annotations

from typing import Any

import carla
import numpy as np

from data.arrays import Array
from sim_bridge.errors import SimulatorError
from sim_bridge.gallery.places import lane_poses, roomiest
from sim_bridge.gallery.plates import side_by_side
from sim_bridge.gallery.studio import Studio, looking

FOV_DEG = 30.0
FILLED = 0.85
"""Share of the picture's width, or of its height, that the actor fills at most."""
WALK_STEPS = 9
WALK_MPS = 1.4


def portraits(
    studio: Studio,
    blueprint: Any,  # noqa: ANN401  a carla.ActorBlueprint
    turns_deg: tuple[float, ...],
    size: tuple[int, int],
    lights: Any = None,  # noqa: ANN401  a carla.VehicleLightState
) -> Array:
    """(height, width * views, 3) uint8 RGB: one actor from some sides.

    Args:
        studio: where there are no other actors.
        blueprint: of the actor.
        turns_deg: of the camera round the actor, from ahead of it to its right.
        size: width and height of each view.
        lights: which of a vehicle's lamps are on.

    Raises:
        SimulatorError: it could not be spawned.
    """
    pose = _open_road(studio.world)
    walks = blueprint.id.startswith("walker.")
    pose.location.z += 1.0 if walks else 0.02
    with studio.actors([(blueprint, pose)]) as cast:
        if not cast:
            raise SimulatorError(f"{blueprint.id}: the server has not spawned it at {pose.location}")
        actor = cast[0]
        if walks:
            actor.apply_control(carla.WalkerControl(pose.get_forward_vector(), WALK_MPS))
            studio.run(WALK_STEPS)
        if lights is not None:
            actor.set_light_state(carla.VehicleLightState(lights))
        with studio.camera(size, FOV_DEG) as camera:
            return side_by_side([camera.picture(view) for view in _views(actor, turns_deg, size)])


def _open_road(world: carla.World) -> carla.Transform:
    _, poses = lane_poses(world.get_map())
    things = [thing.transform.location for thing in world.get_environment_objects()]
    x, y, z, yaw = poses[roomiest(poses, np.array([(p.x, p.y) for p in things]).reshape(-1, 2))]
    return carla.Transform(
        carla.Location(float(x), float(y), float(z)), carla.Rotation(yaw=float(np.rad2deg(yaw)))
    )


def _views(actor: carla.Actor, turns_deg: tuple[float, ...], size: tuple[int, int]) -> list[carla.Transform]:
    """Cameras round an actor from which it just fits into the picture.

    They look down: little of the sky, whose clouds go on, is in a picture.
    """
    box, pose = actor.bounding_box, actor.get_transform()
    middle = pose.transform(carla.Location(box.location.x, box.location.y, box.location.z))
    x, y, z = middle.x, middle.y, middle.z
    half_width = float(np.hypot(box.extent.x, box.extent.y))
    tangent = float(np.tan(np.deg2rad(0.5 * FOV_DEG))) * FILLED
    distance = max(half_width / tangent, box.extent.z / (tangent * size[1] / size[0]))
    views = []
    for turn in np.deg2rad(pose.rotation.yaw) + np.deg2rad(turns_deg):
        eye = (x + distance * float(np.cos(turn)), y + distance * float(np.sin(turn)), z + 0.22 * distance)
        views.append(looking(eye, (x, y, z)))
    return views
