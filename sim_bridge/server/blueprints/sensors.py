"""Sensor blueprints with the attributes and defaults that CARLA documents."""

from __future__ import annotations

from sim_bridge.server.blueprints.attributes import choice, number, role, switch, whole
from sim_bridge.server.wire.actors import Attribute

_COMMON = (number("sensor_tick", 0.0), role("front", "back", "left", "right", "front_left", "front_right"))

_IMAGE = (
    number("fov", 90.0),
    whole("image_size_x", 800),
    whole("image_size_y", 600),
    number("lens_circle_falloff", 5.0),
    number("lens_circle_multiplier", 0.0),
    number("lens_k", -1.0),
    number("lens_kcube", 0.0),
    number("lens_x_size", 0.08),
    number("lens_y_size", 0.08),
)

# How Unreal develops a picture. Accepted so that clients which set them run; our camera has its own exposure.
_DEVELOPMENT = (
    switch("enable_postprocess_effects", True),
    number("gamma", 2.2),
    number("bloom_intensity", 0.675),
    number("lens_flare_intensity", 0.1),
    choice("exposure_mode", "histogram", "manual", restricted=True),
    number("exposure_compensation", 0.0),
    number("exposure_min_bright", 10.0),
    number("exposure_max_bright", 12.0),
    number("exposure_speed_up", 3.0),
    number("exposure_speed_down", 1.0),
    number("calibration_constant", 16.0),
    number("shutter_speed", 200.0),
    number("iso", 100.0),
    number("fstop", 1.4),
    number("min_fstop", 1.2),
    whole("blade_count", 5),
    number("focal_distance", 1000.0),
    number("blur_amount", 1.0),
    number("blur_radius", 0.0),
    number("motion_blur_intensity", 0.45),
    number("motion_blur_max_distortion", 0.35),
    number("motion_blur_min_object_screen_size", 0.1),
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

_GNSS = (
    number("noise_alt_bias", 0.0),
    number("noise_alt_stddev", 0.0),
    number("noise_lat_bias", 0.0),
    number("noise_lat_stddev", 0.0),
    number("noise_lon_bias", 0.0),
    number("noise_lon_stddev", 0.0),
    whole("noise_seed", 0),
)

_IMU = (
    number("noise_accel_stddev_x", 0.0),
    number("noise_accel_stddev_y", 0.0),
    number("noise_accel_stddev_z", 0.0),
    number("noise_gyro_bias_x", 0.0),
    number("noise_gyro_bias_y", 0.0),
    number("noise_gyro_bias_z", 0.0),
    number("noise_gyro_stddev_x", 0.0),
    number("noise_gyro_stddev_y", 0.0),
    number("noise_gyro_stddev_z", 0.0),
    whole("noise_seed", 0),
)


def sensor_blueprints() -> dict[str, tuple[Attribute, ...]]:
    """All sensor blueprints by id."""
    return {
        "sensor.camera.rgb": (*_IMAGE, *_DEVELOPMENT, *_COMMON),
        "sensor.camera.depth": (*_IMAGE, *_COMMON),
        "sensor.camera.semantic_segmentation": (*_IMAGE, *_COMMON),
        "sensor.camera.instance_segmentation": (*_IMAGE, *_COMMON),
        "sensor.other.collision": _COMMON[1:],
        "sensor.other.gnss": (*_GNSS, *_COMMON),
        "sensor.other.imu": (*_IMU, *_COMMON),
        "sensor.other.lane_invasion": _COMMON[1:],
    }
