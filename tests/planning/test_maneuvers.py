"""Maneuvers in the planner's own closed loop; each test is a sentence about what the ego does."""

import numpy as np
import pytest
from planning_loop import (
    SHAPE,
    Actor,
    Drive,
    Noise,
    Plant,
    corner,
    moving,
    stands,
    straight_street,
    winding,
)

from data.types import LightState, ObjectClass

KMH = 1 / 3.6
RED, YELLOW, GREEN = LightState.RED, LightState.YELLOW, LightState.GREEN
BADLY_SEEN = Noise(distance=0.1, velocity_mps=0.7, dropout=0.1, flicker=0.02, lane_m=0.1, seed=3)


def before_line(log, line):
    return line - (log.x[-1] + SHAPE.front_m)


@pytest.mark.parametrize("noise", [None, BADLY_SEEN], ids=["seen well", "seen badly"])
def test_from_60_kmh_the_ego_stops_2_to_6_m_behind_a_stopped_car(noise):
    drive = Drive(straight_street(limit=62 * KMH), [moving(170, 0, 0, 0)], noise=noise, speed=60 * KMH)
    log = drive.run(40, until=stands)
    assert not log.hit
    assert not any(log.emergency)
    assert log.speed[-1] == pytest.approx(0.0, abs=0.02)
    assert 2.0 <= log.gap[-1] <= 6.0
    assert log.hardest_brake <= 3.5


@pytest.mark.parametrize("speed", [6.0, 10.0, 12.0])
def test_the_ego_follows_a_lead_at_a_headway_of_about_one_and_a_half_seconds(speed):
    log = Drive(straight_street(900), [moving(45, 0, 0, speed)], speed=speed).run(25)
    assert log.speed[-1] == pytest.approx(speed, abs=0.3)
    assert 1.4 <= log.gap[-1] / speed <= 2.0


def test_following_a_badly_seen_lead_stays_calm():
    log = Drive(straight_street(900), [moving(30, 0, 0, 10)], noise=BADLY_SEEN, speed=10).run(25)
    assert min(log.gap) > 8.0
    assert np.abs(log.array("acceleration")[200:]).max() < 2.5
    assert not any(log.emergency)


@pytest.mark.parametrize("deceleration", [2.0, 4.0, 6.0])
def test_a_lead_that_brakes_to_a_stop_is_not_hit(deceleration):
    lead = moving(30, 0, 0, 12, acceleration=-deceleration, after=4.0)
    log = Drive(straight_street(), [lead], speed=12).run(25, until=stands)
    assert not log.hit
    assert min(log.gap) > 1.0


def test_the_ego_follows_a_lead_that_sets_off_again():
    lead = moving(40, 0, 0, 0, acceleration=1.5, after=12.0, until=20.0)
    log = Drive(straight_street(), [lead], speed=8).run(19)
    assert not log.hit
    assert min(log.speed[100:240]) < 0.1
    assert log.speed[-1] > 4.0


@pytest.mark.parametrize("speed", [4.0, 9.0, 13.0])
def test_the_ego_stops_at_a_red_light_just_before_the_line(speed):
    log = Drive(straight_street(stop_at=100), light=lambda t: RED, speed=speed).run(60, until=stands)
    assert log.speed[-1] == 0.0
    assert 0.5 <= before_line(log, 100) <= 4.0
    assert log.hardest_brake <= 3.0


def test_the_ego_goes_on_when_the_light_turns_green():
    light = lambda t: RED if t < 20 else GREEN  # noqa: E731
    log = Drive(straight_street(stop_at=100), light=light, speed=12).run(26)
    assert min(log.speed) < 0.05
    assert before_line(log, 100) < 0.0
    started = log.t[int(np.flatnonzero((log.array("t") > 20) & (log.array("speed") > 0.5))[0])]
    assert started < 21.5


def test_a_green_light_does_not_slow_the_ego():
    log = Drive(straight_street(stop_at=150), light=lambda t: GREEN, speed=13).run(15)
    assert min(log.speed) >= 12.9


