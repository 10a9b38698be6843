"""A session with a real server and the real client: what it gives, and what it leaves behind."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import carla
import numpy as np
import pytest

from data.types import Control
from sim_bridge.client import SessionSettings, SimulatorSession, default_front_camera
from sim_bridge.embedded import start_embedded_server
from sim_bridge.errors import SimulatorError
from sim_bridge.sensors import SensorNoise
from tests.sim_bridge.fake_server import server_of_version

STREET = """<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4" name="ring">
<geoReference><![CDATA[+proj=tmerc +lat_0=22.5 +lon_0=113.9]]></geoReference></header>{roads}</OpenDRIVE>"""
ROAD = """<road name="" length="{length}" id="{id}" junction="-1"><link>
<predecessor elementType="road" elementId="{other}" contactPoint="end"/>
<successor elementType="road" elementId="{other}" contactPoint="start"/></link>
<type s="0" type="town"><speed max="50" unit="km/h"/></type>
<planView><geometry s="0" x="0" y="{y}" hdg="{heading}" length="{length}"><arc curvature="0.02"/></geometry>
</planView><lanes><laneSection s="0"><center><lane id="0" type="none">
<roadMark sOffset="0" type="broken" width="0.13"/></lane></center><right><lane id="-1" type="driving">
<link><predecessor id="-1"/><successor id="-1"/></link><width sOffset="0" a="3.5" b="0" c="0" d="0"/>
<roadMark sOffset="0" type="solid" width="0.13"/></lane></right></laneSection></lanes></road>"""

CAMERA = default_front_camera(160, 96)
SILENT = SensorNoise(0.0, 0.0, 0.0)


def ring():
    """A circle of 50 m radius in two halves, one lane, driven counter-clockwise."""
    half = np.pi * 50.0
    roads = ROAD.format(id=1, other=2, length=half, y=-50.0, heading=0.0)
    roads += ROAD.format(id=2, other=1, length=half, y=50.0, heading=np.pi)
    return STREET.format(roads=roads)


@pytest.fixture(scope="module")
def ring_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("maps") / "ring.xodr"
    path.write_text(ring())
    return path


@pytest.fixture(scope="module")
def server(ring_path):
    with start_embedded_server(str(ring_path)) as address:
        yield address


def settings(server, **changes):
    return SessionSettings(**({"port": server.port, "cameras": (CAMERA,), "noise": SILENT} | changes))


def left_behind(server):
    """What lives on the server that a session would have made."""
    client = carla.Client(server.host, server.port)
    client.set_timeout(10.0)
    world = client.get_world()
    time.sleep(0.1)
    kinds = ("vehicle.", "sensor.")
    return [actor.type_id for actor in world.get_actors() if actor.type_id.startswith(kinds)]


def test_frames_count_from_zero_in_exact_steps_and_belong_to_their_instant(server):
    with SimulatorSession(settings(server)) as session:
        for number in range(30):
            frame = session.tick()
            assert (frame.frame, frame.t_ns) == (number, number * 50_000_000)
            assert frame.images[0].rgb.shape == (96, 160, 3)
            assert frame.images[0].t_ns == frame.ego.t_ns == frame.t_ns
            # Without noise GNSS and compass tell the pose: a reading of another frame would be off.
            x, y, _ = frame.ego.position_m
            assert (x, y) == pytest.approx((frame.truth.pose.x_m, frame.truth.pose.y_m), abs=2e-3)
            assert frame.ego.yaw_rad == pytest.approx(frame.truth.pose.yaw_rad, abs=1e-4)
            assert frame.ego.speed_mps == pytest.approx(frame.truth.speed_mps, abs=1e-3)
            session.apply(Control(frame.t_ns, 0.8, 0.0, 0.03))
        assert frame.truth.speed_mps > 1.0
        assert frame.ego.acceleration_mps2 > 0.5
        assert frame.ego.steering_angle_rad == pytest.approx(0.03, rel=0.1)
        assert frame.ego.yaw_rate_radps > 0.0


def test_the_session_knows_car_and_map(server):
    with SimulatorSession(settings(server)) as session:
        assert session.versions == {"carla_client": "0.9.16", "carla_server": "0.9.16"}
        assert 2.2 < session.shape.wheelbase_m < 3.5
        assert session.shape.front_m > session.shape.wheelbase_m
        assert 0.0 < session.shape.rear_m < 2.0
        assert len(session.lane_graph.lanes) == 2
        truth = session.tick().truth
        assert abs(truth.lane_offset_m) < 0.1
        assert truth.lane_width_m == pytest.approx(3.5, abs=0.01)
        assert truth.lanes.left is not None
        assert truth.lanes.right is not None


def test_other_cars_drive_and_are_seen_by_the_truth(server):
    with SimulatorSession(settings(server, traffic=4)) as session:
        assert session.other_cars == 4
        for _ in range(40):
            frame = session.tick()
        objects = frame.truth.objects
        assert len(objects) >= 1
        assert np.hypot(*objects.velocities_mps.T).max() > 1.0
    assert left_behind(server) == []


def test_the_same_seed_gives_the_same_frames(server):
    def drive():
        with SimulatorSession(settings(server, traffic=3, seed=5, noise=SensorNoise())) as session:
            return [session.tick() for _ in range(10)]

    for first, second in zip(drive(), drive(), strict=True):
        assert first.ego == second.ego
        assert first.truth.pose == second.truth.pose
        np.testing.assert_array_equal(first.truth.objects.positions_m, second.truth.objects.positions_m)
        np.testing.assert_array_equal(first.truth.objects.track_ids, second.truth.objects.track_ids)


def test_running_into_a_car_is_a_collision_that_the_ego_caused(server):
    with SimulatorSession(settings(server)) as session:
        world = session._world  # the test plays the other client: it puts a car in the way
        place = session._ego.get_transform()
        forward = place.get_forward_vector()
        place.location += carla.Location(x=12.0 * forward.x, y=12.0 * forward.y, z=0.1)
        other = world.spawn_actor(world.get_blueprint_library().find("vehicle.audi.tt"), place)
        try:
            collisions = []
            for _ in range(120):
                frame = session.tick()
                collisions += frame.truth.collisions
                session.apply(Control(frame.t_ns, 0.7, 0.0, 0.0))
                if collisions:
                    break
        finally:
            other.destroy()
    assert collisions[0].other_kind == "vehicle.audi.tt"
    assert collisions[0].at_fault
    assert collisions[0].impulse_ns > 0.0


def test_settings_come_back_and_nothing_stays_after_an_exception(server):
    client = carla.Client(server.host, server.port)
    client.set_timeout(10.0)
    world = client.get_world()
    changed = world.get_settings()
    changed.synchronous_mode, changed.fixed_delta_seconds = True, 0.1
    world.apply_settings(changed)

    def fail():
        with SimulatorSession(settings(server, traffic=2)) as session:
            session.tick()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert world.get_settings().synchronous_mode
    assert world.get_settings().fixed_delta_seconds == pytest.approx(0.1)
    assert left_behind(server) == []


INTERRUPTED = """
import sys
import threading
from sim_bridge.client import SessionSettings, SimulatorSession, default_front_camera
settings = SessionSettings(port={port}, traffic=2, cameras=(default_front_camera(160, 96),))
with SimulatorSession(settings) as session:
    print("driving", flush=True)
    while True:
        session.tick()
