"""What cameras make of a rendering: codes, normals, flow, events, exposure, lens."""

import math

import carla
import numpy as np
import pytest

from sim_bridge.server.blueprints.library import blueprint_library, completed
from sim_bridge.server.renderer.scene import FAR_M, Rendered, Tag
from sim_bridge.server.renderer.weather import Weather
from sim_bridge.server.sensors.cameras import as_pixels, camera_settings, coded
from sim_bridge.server.sensors.coding import code_normals
from sim_bridge.server.sensors.development import Development, developed, development_of
from sim_bridge.server.sensors.events import EventSettings, events
from sim_bridge.server.sensors.flow import optical_flow
from sim_bridge.server.sensors.lens import Lens, bent_codes, bent_colours, lens_of
from sim_bridge.server.sensors.memory import settings_of
from sim_bridge.server.transforms import Pose, matrix
from sim_bridge.server.wire.actors import Description
from sim_bridge.server.wire.sensors import SensorType
from sim_bridge.server.wire.values import WireError

NIGHT, NOON = Weather(sun_altitude_angle=-40.0), Weather()


def asked(type_id, **attributes):
    return completed(
        blueprint_library(), Description(0, type_id, {name: (4, str(v)) for name, v in attributes.items()})
    )


def rendering(depth_m, ids=None, tags=None):
    depth_m = np.asarray(depth_m, np.float32)
    return Rendered(
        np.zeros((*depth_m.shape, 4), np.uint8),
        depth_m,
        np.zeros(depth_m.shape, np.uint32) if ids is None else np.asarray(ids, np.uint32),
        np.zeros(depth_m.shape, np.uint8) if tags is None else np.asarray(tags, np.uint8),
    )


def test_depth_is_coded_in_24_bits_red_lowest():
    metres = np.array([[0.0, 0.05, 1.0, 123.456, 999.99997, 1000.0, 5000.0]])
    codes = as_pixels(coded(SensorType.DEPTH_CAMERA, rendering(metres))).astype(np.int64)
    decoded = (codes[..., 2] + 256 * codes[..., 1] + 65536 * codes[..., 0]) / (256**3 - 1) * 1000.0
    assert decoded == pytest.approx(np.minimum(metres, 1000.0), abs=4e-5)
    assert set(codes[..., 3].ravel().tolist()) == {255}


def test_tags_and_ids_are_coded_where_the_client_looks_for_them():
    seen = rendering([[5.0, 5.0]], ids=[[0x0203, 0x8001]], tags=[[Tag.CAR, Tag.POLES]])
    instances = as_pixels(coded(SensorType.INSTANCE_CAMERA, seen))
    assert instances.tolist() == [[[0x02, 0x03, Tag.CAR, 255], [0x80, 0x01, Tag.POLES, 255]]]
    tags = as_pixels(coded(SensorType.SEMANTIC_CAMERA, seen))
    assert tags.tolist() == [[[0, 0, Tag.CAR, 255], [0, 0, Tag.POLES, 255]]]
    colours = as_pixels(coded(SensorType.COSMOS_CONTROL, seen))
    assert colours[0, 0].tolist() == [142, 0, 0, 255]


def test_the_tags_are_those_of_the_client():
    theirs = {name.lower(): int(value) for name, value in carla.CityObjectLabel.names.items()}
    assert {tag.name.lower().replace("_", ""): int(tag) for tag in Tag if tag}.items() <= theirs.items()


def plane_depth(normal, distance, size=(24, 32), fov_deg=90.0):
    """(h, w) metres along x of the plane normal . p = distance, camera axes."""
    height, width = size
    focal = 0.5 * width / math.tan(math.radians(0.5 * fov_deg))
    y = (np.arange(width) + 0.5 - 0.5 * width) / focal
    z = (0.5 * height - np.arange(height)[:, None] - 0.5) / focal
    return distance / (normal[0] + normal[1] * y + normal[2] * z)


@pytest.mark.parametrize("yaw", [0.0, 1.1])
def test_normals_are_those_of_the_surface_in_world_axes_up_to_its_edges(yaw):
    wall = np.array([-0.8, 0.36, -0.48])
    depth = plane_depth(wall, -6.0)
    depth[:, :8] = 3.0  # a board before it that faces the camera
    depth[:4] = FAR_M
    words = np.empty(depth.shape, np.uint32)
    pose = matrix(Pose(yaw=yaw))
    code_normals(depth.astype(np.float32), pose, 16.0, words)
    found = as_pixels(words)[..., 2::-1].astype(np.float64) / 127.5 - 1.0
    turn = pose[:3, :3]
    assert np.abs(found[4:, 8:] - turn @ wall).max() < 0.02
    assert np.abs(found[4:, :8] - turn @ (-1.0, 0.0, 0.0)).max() < 0.02
    assert np.abs(found[:4]).max() < 0.01