@pytest.mark.parametrize("distance", [30.0, 40.0, 60.0])
def test_the_ego_stops_for_a_yellow_that_it_can_stop_for(distance):
    """At 12 m/s: 3 m/s2 needs 27 m with the time to react."""
    line = 5.75 + distance
    light = lambda t: GREEN if t < 0.05 else YELLOW if t < 3.05 else RED  # noqa: E731
    log = Drive(straight_street(stop_at=line), light=light, speed=12).run(15, until=stands)
    assert log.speed[-1] == 0.0
    assert 0.0 < before_line(log, line) <= 4.0


def test_the_ego_passes_a_yellow_that_comes_too_late_to_stop_and_is_over_the_line_before_red():
    line = 5.75 + 18.0
    red_since = 3.05
    light = lambda t: GREEN if t < 0.05 else YELLOW if t < red_since else RED  # noqa: E731
    log = Drive(straight_street(stop_at=line), light=light, speed=12).run(8)
    assert min(log.speed) > 11.0
    over = log.array("x") + SHAPE.front_m > line
    assert log.array("t")[over][0] < red_since


@pytest.mark.parametrize("seen_from_m", [21.0, 27.0])
def test_a_red_seen_late_is_braked_for_hard(seen_from_m):
    drive = Drive(straight_street(stop_at=80), speed=12)
    drive.light = lambda t: RED if 80 - drive.state[0] - SHAPE.front_m < seen_from_m else GREEN
    log = drive.run(20, until=stands)
    assert log.speed[-1] == 0.0
    assert before_line(log, 80) > -0.5


def test_a_red_that_leaves_the_picture_near_the_line_stays_red():
    drive = Drive(straight_street(stop_at=80), speed=10)
    drive.light = lambda t: RED if 80 - drive.state[0] - SHAPE.front_m > 6.0 else None
    log = drive.run(30)
    assert log.speed[-1] == 0.0
    assert before_line(log, 80) > 0.0


def test_one_misread_green_does_not_send_the_ego_over_a_red():
    light = lambda t: GREEN if round(t / 0.05) % 20 == 0 else RED  # noqa: E731
    log = Drive(straight_street(stop_at=80), light=light, speed=10).run(25)
    assert log.speed[-1] == 0.0
    assert before_line(log, 80) > 0.0


def test_an_unread_light_is_waited_at_and_then_passed_slowly():
    log = Drive(straight_street(stop_at=80), light=lambda t: None, speed=10).run(30)
    waiting = log.array("speed") < 0.05
    assert 9.0 < waiting.sum() * 0.05 < 12.0
    assert before_line(log, 80) < 0.0
    crossing = np.abs(log.array("x") + SHAPE.front_m - 80) < 2.0
    assert log.array("speed")[crossing].max() < 3.5


def test_an_unread_light_that_turns_out_green_costs_little():
    drive = Drive(straight_street(stop_at=120), speed=12)
    drive.light = lambda t: GREEN if 120 - drive.state[0] - SHAPE.front_m < 30 else None
    log = drive.run(14)
    assert min(log.speed) > 8.0


def test_a_dark_light_is_passed_at_a_creep():
    log = Drive(straight_street(stop_at=80), light=lambda t: LightState.OFF, speed=10).run(25)
    assert before_line(log, 80) < 0.0
    crossing = np.abs(log.array("x") + SHAPE.front_m - 80) < 1.0
    assert log.array("speed")[crossing].max() < 3.7


@pytest.mark.parametrize("noise", [None, BADLY_SEEN], ids=["seen well", "seen badly"])
def test_the_ego_passes_an_oncoming_car_without_braking(noise):
    log = Drive(straight_street(), [moving(200, 3.5, np.pi, 10)], noise=noise, speed=12).run(15)
    assert not log.hit
    assert min(log.speed) > 11.5


def test_the_ego_passes_oncoming_cars_on_a_winding_road_without_braking():
    alone = Drive(winding(80), speed=9).run(12)
    drive = Drive(winding(80), speed=9)
    centre = drive.truth[::-1]
    heading = np.arctan2(*np.gradient(centre, axis=0).T[::-1])
    left = 3.5 * np.column_stack([-np.sin(heading), np.cos(heading)])

    def oncoming(start):
        def motion(t):
            index = int(np.clip(start + 9.0 * t, 0, len(centre) - 1))
            side = centre[index] - left[index]
            return side[0], side[1], heading[index], 9.0

        return Actor(motion, name=start)

    drive.actors = [oncoming(start) for start in (0, 40, 80)]
    log = drive.run(12)
    assert not log.hit
    assert np.abs(log.array("speed") - alone.array("speed")).max() < 0.7


