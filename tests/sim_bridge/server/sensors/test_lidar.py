"""Lidars in worlds whose echoes can be worked out by hand."""

import math

import numpy as np
import pytest
from ray_scenes import box, floor, placed, scene

from sim_bridge.server.blueprints.library import blueprint_library, completed
from sim_bridge.server.renderer.scene import Instances, Tag
from sim_bridge.server.sensors.lidar import (
    LidarSettings,
    lidar_settings,
    points,
    semantic_points,
    sweep,
)
from sim_bridge.server.transforms import Pose, matrix
from sim_bridge.server.wire.actors import Description
from sim_bridge.server.wire.values import WireError

FAN = LidarSettings(4, 50.0, 8000, 10.0, 10.0, -30.0, 360.0)


def asked(type_id, **attributes):
    return completed(
        blueprint_library(), Description(0, type_id, {name: (4, str(v)) for name, v in attributes.items()})
    )


def test_the_fan_turns_on_with_time_and_its_channels_go_from_the_top_down():
    first = sweep(FAN, 0.0, 0.05)
    assert first.points == 100
    assert first.angle_deg == pytest.approx(180.0)
    fan = first.directions.reshape(4, 100, 3)
    altitude = np.degrees(np.arcsin(fan[:, 0, 2]))
    assert altitude == pytest.approx([10.0, -10.0 / 3.0, -50.0 / 3.0, -30.0])
    azimuth = np.degrees(np.arctan2(fan[1, :, 1], fan[1, :, 0]))
    assert azimuth == pytest.approx(np.arange(100) * 1.8 - 180.0)
    second = sweep(FAN, first.angle_deg, 0.05).directions.reshape(4, 100, 3)
    assert np.degrees(np.arctan2(second[1, :, 1], second[1, :, 0])) == pytest.approx(np.arange(100) * 1.8)


def test_a_narrow_fan_swings_within_its_opening():
    narrow = LidarSettings(1, 50.0, 1000, 10.0, 0.0, 0.0, 60.0)
    swept = sweep(narrow, 50.0, 0.1)
    azimuth = np.degrees(np.arctan2(swept.directions[:, 1], swept.directions[:, 0]))
    assert azimuth.min() >= -30.0
    assert azimuth.max() < 30.0
    assert azimuth[0] == pytest.approx(20.0)
    assert swept.angle_deg == pytest.approx(50.0)


def test_no_time_and_no_points_give_an_empty_message():
    assert sweep(FAN, 12.0, 0.0).points == 0
    swept = sweep(LidarSettings(4, 50.0, 0, 10.0, 10.0, -30.0, 360.0), 12.0, 0.05)
    here = scene(chunks=[floor()])
    cloud, counts = semantic_points(FAN, swept, np.eye(4), here, here.placed(Instances.none()), 0)
    assert (len(cloud), counts, swept.angle_deg) == (0, [0, 0, 0, 0], 12.0)


def test_points_are_in_the_sensors_axes_with_cosine_id_and_tag():
    here = scene([box((1.0, 2.0, 1.0))], [floor()])
    # The lidar is 2 m up, turned to +y and rolled: the box is straight ahead of it.
    pose = matrix(Pose(0.0, 0.0, 2.0, 0.0, math.pi / 2.0, 0.2))
    things = here.placed(placed(0, [(0.0, 11.0, 2.0, 0.0, 0.0, 0.0)], [42]))
    cloud, counts = semantic_points(FAN, sweep(FAN, 0.0, 0.1), pose, here, things, 0)
    assert sum(counts) == len(cloud)
    world = cloud["point"] @ pose[:3, :3].T + pose[:3, 3]
    on_box = cloud["object_id"] == 42
    assert on_box.any()
    assert set(cloud["tag"][on_box].tolist()) == {Tag.CAR}
    assert world[on_box, 1].min() == pytest.approx(9.0, abs=1e-4)
    on_floor = ~on_box
    assert set(cloud["object_id"][on_floor].tolist()) == {0}
    assert set(cloud["tag"][on_floor].tolist()) == {Tag.ROADS}
    assert world[on_floor, 2] == pytest.approx(np.zeros(int(on_floor.sum())), abs=1e-4)
    length = np.linalg.norm(cloud["point"], axis=1)
    assert cloud["facing"][on_floor] == pytest.approx(2.0 / length[on_floor], rel=1e-4)
    assert length.max() <= FAN.range_m


