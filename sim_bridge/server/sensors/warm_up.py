"""Runs every kernel of the sensors once, so that no client waits for a compiler."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.blueprints.sensors import sensor_blueprints
from sim_bridge.server.rays.scene import RayScene
from sim_bridge.server.renderer.scene import Instances, Mesh, Rendered, StaticScene, View
from sim_bridge.server.renderer.weather import Weather
from sim_bridge.server.sensors.cameras import CAMERA_TYPES
from sim_bridge.server.sensors.memory import memory_of
from sim_bridge.server.sensors.pictures import payload_of
from sim_bridge.server.wire.actors import Description
from sim_bridge.server.world.actors import Actor, ActorKind

# Attributes that make a camera do all it can; those that a camera does not have are passed over.
_EVERYTHING = {
    "image_size_x": "8",
    "image_size_y": "8",
    "lens_circle_multiplier": "1.0",
    "noise_stddev": "1.0",
    "sigma_positive_threshold": "0.1",
}


def warm_up_sensors() -> None:
    """Compiles what casts rays and what makes pictures of numbers, or loads it from the cache."""
    _cast_a_ray()
    weather, nothing, view = Weather(), Instances.none(), View(np.eye(4), 8, 8, 90.0)
    size = (8, 8)
    rendered = Rendered(
        np.zeros((*size, 4), np.uint8),
        np.ones(size, np.float32),
        np.zeros(size, np.uint32),
        np.zeros(size, np.uint8),
    )
    for type_id in CAMERA_TYPES:
        values = {
            attribute.name: (int(attribute.kind), _EVERYTHING.get(attribute.name, attribute.recommended[0]))
            for attribute in sensor_blueprints()[type_id]
        }
        memory = memory_of(Actor(1, ActorKind.SENSOR, Description(0, type_id, values)), seed=0)
        for _ in range(2):  # flow and events need a picture before
            payload_of(memory, rendered, view, nothing, weather, 0.0, 1)


def _cast_a_ray() -> None:
    corners = np.array([[1.0, -1.0, -1.0], [1.0, 1.0, -1.0], [1.0, 0.0, 1.0]])
    flat = np.tile([-1.0, 0.0, 0.0], (3, 1))
    mesh = Mesh(corners, flat, np.array([[0, 1, 2]]), np.ones((1, 3)), np.zeros(1), np.zeros((3, 2)))
    scene = RayScene(StaticScene((mesh,), Instances.none()), (), threads=1)
    scene.cast(np.zeros((1, 3)), np.array([[1.0, 0.0, 0.0]]), 10.0, scene.placed(Instances.none()))
    scene.close()