def test_flow_is_half_pictures_of_motion_right_and_up():
    depth, ids = np.full((20, 40), 10.0), np.zeros((20, 40), int)
    ids[:, 20:] = 7
    depth[0] = FAR_M
    ids[0] = 0
    here = matrix(Pose(1.0, 2.0, 3.0))
    # The camera went 0.5 m to the right; thing 7 went with it, and 1 m up.
    before = matrix(Pose(1.0, 1.5, 3.0))
    moved = {7: (matrix(Pose(0.0, 0.0, 0.0)), matrix(Pose(0.0, 0.5, 1.0)))}
    flow = optical_flow(rendering(depth, ids), 20.0, (before, here), moved)
    assert flow[1:, :20] == pytest.approx(np.tile([-0.5 / 10.0 * 20.0 / 20.0, 0.0], (19, 20, 1)), abs=1e-6)
    assert flow[1:, 20:] == pytest.approx(np.tile([0.0, 1.0 / 10.0 * 20.0 / 10.0], (19, 20, 1)), abs=1e-6)
    assert flow[0] == pytest.approx(np.zeros((40, 2)), abs=1e-6)


def test_the_sky_flows_when_the_camera_turns():
    turned = (matrix(Pose()), matrix(Pose(yaw=0.01)))
    flow = optical_flow(rendering(np.full((3, 401), FAR_M)), 200.0, turned, {})
    assert flow[1, 200] == pytest.approx([-0.01 * 200.0 / 200.5, 0.0], abs=1e-4)


def grey_picture(values):
    return np.repeat(np.asarray(values, np.uint8)[..., None], 4, axis=-1)


DVS = EventSettings(0.3, 0.3, 0.0, 0.0, 0, True, 0.001)


def test_events_come_where_brightness_crosses_a_threshold_and_in_order_of_time():
    noise = np.random.default_rng(0)
    first, memory = events(DVS, grey_picture([[100, 100, 100]]), 1_000, None, noise)
    assert len(first) == 0
    found, memory = events(DVS, grey_picture([[100, 200, 40]]), 2_000, memory, noise)
    assert (np.diff(found["t"]) >= 0).all()
    assert set(found["x"].tolist()) == {1, 2}
    up, down = found[found["x"] == 1], found[found["x"] == 2]
    assert up["positive"].all()
    assert not down["positive"].any()
    assert len(up) == math.floor(math.log(2.0) / 0.3)
    assert len(down) == math.floor(math.log(2.5) / 0.3)
    assert (found["t"] > 1_000).all()
    assert (found["t"] <= 2_000).all()
    again, _ = events(DVS, grey_picture([[100, 200, 40]]), 3_000, memory, noise)
    assert len(again) == 0


def test_a_pixel_that_has_just_spoken_is_silent_for_its_refractory_period():
    slow = EventSettings(0.1, 0.1, 0.0, 0.0, 10_000, True, 0.001)
    _, memory = events(slow, grey_picture([[50]]), 1, None, np.random.default_rng(0))
    found, _ = events(slow, grey_picture([[250]]), 5_000, memory, np.random.default_rng(0))
    assert len(found) == 1


def test_default_attributes_leave_the_rendering_as_it_is():
    rgb = camera_settings(asked("sensor.camera.rgb"))
    assert rgb.lens is None
    picture = np.random.default_rng(0).integers(0, 256, (6, 8, 4)).astype(np.uint8)
    assert developed(picture, rgb.development, NOON, 5) is picture
    assert developed(picture, rgb.development, NIGHT, 5) is picture


def mean_code(weather=NOON, **attributes):
    picture = grey_picture(np.full((4, 4), 120))
    return float(
        developed(picture, development_of(asked("sensor.camera.rgb", **attributes)), weather, 0)[
            ..., 0
        ].mean()
    )


def test_exposure_follows_compensation_and_the_camera():
    assert mean_code(exposure_compensation=1.0) > mean_code() > mean_code(exposure_compensation=-1.0)
    manual = {"exposure_mode": "manual"}
    assert mean_code(**manual) == mean_code()
    # One stop each way: shutter, sensitivity and aperture agree.
    brighter = mean_code(exposure_compensation=1.0)
    assert mean_code(**manual, iso=200.0) == pytest.approx(brighter)
    assert mean_code(**manual, shutter_speed=100.0) == pytest.approx(brighter)
    assert mean_code(**manual, fstop=1.4 / math.sqrt(2.0)) == pytest.approx(brighter)
    # By hand it stays as it is when night falls; left to itself it adapts, as the renderer has done already.
    assert mean_code(NIGHT, **manual) < 0.7 * mean_code(NIGHT)
    assert mean_code(iso=800.0) == mean_code()
    assert mean_code(enable_postprocess_effects="false", exposure_compensation=3.0) == mean_code()


