"""The ego's sensors: mounting them and gathering exactly what belongs to one frame."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import carla
import cv2
import numpy as np

from data.arrays import Array
from data.camera import VEHICLE_FROM_OPTICAL, Camera, CameraImage
from data.types import EgoMeasurement
from sim_bridge.axes import (
    angles_from_carla,
    angles_from_matrix,
    mirror_points,
    rotation_to_carla,
    vector_from_carla,
    yaw_from_compass,
)
from sim_bridge.ego import EgoGeometry
from sim_bridge.errors import SimulatorError
from sim_bridge.server_line import ServerLine

GRAVITY_MPS2 = 9.81
# One degree of latitude on the sphere that CARLA projects with (radius 6378137 m).
_METRES_PER_DEGREE = 6378137.0 * np.pi / 180.0
# How soon it is noticed that the server is gone while a measurement is waited for.
_LIFE_CHECK_S = 0.2
_CONNECT_S = 0.2


@dataclass(frozen=True)
class SensorNoise:
    """Standard deviations of the ego's own sensors.

    Attributes:
        gnss_m: of each horizontal GNSS coordinate.
        accelerometer_mps2: of the longitudinal accelerometer.
        gyroscope_radps: of the yaw rate.
    """

    gnss_m: float = 0.3
    accelerometer_mps2: float = 0.05
    gyroscope_radps: float = 0.002


@dataclass(frozen=True)
class Listening:
    """A sensor and the measurements that arrived and were not yet taken.

    Attributes:
        name: of the sensor in messages.
        actor: the sensor.
        arrived: in the order of frames.
        line: to the server.
    """

    name: str
    actor: carla.Sensor
    arrived: queue.SimpleQueue[carla.SensorData]
    line: ServerLine

    def take(self, frame: int, timeout_s: float) -> carla.SensorData:
        """The measurement of `frame`; older ones are dropped.

        Raises:
            SimulatorError: it did not come in time, or was left out, or the server is gone.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            left_s = deadline - time.monotonic()
            try:
                data = self.arrived.get(timeout=min(max(left_s, 1e-3), _LIFE_CHECK_S))
            except queue.Empty:
                if not self.line.alive():
                    raise SimulatorError(
                        f"the simulator at {self.line.where} was lost while sensor {self.name} was waited "
                        "for; is it still running?"
                    ) from None
                if left_s > _LIFE_CHECK_S:
                    continue
                raise SimulatorError(
                    f"sensor {self.name} sent nothing for frame {frame} within {timeout_s:g} s; "
                    "is the server still running, or did another client take the sensor away?"
                ) from None
            if data.frame == frame:
                return data
            if data.frame > frame:
                raise SimulatorError(
                    f"sensor {self.name} left out frame {frame}; does another client tick this server?"
                )

    def arrived_before(self, frame: int) -> list[carla.SensorData]:
        """Everything that arrived with a frame number below `frame`, for sensors that send only at times."""
        taken: list[carla.SensorData] = []
        later: list[carla.SensorData] = []
        with contextlib.suppress(queue.Empty):
            while True:
                data = self.arrived.get_nowait()
                (taken if data.frame < frame else later).append(data)
        for data in later:
            self.arrived.put(data)
        return sorted(taken, key=lambda data: data.frame)


@dataclass(frozen=True)
class Sensors:
    """Every sensor of the ego.

    Attributes:
        cameras: with the camera that each realises, in the order asked for.
        gnss: at the origin of the vehicle axes.
        imu: there too.
        collision: on the body.
    """

    cameras: tuple[tuple[Camera, Listening], ...]
    gnss: Listening
    imu: Listening
    collision: Listening


@contextmanager
def mount_sensors(
    world: carla.World,
    line: ServerLine,
    vehicle: carla.Vehicle,
    geometry: EgoGeometry,
    cameras: tuple[Camera, ...],
    noise: SensorNoise,
    seed: int,
) -> Iterator[Sensors]:
    """Spawns and listens to the ego's sensors for the time of a `with` block.

    Raises:
        SimulatorError: the server does not have such a sensor.
    """
    origin = carla.Transform(_location(geometry.actor_from_vehicle[:3, 3]))
    with ExitStack() as stack:

        def mount(name: str, kind: str, attributes: Mapping[str, str], pose: carla.Transform) -> Listening:
            return stack.enter_context(_listening(world, line, vehicle, name, kind, attributes, pose))

        mounted = tuple(
            (
                camera,
                mount(camera.name, "sensor.camera.rgb", _camera_attributes(camera), _mount(camera, geometry)),
            )
            for camera in cameras
        )
        sensors = Sensors(
            cameras=mounted,
            gnss=mount("gnss", "sensor.other.gnss", _gnss_attributes(noise, seed), origin),
            imu=mount("imu", "sensor.other.imu", _imu_attributes(noise, seed), origin),
            collision=mount("collision", "sensor.other.collision", {}, carla.Transform()),
        )
        # The client opens the streams in the background and does not tell when they stand.
        time.sleep(_CONNECT_S)
        yield sensors