def test_the_ego_passes_parked_cars_at_the_kerb_without_stopping():
    parked = [moving(60 + 9 * i, -2.55, 0, 0, name=i) for i in range(5)]
    log = Drive(straight_street(), parked, speed=12, noise=Noise(distance=0.05)).run(15)
    assert not log.hit
    assert min(log.speed) > 9.0


@pytest.mark.parametrize("speed", [8.0, 13.0])
@pytest.mark.parametrize("start_y", [-6.0, -3.5])
@pytest.mark.parametrize("noise", [None, BADLY_SEEN], ids=["seen well", "seen badly"])
def test_the_ego_lets_a_crossing_pedestrian_pass(speed, start_y, noise):
    walker = moving(2 + 4.2 * speed, start_y, np.pi / 2, 1.4, kind=ObjectClass.PEDESTRIAN)
    log = Drive(straight_street(), [walker], noise=noise, speed=speed).run(16)
    assert not log.hit
    assert min(log.gap) > 0.7
    assert log.speed[-1] > 8.0


def test_the_ego_stops_before_a_pedestrian_who_stands_in_the_lane():
    log = Drive(straight_street(), [moving(90, 0.5, 0, 0, kind=ObjectClass.PEDESTRIAN)], speed=13).run(
        25, until=stands
    )
    assert log.speed[-1] < 0.05
    assert 1.5 < log.gap[-1] < 6.0


def test_a_pedestrian_on_the_pavement_does_not_stop_the_ego():
    log = Drive(straight_street(), [moving(60, -4.0, 0, 1.4, kind=ObjectClass.PEDESTRIAN)], speed=12).run(12)
    assert min(log.speed) > 11.5


def test_the_ego_stays_behind_a_cyclist_in_its_lane():
    log = Drive(straight_street(), [moving(60, -1.0, 0, 4.5, kind=ObjectClass.BICYCLE)], speed=12).run(20)
    assert not log.hit
    assert log.speed[-1] == pytest.approx(4.5, abs=0.3)


def test_a_car_that_crosses_at_a_junction_is_let_pass():
    log = Drive(straight_street(), [moving(70, -28, np.pi / 2, 6)], speed=11).run(20)
    assert not log.hit
    assert log.speed[-1] > 10.0


def test_a_car_that_cuts_in_is_followed_without_a_collision():
    def motion(t):
        share = np.clip((t - 2.0) / 2.5, 0.0, 1.0)
        drift = -3.5 / 2.5 if 0.0 < share < 1.0 else 0.0
        return 28 + 9 * t, 3.5 * (1.0 - share), np.arctan2(drift, 9.0), np.hypot(drift, 9.0)

    log = Drive(straight_street(), [Actor(motion)], speed=12).run(18)
    assert not log.hit
    assert min(log.gap) > 4.0
    assert log.hardest_brake < 4.0
    assert not any(log.emergency)
    assert log.speed[-1] == pytest.approx(9.0, abs=0.4)


@pytest.mark.parametrize("angle", [np.pi / 2, -np.pi / 2])
def test_a_junction_turn_of_12_m_radius_is_driven_within_0_3_m(angle):
    log = Drive(corner(12.0, angle), speed=8).run(18)
    assert np.abs(log.array("offset")).max() < 0.3


def test_the_lateral_acceleration_in_curves_stays_comfortable():
    drive = Drive(corner(12.0, np.pi / 2), speed=12)
    log = drive.run(14)
    rate = log.array("speed") * np.tan(log.array("steering")) / SHAPE.wheelbase_m
    assert np.abs(rate * log.array("speed")).max() < 2.7


@pytest.mark.parametrize("graph", [straight_street(), winding(60)], ids=["straight", "winding"])
def test_noisy_lanes_are_kept_within_0_2_m(graph):
    log = Drive(graph, speed=8, noise=Noise(lane_m=0.15, seed=1)).run(15)
    assert np.abs(log.array("offset")).max() < 0.2


