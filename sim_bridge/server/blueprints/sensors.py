"""Sensor blueprints: the attributes, defaults and their order are those of CARLA 0.9.16's own definitions."""

from __future__ import annotations

from sim_bridge.server.blueprints.attributes import choice, number, role, switch, whole
from sim_bridge.server.wire.actors import Attribute

_PLACES = ("front", "back", "left", "right", "front_left", "front_right", "back_left", "back_right")
_PLACED = role(*_PLACES)
_UNPLACED = role("default")
_TICK = number("sensor_tick", 0.0)

_IMAGE = (
    whole("image_size_x", 800),
    whole("image_size_y", 600),
    number("fov", 90.0),
    number("lens_circle_falloff", 5.0),
    number("lens_circle_multiplier", 0.0),
    number("lens_k", -1.0),
    number("lens_kcube", 0.0),
    number("lens_x_size", 0.08),
    number("lens_y_size", 0.08),
)

_DEVELOPMENT = (
    choice("exposure_mode", "histogram", "manual", restricted=True),
    number("exposure_compensation", 0.0),
    number("shutter_speed", 200.0),
    number("iso", 100.0),
    number("fstop", 1.4),
    switch("enable_postprocess_effects", True),
    number("gamma", 2.2),
    number("motion_blur_intensity", 0.45),
    number("motion_blur_max_distortion", 0.35),
    number("lens_flare_intensity", 0.1),
    number("bloom_intensity", 0.675),
    number("motion_blur_min_object_screen_size", 0.1),
    number("exposure_min_bright", 10.0),
    number("exposure_max_bright", 12.0),
    number("exposure_speed_up", 3.0),
    number("exposure_speed_down", 1.0),
    number("calibration_constant", 16.0),
    number("focal_distance", 1000.0),
    number("min_fstop", 1.2),
    whole("blade_count", 5),
    number("blur_amount", 1.0),
    number("blur_radius", 0.0),
    number("slope", 0.88),
    number("toe", 0.55),
    number("shoulder", 0.26),
    number("black_clip", 0.0),
    number("white_clip", 0.04),
    number("temp", 6500.0),
    number("tint", 0.0),
    number("chromatic_aberration_intensity", 0.0),
    number("chromatic_aberration_offset", 0.0),
)

# Not CARLA's: grain of the picture, in codes of 0..255, as its lidar names its noise.
_GRAIN = (number("noise_stddev", 0.0), whole("noise_seed", 0))

_EVENTS = (
    number("positive_threshold", 0.3),
    number("negative_threshold", 0.3),
    number("sigma_positive_threshold", 0.0),
    number("sigma_negative_threshold", 0.0),
    whole("refractory_period_ns", 0),
    switch("use_log", True),
    number("log_eps", 0.001),
)

_FAN = (
    whole("channels", 32),
    number("range", 10.0),
    whole("points_per_second", 56000),
    number("rotation_frequency", 10.0),
    number("upper_fov", 10.0),
    number("lower_fov", -30.0),
)
_ECHO = (
    number("atmosphere_attenuation_rate", 0.004),
    whole("noise_seed", 0),
    number("dropoff_general_rate", 0.45),
    number("dropoff_intensity_limit", 0.8),
    number("dropoff_zero_intensity", 0.4),
    number("noise_stddev", 0.0),
)
_HORIZONTAL = number("horizontal_fov", 360.0)

_RADAR = (
    number("horizontal_fov", 30.0),
    number("vertical_fov", 30.0),
    number("range", 100.0),
    whole("points_per_second", 1500),
    whole("noise_seed", 0),
)

_OBSTACLE = (
    number("distance", 5.0),
    number("hit_radius", 0.5),
    switch("only_dynamics", False),
    switch("debug_linetrace", False),
)

_GNSS = (
    whole("noise_seed", 0),
    number("noise_lat_stddev", 0.0),
    number("noise_lat_bias", 0.0),
    number("noise_lon_stddev", 0.0),
    number("noise_lon_bias", 0.0),
    number("noise_alt_stddev", 0.0),
    number("noise_alt_bias", 0.0),
)

_IMU = (
    whole("noise_seed", 0),
    number("noise_accel_stddev_x", 0.0),
    number("noise_accel_stddev_y", 0.0),
    number("noise_accel_stddev_z", 0.0),
    number("noise_gyro_stddev_x", 0.0),
    number("noise_gyro_stddev_y", 0.0),
    number("noise_gyro_stddev_z", 0.0),
    number("noise_gyro_bias_x", 0.0),
    number("noise_gyro_bias_y", 0.0),
    number("noise_gyro_bias_z", 0.0),
)

_CAMERA = (_PLACED, _TICK, *_IMAGE)


def sensor_blueprints() -> dict[str, tuple[Attribute, ...]]:
    """All sensor blueprints by id."""
    tables = {
        "sensor.camera.rgb": (*_CAMERA, *_DEVELOPMENT, *_GRAIN),
        "sensor.camera.depth": _CAMERA,
        "sensor.camera.semantic_segmentation": _CAMERA,
        "sensor.camera.instance_segmentation": _CAMERA,
        "sensor.camera.normals": _CAMERA,
        "sensor.camera.optical_flow": _CAMERA,
        "sensor.camera.cosmos_visualization": _CAMERA,
        "sensor.camera.dvs": (*_CAMERA, *_DEVELOPMENT, *_EVENTS),
        "sensor.lidar.ray_cast": (_PLACED, _TICK, *_FAN, *_ECHO, _HORIZONTAL),
        "sensor.lidar.ray_cast_semantic": (_PLACED, _TICK, *_FAN, _HORIZONTAL),
        "sensor.other.radar": (_UNPLACED, _TICK, *_RADAR),
        "sensor.other.obstacle": (_UNPLACED, _TICK, *_OBSTACLE),
        "sensor.other.gnss": (_UNPLACED, _TICK, *_GNSS),
        "sensor.other.imu": (_UNPLACED, _TICK, *_IMU),
        "sensor.other.collision": (_PLACED,),
        "sensor.other.lane_invasion": (_PLACED,),
        "sensor.other.rss": (_PLACED,),
    }
    return {name: (*table, choice("ros_name", name)) for name, table in tables.items()}