"""


def test_ctrl_c_leaves_nothing_behind(server):
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED.format(port=server.port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while process.stdout.readline().strip() != "driving":
            assert process.poll() is None, process.stderr.read()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors
    assert left_behind(server) == []


def test_a_server_in_which_another_client_drives_is_left_alone(server):
    with SimulatorSession(settings(server)) as session:
        refused = []

        def intrude():
            try:
                with SimulatorSession(settings(server)):
                    pass
            except SimulatorError as error:
                refused.append(str(error))

        intruder = threading.Thread(target=intrude)
        intruder.start()
        frames = 0
        while intruder.is_alive():
            frames = session.tick().frame
        intruder.join()
        assert "another client drives" in refused[0]
        assert session.tick().frame == frames + 1


def test_a_server_that_a_dead_client_left_standing_still_is_free(server):
    client = carla.Client(server.host, server.port)
    client.set_timeout(10.0)
    world = client.get_world()
    wanted = world.get_settings()
    wanted.synchronous_mode, wanted.fixed_delta_seconds = True, 0.05
    world.apply_settings(wanted)
    place = world.get_map().get_spawn_points()[0]
    left = world.spawn_actor(world.get_blueprint_library().find("vehicle.audi.tt"), place)
    world.tick()
    try:
        with SimulatorSession(settings(server, spawn_index=3)) as session:
            assert session.tick().frame == 0
    finally:
        left.destroy()
        world.tick()


def test_a_town_is_loaded_by_the_path_of_its_file(server, ring_path):
    with SimulatorSession(settings(server, town=str(ring_path), traffic=1)) as session:
        assert len(session.lane_graph.lanes) == 2
        assert session.tick().t_ns == 0
        assert session.tick().t_ns == 50_000_000


@pytest.mark.parametrize("traffic", [0, 2])
def test_a_server_that_dies_in_mid_drive_is_told_in_one_line(ring_path, traffic):
    with start_embedded_server(str(ring_path)) as address:

        def drive():
            with SimulatorSession(settings(address, traffic=traffic, timeout_s=3.0)) as session:
                for number in range(100):
                    session.tick()
                    if number == 5:
                        os.kill(address.pid, signal.SIGKILL)

        with pytest.raises(SimulatorError, match=r"is it still running\?") as caught:
            drive()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"town": "Atlantis"}, r"no town 'Atlantis'; it has .*Nanshan01"),
        ({"town": "missing.xodr"}, r"missing\.xodr: cannot be read"),
        ({"weather": "Sunny"}, r"unknown weather 'Sunny'; choose one of .*ClearNoon"),
        (
            {"ego_blueprint": "vehicle.tesla.model9"},
            r"unknown vehicle blueprint 'vehicle\.tesla\.model9'; .*model3",
        ),
        ({"spawn_index": 9999}, r"spawn point 9999 does not exist; the map has 0 to \d+"),
    ],
)
def test_what_the_server_does_not_have_is_told_with_what_it_has(server, changes, words):
    with pytest.raises(SimulatorError, match=words) as caught, SimulatorSession(settings(server, **changes)):
        pass
    assert "\n" not in str(caught.value)
    assert left_behind(server) == []


def test_nobody_listening_is_told_at_once():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begin = time.monotonic()
    with (
        pytest.raises(SimulatorError, match=rf"no simulator listens at 127\.0\.0\.1:{port}"),
        SimulatorSession(SessionSettings(port=port)),
    ):
        pass
    assert time.monotonic() - begin < 2.0


def test_a_server_of_another_version_is_told_with_both_versions():
    with (
        server_of_version("0.9.15") as port,
        pytest.raises(SimulatorError, match=r"has version 0\.9\.15, the installed carla client 0\.9\.16"),
        SimulatorSession(SessionSettings(port=port)),
    ):
        pass


def test_a_server_that_cannot_start_says_why(tmp_path):
    broken = tmp_path / "broken.xodr"
    broken.write_text("<OpenDRIVE><road></OpenDRIVE>")
    with (
        pytest.raises(SimulatorError, match=r"the embedded server could not start: .*broken\.xodr"),
        start_embedded_server(str(broken)),
    ):
        pass


def test_a_busy_port_is_told(server):
    with (
        pytest.raises(SimulatorError, match=rf"could not start: .*{server.port}"),
        start_embedded_server("Nanshan01", port=server.port),
    ):
        pass


def test_no_camera_is_refused_before_anything_starts():
    with pytest.raises(ValueError, match="front camera"):
        SimulatorSession(SessionSettings(cameras=()))