def test_gamma_brightens_the_middle_and_keeps_black_and_white():
    assert mean_code(gamma=3.0) > mean_code() > mean_code(gamma=1.5)
    ends = developed(grey_picture([[0, 255]]), Development(gamma=3.0), NOON, 0)
    assert ends[0, :, 0].tolist() == [0, 255]


def test_grain_has_its_deviation_and_comes_again_with_seed_and_frame():
    picture = grey_picture(np.full((100, 100), 128))
    grain = Development(grain=6.0, grain_seed=3)
    noisy = developed(picture, grain, NOON, 17)
    colours = noisy[..., :3].astype(np.float64)
    assert colours.mean() == pytest.approx(128.0, abs=0.2)
    assert colours.std() == pytest.approx(6.0, rel=0.03)
    assert set(noisy[..., 3].ravel().tolist()) == {128}
    assert np.array_equal(noisy, developed(picture, grain, NOON, 17))
    for other in (developed(picture, grain, NOON, 18), developed(picture, Development(grain=6.0), NOON, 17)):
        assert abs(np.corrcoef(colours.ravel(), other[..., :3].ravel())[0, 1]) < 0.03


def test_a_lens_bends_the_margin_and_leaves_the_middle():
    lens = Lens(-1.0, 0.0, 2.0, 1.0, 0.3, 0.3)
    picture = grey_picture(np.tile(np.arange(101), (101, 1)))
    bent = bent_colours(picture, lens)[..., 0].astype(int)
    assert bent[50, 50] == 50
    assert bent[0, 100] == pytest.approx(50 + 50 * 0.7, abs=1)
    assert (np.diff(bent[50]) >= 0).all()
    codes = np.where(np.arange(101) < 80, 3, 200)[None].repeat(101, axis=0)
    assert set(np.unique(bent_codes(codes, lens)).tolist()) == {3, 200}


def test_nothing_bends_while_the_circle_is_off():
    assert lens_of(asked("sensor.camera.depth", lens_k=-3.0, lens_kcube=2.0)) is None
    assert lens_of(asked("sensor.camera.depth", lens_circle_multiplier=1.0)) is not None


@pytest.mark.parametrize(
    ("type_id", "attributes", "named"),
    [
        ("sensor.camera.rgb", {"image_size_x": 0}, "image_size"),
        ("sensor.camera.rgb", {"image_size_x": 7680, "image_size_y": 4320}, "image_size 7680x4320"),
        ("sensor.camera.depth", {"fov": 0.0}, "fov"),
        ("sensor.camera.depth", {"fov": 180.0}, "fov"),
        ("sensor.camera.rgb", {"fstop": 0.0}, "fstop"),
        ("sensor.camera.rgb", {"exposure_compensation": 1e9}, "exposure_compensation"),
        ("sensor.camera.rgb", {"exposure_mode": "sunny"}, "exposure_mode"),
        ("sensor.camera.dvs", {"positive_threshold": 0.0}, "positive_threshold"),
        ("sensor.camera.rgb", {"sensor_tick": "nan"}, "sensor_tick"),
        ("sensor.other.radar", {"horizontal_fov": 180.0}, "horizontal_fov"),
        ("sensor.other.obstacle", {"distance": -1.0}, "distance"),
        ("sensor.other.gnss", {"noise_alt_stddev": 1e300}, "noise_alt_stddev"),
        ("sensor.other.imu", {"noise_gyro_bias_z": "inf"}, "noise_gyro_bias_z"),
    ],
)
def test_what_no_sensor_can_be_is_refused_in_one_line(type_id, attributes, named):
    with pytest.raises(WireError, match=named) as refusal:
        settings_of(asked(type_id, **attributes))
    assert "\n" not in str(refusal.value)


def test_the_smallest_picture_is_served():
    assert camera_settings(asked("sensor.camera.rgb", image_size_x=1, image_size_y=1)).optics.width == 1
    words = np.empty((1, 1), np.uint32)
    code_normals(np.full((1, 1), 5.0, np.float32), np.eye(4), 0.5, words)
    assert as_pixels(words)[0, 0].tolist() == [128, 128, 0, 255]