def test_the_perceived_lane_is_followed_when_the_map_lies_0_4_m_beside_it():
    log = Drive(straight_street(), noise=Noise(map_shift_m=0.4), speed=8).run(15)
    assert np.abs(log.array("offset")[200:]).max() < 0.1


def test_a_localisation_error_learnt_before_a_junction_helps_through_it():
    class Shifted(Drive):
        """Localised 0.5 m too far east and north."""

        def scene(self):
            self.navigator.locate, locate = self._shifted, self.navigator.locate
            self._locate = locate
            try:
                return super().scene()
            finally:
                del self.navigator.locate

        def _shifted(self, ego):
            pose = ego.pose
            moved = type(pose)(pose.x_m, pose.y_m + 0.5, pose.yaw_rad)
            return self._locate(type(ego)(ego.t_ns, moved, ego.speed_mps))

    log = Shifted(corner(15.0, np.pi / 2), speed=8).run(14)
    assert np.abs(log.array("offset")[40:]).max() < 0.4


def test_without_a_route_the_lane_alone_is_followed():
    log = Drive(winding(100), use_route=False, speed=8, noise=Noise(lane_m=0.05)).run(15)
    assert np.abs(log.array("offset")).max() < 0.35
    assert log.speed[-1] > 8.0


def test_a_lost_lane_without_a_route_ends_in_a_controlled_stop():
    drive = Drive(straight_street(), use_route=False, speed=10)
    drive.run(3)
    drive.use_lanes = False
    log = drive.run(12, until=stands)
    assert log.speed[-1] == 0.0
    assert log.hardest_brake < 3.2
    assert "neither route nor lane" in log.reasons[-1]


def test_the_ego_stops_at_the_end_of_its_route():
    drive = Drive(straight_street(150), speed=8)
    log = drive.run(30, until=stands)
    assert log.speed[-1] == 0.0
    assert 0.0 < 150 - log.x[-1] - SHAPE.front_m < 3.0


def test_demand_jerk_and_acceleration_stay_within_comfort_where_nothing_is_urgent():
    light = lambda t: RED if t < 25 else GREEN  # noqa: E731
    log = Drive(straight_street(stop_at=150), [moving(60, 0, 0, 9)], light=light, speed=10).run(40)
    rolling = log.array("speed")[1:] > 0.1
    assert log.demand_jerk[rolling].max() <= 4.0
    assert log.array("demand").max() <= 1.81
    assert log.array("demand").min() >= -3.5


@pytest.mark.parametrize("throttle", [0.5, 2.0])
@pytest.mark.parametrize("brake", [0.5, 2.0])
def test_pedals_of_half_or_twice_the_believed_strength_still_drive_and_stop(throttle, brake):
    plant = Plant(full_throttle=3.5 * throttle, full_brake=8.5 * brake)
    log = Drive(straight_street(stop_at=200), light=lambda t: RED, plant=plant).run(60, until=stands)
    assert max(log.speed) > 11.5
    assert max(log.speed) < 14.2
    assert log.speed[-1] == 0.0
    assert 0.0 <= before_line(log, 200) <= 4.0
    assert log.hardest_brake < 4.5


@pytest.mark.parametrize("gain", [0.8, 1.2])
def test_a_steering_that_turns_a_fifth_more_or_less_still_keeps_the_lane(gain):
    log = Drive(winding(60), plant=Plant(steer_gain=gain), speed=8).run(15)
    assert np.abs(log.array("offset")).max() < 0.35


def test_the_ego_makes_good_way_in_an_empty_street():
    log = Drive(straight_street(700)).run(40)
    assert log.x[-1] > 450.0
    assert max(log.speed) <= 50 * KMH + 0.1


def test_two_runs_of_the_same_scene_are_the_same():
    runs = [Drive(winding(60), [moving(50, 0, 0, 4)], noise=BADLY_SEEN).run(8) for _ in range(2)]
    assert runs[0].demand == runs[1].demand
    assert runs[0].steering == runs[1].steering