def test_intensity_fades_and_weak_echoes_are_lost_as_carla_says():
    many = LidarSettings(1, 1000.0, 60_000, 1.0, -0.5, -0.5, 360.0, 0.004, 0.45, 0.8, 0.4, 0.0)
    here = scene(chunks=[floor(1000.0)])
    pose, noise = matrix(Pose(z=1.0)), np.random.default_rng(1)
    swept = sweep(many, 0.0, 1.0)
    cloud, counts = points(many, swept, pose, here, here.placed(Instances.none()), 0, noise)
    distance = 1.0 / math.sin(math.radians(0.5))
    intensity = math.exp(-0.004 * distance)
    assert intensity < 0.8
    assert cloud[:, 3] == pytest.approx(np.full(len(cloud), intensity), rel=1e-5)
    kept = 0.55 * (0.6 + 0.4 / 0.8 * intensity)
    assert len(cloud) / 60_000 == pytest.approx(kept, abs=0.008)
    assert counts == [len(cloud)]


def test_noise_moves_points_along_their_rays_only():
    noisy = LidarSettings(1, 100.0, 20_000, 1.0, -30.0, -30.0, 360.0, noise_stddev=0.2)
    here = scene(chunks=[floor()])
    swept = sweep(noisy, 0.0, 1.0)
    cloud, _ = points(
        noisy, swept, matrix(Pose(z=5.0)), here, here.placed(Instances.none()), 0, np.random.default_rng(2)
    )
    distance = np.linalg.norm(cloud[:, :3], axis=1)
    assert distance.mean() == pytest.approx(10.0, abs=0.01)
    assert distance.std() == pytest.approx(0.2, rel=0.05)
    assert cloud[:, :3] / distance[:, None] == pytest.approx(swept.directions, abs=1e-5)


def test_without_losses_a_lidar_sees_just_what_a_semantic_one_sees():
    clear = LidarSettings(4, 50.0, 40000, 10.0, 10.0, -30.0, 360.0, 0.004, 0.0, 0.0, 0.4, 0.0)
    here = scene(chunks=[floor(), box((1.0, 1.0, 3.0), (8.0, 0.0, 0.0))])
    swept, pose, none = sweep(clear, 30.0, 0.05), matrix(Pose(z=2.0)), here.placed(Instances.none())
    cloud, counts = points(clear, swept, pose, here, none, 0, np.random.default_rng(0))
    semantic, semantic_counts = semantic_points(clear, swept, pose, here, none, 0)
    assert counts == semantic_counts
    assert np.array_equal(cloud[:, :3], semantic["point"])


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({"channels": 0}, "channels"),
        ({"channels": 100000}, "channels"),
        ({"range": -1.0}, "range"),
        ({"points_per_second": -5}, "points_per_second"),
        ({"horizontal_fov": 0.0}, "horizontal_fov"),
        ({"upper_fov": "nan"}, "upper_fov"),
        ({"dropoff_general_rate": 1.5}, "dropoff_general_rate"),
        ({"noise_stddev": 1e30}, "noise_stddev"),
    ],
)
def test_what_no_lidar_can_be_is_refused_in_one_line(attributes, named):
    with pytest.raises(WireError, match=named) as refusal:
        lidar_settings(asked("sensor.lidar.ray_cast", **attributes))
    assert "\n" not in str(refusal.value)


def test_the_longest_time_does_not_ask_for_more_rays_than_memory_holds():
    greedy = LidarSettings(1024, 50.0, 50_000_000, 10.0, 10.0, -30.0, 360.0)
    assert len(sweep(greedy, 0.0, 0.2).directions) <= 4_100_000


def test_a_whole_number_may_be_written_as_a_float_as_carlas_examples_do():
    assert lidar_settings(asked("sensor.lidar.ray_cast", channels="64.0")).channels == 64
    for text in ("many", "inf", "nan", ""):
        with pytest.raises(WireError, match="channels is no int"):
            asked("sensor.lidar.ray_cast", channels=text)