@contextmanager
def _listening(
    world: carla.World,
    line: ServerLine,
    vehicle: carla.Vehicle,
    name: str,
    kind: str,
    attributes: Mapping[str, str],
    pose: carla.Transform,
) -> Iterator[Listening]:
    try:
        blueprint = world.get_blueprint_library().find(kind)
        for key, value in attributes.items():
            blueprint.set_attribute(key, value)
        actor = world.spawn_actor(blueprint, pose, attach_to=vehicle)
    except (IndexError, RuntimeError) as error:
        raise SimulatorError(f"the server cannot make sensor {name} ({kind}): {error}") from error
    try:
        arrived: queue.SimpleQueue[carla.SensorData] = queue.SimpleQueue()
        actor.listen(arrived.put)
        yield Listening(name, actor, arrived, line)
    finally:
        with contextlib.suppress(RuntimeError):
            actor.stop()
        line.attempt(actor.destroy)


def _location(point: Array) -> carla.Location:
    x, y, z = mirror_points(point)
    return carla.Location(float(x), float(y), float(z))


def _mount(camera: Camera, geometry: EgoGeometry) -> carla.Transform:
    """Where CARLA puts the camera relative to the actor."""
    actor_from_camera = geometry.actor_from_vehicle @ camera.vehicle_from_camera
    body = actor_from_camera[:3, :3] @ VEHICLE_FROM_OPTICAL.T
    roll, pitch, yaw = (float(angle) for angle in rotation_to_carla(angles_from_matrix(body)))
    return carla.Transform(
        _location(actor_from_camera[:3, 3]), carla.Rotation(roll=roll, pitch=pitch, yaw=yaw)
    )


def _camera_attributes(camera: Camera) -> dict[str, str]:
    fov = np.rad2deg(camera.horizontal_fov_rad)
    return {"image_size_x": str(camera.width), "image_size_y": str(camera.height), "fov": f"{fov:.6f}"}


def _gnss_attributes(noise: SensorNoise, seed: int) -> dict[str, str]:
    degrees = f"{noise.gnss_m / _METRES_PER_DEGREE:.12f}"
    return {"noise_lat_stddev": degrees, "noise_lon_stddev": degrees, "noise_seed": _sensor_seed(2 * seed)}


def _imu_attributes(noise: SensorNoise, seed: int) -> dict[str, str]:
    return {
        "noise_accel_stddev_x": f"{noise.accelerometer_mps2:.9f}",
        "noise_gyro_stddev_z": f"{noise.gyroscope_radps:.9f}",
        "noise_seed": _sensor_seed(2 * seed + 1),
    }


def _sensor_seed(seed: int) -> str:
    """CARLA holds seeds in 32 bits and reads 0 as `no seed`."""
    return str(seed % 0x7FFFFFFE + 1)


def take_images(sensors: Sensors, frame: int, t_ns: int, timeout_s: float) -> tuple[CameraImage, ...]:
    """The images of `frame` in the order of the cameras, converted to RGB."""
    return tuple(
        CameraImage(camera, t_ns, _rgb(camera, listening.take(frame, timeout_s)))
        for camera, listening in sensors.cameras
    )


def _rgb(camera: Camera, image: carla.Image) -> Array:
    bgra = np.frombuffer(image.raw_data, np.uint8).reshape(camera.height, camera.width, 4)
    rgb: Array = cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB)
    return rgb


def take_measurement(
    sensors: Sensors,
    vehicle: carla.Vehicle,
    carla_map: carla.Map,
    geometry: EgoGeometry,
    frame: int,
    t_ns: int,
    timeout_s: float,
) -> EgoMeasurement:
    """What the vehicle's own sensors say at `frame`, in our axes.

    CARLA has no wheel speed sensor: the speed is that of the actor along its axis. Gravity is removed from
    the accelerometer with the attitude of the IMU, as an attitude reference would give it.
    """
    fix = sensors.gnss.take(frame, timeout_s)
    imu = sensors.imu.take(frame, timeout_s)
    place = carla_map.geolocation_to_transform(carla.GeoLocation(fix.latitude, fix.longitude, fix.altitude))
    x, y, z = (float(value) for value in vector_from_carla(place))
    pitch = angles_from_carla(imu.transform.rotation)[1]
    left_wheel = -np.deg2rad(vehicle.get_wheel_steer_angle(carla.VehicleWheelLocation.FL_Wheel))
    return EgoMeasurement(
        t_ns=t_ns,
        position_m=(x, y, z),
        yaw_rad=yaw_from_compass(imu.compass),
        speed_mps=forward_speed(vehicle.get_transform(), vehicle.get_velocity()),
        acceleration_mps2=float(imu.accelerometer.x + GRAVITY_MPS2 * np.sin(pitch)),
        yaw_rate_radps=-float(imu.gyroscope.z),
        steering_angle_rad=geometry.steering.mean_rad(float(left_wheel)),
    )


def forward_speed(transform: carla.Transform, velocity: carla.Vector3D) -> float:
    """Speed along the actor's own axis, m/s."""
    forward = transform.get_forward_vector()
    return float(forward.x * velocity.x + forward.y * velocity.y + forward.z * velocity.z)
