"""One place, measured by every sensor at once."""

from __future__ import annotations

import queue
from typing import Any

import carla

from data.arrays import Array
from sim_bridge.errors import SimulatorError
from sim_bridge.gallery.drawings import drawn
from sim_bridge.gallery.studio import Studio, taken

ROTATIONS_PER_S = 20.0
STEPS = 3
SILENT_S = 1.0
"""A sensor that has sent nothing of a step for so long speaks only when something happens."""
ABOVE_CAR = carla.Transform(carla.Location(x=0.2, z=2.0), carla.Rotation(pitch=-3.0))


def measurements(
    studio: Studio, parent: carla.Actor, size: tuple[int, int], fov_deg: float
) -> dict[str, Array]:
    """(height, width, 3) uint8 RGB of every sensor blueprint that gives pictures or points, by its id.

    Args:
        studio: the client.
        parent: what the sensors are mounted on.
        size: width and height of a picture.
        fov_deg: of the cameras.
    """
    wishes = {"image_size_x": size[0], "image_size_y": size[1], "fov": fov_deg}
    # Of the noise, so that it does not depend on which other pictures are asked for.
    wishes |= {"rotation_frequency": ROTATIONS_PER_S, "noise_seed": 1}
    sensors: dict[str, tuple[carla.Sensor, queue.Queue[Any]]] = {}
    try:
        for blueprint in studio.world.get_blueprint_library().filter("sensor.*"):
            for name, value in wishes.items():
                if blueprint.has_attribute(name):
                    blueprint.set_attribute(name, str(value))
            sensor = studio.world.spawn_actor(blueprint, ABOVE_CAR, attach_to=parent)
            sensors[blueprint.id] = sensor, queue.Queue()
            sensor.listen(sensors[blueprint.id][1].put)
        frame = studio.run(STEPS)
        pictures: dict[str, Array] = {}
        for name, (_, measured) in sorted(sensors.items()):
            try:
                picture = drawn(taken(measured, frame, SILENT_S), name, size)
            except SimulatorError:
                continue
            if picture is not None:
                pictures[name] = picture
        return pictures
    finally:
        for sensor, _ in sensors.values():
            sensor.stop()
            sensor.destroy()
