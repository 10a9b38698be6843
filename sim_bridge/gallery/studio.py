"""A client that photographs: cameras that are put somewhere, one tick, their pictures."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import carla
import cv2
import numpy as np

from data.arrays import Array
from sim_bridge.errors import SimulatorError

STEP_S = 0.05
MOMENT_S = 1e-4
"""A step while pictures are taken: how many were taken before must not show in clouds and rain."""


class Studio:
    """Takes pictures in the world of a server.

    Attributes:
        client: of the server.
        world: the one loaded now.
    """

    def __init__(self, client: carla.Client, timeout_s: float) -> None:
        self.client = client
        self._timeout_s = timeout_s
        self.world: carla.World = client.get_world()
        self.still()

    def load(self, town: str | None) -> None:
        """Begins anew in `town`, or in the one that is loaded."""
        # Settings stay as they are: reset ones would let the clock step the world until they are set again.
        self.world = self.client.reload_world(False) if town is None else self.client.load_world(town, False)
        self.still()

    def still(self) -> None:
        """Lets time stand nearly still."""
        self._settings(MOMENT_S)

    def run(self, steps: int) -> int:
        """Lets the world run for a while and returns the last frame of it."""
        self._settings(STEP_S)
        frame = 0
        for _ in range(steps):
            frame = int(self.world.tick())
        self.still()
        return frame

    def _settings(self, step_s: float) -> None:
        settings = self.world.get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = True, step_s
        self.world.apply_settings(settings)

    @contextmanager
    def actors(self, wishes: Sequence[tuple[Any, carla.Transform]]) -> Iterator[list[carla.Actor]]:
        """Actors for a `with` block, vehicles without physics; those without a place are left out.

        Args:
            wishes: blueprint and pose of each.
        """
        still = carla.command.SetSimulatePhysics(carla.command.FutureActor, False)
        commands = []
        for blueprint, pose in wishes:
            spawn = carla.command.SpawnActor(blueprint, pose)
            commands.append(spawn.then(still) if blueprint.id.startswith("vehicle.") else spawn)
        ids = [reply.actor_id for reply in self.client.apply_batch_sync(commands, False) if not reply.error]
        try:
            self.world.tick()
            yield [self.world.get_actor(number) for number in ids]
        finally:
            self.client.apply_batch_sync([carla.command.DestroyActor(number) for number in ids], False)
            self.world.tick()

    @contextmanager
    def camera(
        self, size: tuple[int, int], fov_deg: float, parent: carla.Actor | None = None
    ) -> Iterator[Camera]:
        """An RGB camera for the time of a `with` block; poses are the parent's if there is one."""
        blueprint = self.world.get_blueprint_library().find("sensor.camera.rgb")
        for name, value in (("image_size_x", size[0]), ("image_size_y", size[1]), ("fov", fov_deg)):
            blueprint.set_attribute(name, str(value))
        place = carla.Transform(carla.Location(x=0.4, z=1.35), carla.Rotation(pitch=-2.0))
        sensor = self.world.spawn_actor(blueprint, place, attach_to=parent)
        images: queue.Queue[Any] = queue.Queue()
        try:
            sensor.listen(images.put)
            yield Camera(self.world, sensor, images, self._timeout_s)
        finally:
            sensor.stop()
            sensor.destroy()


class Camera:
    """A camera of a `Studio`."""

    def __init__(
        self, world: carla.World, sensor: carla.Sensor, images: queue.Queue[Any], timeout_s: float
    ) -> None:
        self._world, self._sensor, self._images, self._timeout_s = world, sensor, images, timeout_s

    def picture(self, pose: carla.Transform | None = None) -> Array:
        """(height, width, 3) uint8 RGB of what it sees, from `pose` if given.

        Raises:
            SimulatorError: no picture came in time.
        """
        if pose is not None:
            self._sensor.set_transform(pose)
        rgb: Array = cv2.cvtColor(
            bgra(taken(self._images, self._world.tick(), self._timeout_s)), cv2.COLOR_BGRA2RGB
        )
        return rgb


def taken(measurements: queue.Queue[Any], frame: int, timeout_s: float) -> Any:  # noqa: ANN401  carla's
    """What a sensor measured in `frame`; older measurements are dropped.

    Raises:
        SimulatorError: it did not come in time.
    """
    while True:
        try:
            measured = measurements.get(timeout=timeout_s)
        except queue.Empty:
            raise SimulatorError(f"no picture of frame {frame} within {timeout_s:.0f} s") from None
        if measured.frame >= frame:
            return measured


def bgra(image: Any) -> Array:  # noqa: ANN401  a carla.Image
    """(height, width, 4) uint8 of an image."""
    return np.frombuffer(image.raw_data, np.uint8).reshape(image.height, image.width, 4)


def looking(eye: Sequence[float], target: Sequence[float]) -> carla.Transform:
    """An upright camera at `eye` that looks at `target`; metres, CARLA's axes."""
    x, y, z = (float(t) - float(e) for e, t in zip(eye, target, strict=True))
    rotation = carla.Rotation(
        pitch=float(np.rad2deg(np.arctan2(z, np.hypot(x, y)))), yaw=float(np.rad2deg(np.arctan2(y, x)))
    )
    return carla.Transform(carla.Location(*(float(value) for value in eye)), rotation)
