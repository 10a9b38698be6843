"""Presets, their table, and CARLA's physics control."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sim_bridge.server.transforms import Pose
from sim_bridge.server.vehicle.parameters import PRESETS, ParameterTable, preset
from sim_bridge.server.vehicle.physics_control import physics_control_of, with_physics_control
from sim_bridge.server.wire.vehicles import pack_physics_control, read_physics_control


def test_a_stretched_preset_keeps_its_proportions():
    base, long = PRESETS["car"], preset("car", half_extents=(2.585, 1.012, 0.73), mass=1740.0)
    assert long.wheelbase == pytest.approx(1.1 * base.wheelbase)
    assert long.track_width == pytest.approx(1.1 * base.track_width)
    assert long.torque_curve[3][1] == pytest.approx(1.2 * base.torque_curve[3][1])
    assert long.yaw_inertia > base.yaw_inertia


def test_an_unknown_kind_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match=r"expected one of car, suv.*got 'tank'"):
        preset("tank")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mass": 0.0}, "mass: expected a positive number"),
        ({"wheel_radius": math.nan}, "wheel_radius: expected a finite number"),
        ({"cg_to_rear": 3.0}, "cg_to_rear: expected between 0 and wheelbase"),
        ({"gear_ratios": ()}, "gear_ratios: expected 1 to 12"),
        ({"torque_curve": ()}, "torque_curve: expected 1 to 16 points"),
        (
            {"torque_curve": ((2000.0, 1.0), (1000.0, 1.0))},
            "torque_curve: expected finite points in rising order",
        ),
        ({"steering_curve": ((0.0, math.inf),)}, "steering_curve: expected finite points"),
    ],
)
def test_impossible_vehicles_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(PRESETS["car"], **change)


def test_the_table_has_a_row_for_each_vehicle_with_padded_curves():
    table = ParameterTable.of([PRESETS["car"], PRESETS["bicycle"]])
    assert len(table) == 2
    assert table.rows["gear_count"].tolist() == [6, 3]
    assert table.rows["steering_curve"][0, -1].tolist() == [120.0, 0.7]
    assert table.rows["mass"].tolist() == [1450.0, 92.0]


@pytest.mark.parametrize("kind", list(PRESETS))
def test_setting_the_physics_control_one_got_changes_nothing(kind):
    vehicle = PRESETS[kind]
    sent = pack_physics_control(physics_control_of(vehicle, Pose(10.0, 20.0, 1.0, 0.1, 2.0, 0.0)))
    back = with_physics_control(vehicle, read_physics_control(sent))
    got, had = ParameterTable.of([back]).rows, ParameterTable.of([vehicle]).rows
    for name in had.dtype.names:
        np.testing.assert_allclose(got[name], had[name], rtol=1e-9, err_msg=name)


def test_wheels_are_named_front_left_first_in_centimetres_in_the_world():
    wheels = physics_control_of(PRESETS["car"], Pose(10.0, 20.0, 0.0, 0.0, math.pi / 2.0, 0.0)).wheels
    # Heading along +y, left is +x.
    assert wheels[0].position == pytest.approx((1078.0, 2137.5, 33.0))
    assert wheels[3].position == pytest.approx((922.0, 1862.5, 33.0))
    assert (wheels[0].max_steer_angle, wheels[2].max_steer_angle) == pytest.approx((70.0, 0.0))
    assert wheels[0].tire_friction == pytest.approx(3.5)


def test_a_client_makes_the_road_slippery_and_the_car_heavy():
    control = physics_control_of(PRESETS["car"], Pose())
    ice = tuple(replace(wheel, tire_friction=0.35) for wheel in control.wheels)
    changed = with_physics_control(PRESETS["car"], replace(control, mass=2900.0, wheels=ice))
    assert changed.friction == pytest.approx(0.1)
    assert changed.yaw_inertia == pytest.approx(2.0 * PRESETS["car"].yaw_inertia)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wheels": ()}, "expected 4 wheels, got 0"),
        ({"forward_gears": ()}, "expected 1 to 12 points or gears"),
        ({"torque_curve": tuple((float(k), 1.0) for k in range(40))}, "expected 1 to 16 points"),
        ({"mass": -1.0}, "mass: expected a positive number"),
    ],
)
def test_a_physics_control_no_vehicle_can_have_is_refused(change, message):
    control = replace(physics_control_of(PRESETS["car"], Pose()), **change)
    with pytest.raises(ValueError, match=message):
        with_physics_control(PRESETS["car"], control)
