"""Walkers through the real client: by control, and in the client's own crowd on our navigation mesh."""

from __future__ import annotations

from pathlib import Path

import carla
import numpy as np
import pytest

from sim_bridge.crowd import spawn_crowd

LENGTH_M, LANE_M, WALK_M = 160.0, 3.5, 3.0
CROSSWALK_S, CROSSWALK_HALF_M = 80.0, 1.5
EDGE_M = 0.35
DELTA_S = 0.05

_MARK = '<roadMark sOffset="0" type="solid" weight="standard" color="white" width="0.13"/>'
_LANE = '<lane id="{}" type="{}" level="false"><width sOffset="0" a="{}" b="0" c="0" d="0"/>{}</lane>'


def street_xodr(walk_m: float = WALK_M) -> str:
    """A street that climbs, with a walk on either side and one crosswalk."""
    lanes = {side: _LANE.format(side, "driving", LANE_M, _MARK) for side in (1, -1)}
    walks = {side: _LANE.format(side, "sidewalk", walk_m, _MARK) for side in (2, -2)}
    corners = "".join(
        f'<cornerLocal u="{u}" v="{v}" z="0"/>'
        for u, v in ((-LANE_M, -1.5), (LANE_M, -1.5), (LANE_M, 1.5), (-LANE_M, 1.5), (-LANE_M, -1.5))
    )
    return (
        '<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4" name="street" north="50" '
        'south="-50" east="200" west="-50"><geoReference><![CDATA[+lat_0=22.5 +lon_0=113.9]]></geoReference>'
        f'</header><road name="" length="{LENGTH_M}" id="1" junction="-1"><planView><geometry s="0" x="0" '
        f'y="0" hdg="0" length="{LENGTH_M}"><line/></geometry></planView><elevationProfile>'
        '<elevation s="0" a="0" b="0.05" c="0" d="0"/></elevationProfile><lanes><laneSection s="0"><left>'
        f'{walks[2]}{lanes[1]}</left><center><lane id="0" type="none" level="false">{_MARK}</lane></center>'
        f'<right>{lanes[-1]}{walks[-2]}</right></laneSection></lanes><objects><object id="1" name="crossing" '
        f's="{CROSSWALK_S}" t="0" zOffset="0" hdg="1.5707963" orientation="none" type="crosswalk" '
        f'length="3" width="7"><outline>{corners}</outline></object></objects></road></OpenDRIVE>'
    )


@pytest.fixture(scope="module")
def street(start_server, tmp_path_factory):
    """A client of a server of its own, which keeps its files apart."""
    path: Path = tmp_path_factory.mktemp("maps") / "street.xodr"
    path.write_text(street_xodr())
    with start_server("--map", str(path), "--synchronous") as server:
        client = server.client()
        client.set_files_base_folder(str(tmp_path_factory.mktemp("files")))
        yield client


@pytest.fixture
def walk(street):
    """The world of that client, empty."""
    world = street.get_world()
    world.tick()
    yield world
    left = [a.id for a in world.get_actors() if a.type_id.startswith(("walker.", "controller.", "vehicle."))]
    street.apply_batch_sync([carla.command.DestroyActor(actor) for actor in left], True)


def spawn(client, world, count, seed=1):
    """Walkers with controllers, all on their way: their ids and those of their controllers."""
    world.set_pedestrians_seed(seed)
    world.set_pedestrians_cross_factor(0.0)
    library = world.get_blueprint_library()
    looks = sorted(library.filter("walker.pedestrian.*"), key=lambda blueprint: blueprint.id)
    places = [world.get_random_location_from_navigation() for _ in range(count)]
    walkers = done(
        client,
        [
            carla.command.SpawnActor(looks[i], carla.Transform(place + carla.Location(z=1.0)))
            for i, place in enumerate(places)
        ],
    )
    blueprint = library.find("controller.ai.walker")
    controllers = done(
        client, [carla.command.SpawnActor(blueprint, carla.Transform(), walker) for walker in walkers]
    )
    for controller in world.get_actors(controllers):
        controller.start()
        controller.go_to_location(world.get_random_location_from_navigation())
        controller.set_max_speed(1.4)
    return walkers, controllers


def done(client, commands):
    """Ids of the actors of a batch, which must not fail."""
    answers = client.apply_batch_sync(commands, True)
    assert not any(answer.error for answer in answers), [answer.error for answer in answers]
    return [answer.actor_id for answer in answers]


def track(world, walkers, seconds):
    """(k, n, 3) places of walkers, twice a second."""
    shown = []
    for step in range(round(seconds / DELTA_S)):
        world.tick()
        if step % 10 == 0:
            snapshot = world.get_snapshot()
            places = [snapshot.find(walker).get_transform().location for walker in walkers]
            shown.append([(at.x, at.y, at.z) for at in places])
    return np.array(shown)


def test_the_mesh_is_offered_under_a_name_and_no_other_file_is(street, walk):
    (name,) = street.get_required_files("Nav", False)
    assert name.startswith("nanshan/street-")
    assert name.endswith(".bin")
    assert not street.get_required_files("", False)
    with pytest.raises(RuntimeError, match="no file"):
        street.request_file("../../etc/passwd")


def test_random_places_lie_on_both_walks_and_all_along_the_street(walk):
    walk.set_pedestrians_seed(3)
    places = [walk.get_random_location_from_navigation() for _ in range(400)]
    x, y, z = np.array([(at.x, at.y, at.z) for at in places]).T
    inset = np.where(np.abs(x - CROSSWALK_S) < CROSSWALK_HALF_M, 0.0, 0.25)
    assert ((np.abs(y) > LANE_M - 0.05 + inset) & (np.abs(y) < LANE_M + WALK_M - 0.25)).all()
    assert 0.4 < (y > 0.0).mean() < 0.6
    counts = np.histogram(x, bins=8, range=(0.0, LENGTH_M))[0]
    assert counts.min() > 25
    np.testing.assert_allclose(z, x * 0.05, atol=0.2)


def test_the_clients_crowd_walks_on_walks_and_crosses_at_the_crosswalk(street, walk):
    walkers, controllers = spawn(street, walk, 12)
    places = track(walk, walkers, 90.0)
    x, y, z = np.moveaxis(places, -1, 0)
    on_walk = (np.abs(y) > LANE_M - EDGE_M) & (np.abs(y) < LANE_M + WALK_M)
    on_crosswalk = np.abs(x - CROSSWALK_S) < CROSSWALK_HALF_M
    astray = ~(on_walk | on_crosswalk)
    assert not astray.any(), places[astray]
    sides = np.sign(np.where(np.abs(y) > LANE_M, y, np.nan))
    crossed = np.nanmin(sides, axis=0) < np.nanmax(sides, axis=0)
    assert crossed.sum() >= 4
    length = np.linalg.norm(np.diff(places[..., :2], axis=0), axis=-1).sum(axis=0)
    assert (length > 60.0).all()
    extents = [walk.get_actor(walker).bounding_box.extent.z for walker in walkers]
    landed = z[2:] - x[2:] * 0.05
    np.testing.assert_allclose(landed, np.tile(extents, (len(landed), 1)), atol=0.2)
    someone = walk.get_actor(walkers[0])
    assert someone.get_control().speed == pytest.approx(someone.get_velocity().length(), abs=0.2)
    for controller in walk.get_actors(controllers):
        controller.stop()
    halted = track(walk, walkers, 1.0)
    np.testing.assert_allclose(halted[0], halted[-1], atol=0.05)


def test_the_same_seed_gives_the_same_ways(street):
    def run():
        world = street.reload_world(False)  # the crowd is made anew as well
        world.tick()
        return track(world, spawn(street, world, 6, seed=5)[0], 10.0)

    np.testing.assert_array_equal(run(), run())


def test_walkers_and_controllers_may_go_at_any_time_and_the_world_may_be_loaded_anew(street, walk):
    walkers, controllers = spawn(street, walk, 8)
    track(walk, walkers, 2.0)
    walk.get_actor(walkers[0]).destroy()
    walk.get_actor(controllers[1]).destroy()
    controller = walk.get_actor(controllers[2])
    controller.stop()
    controller.destroy()
    street.apply_batch_sync([carla.command.DestroyActor(walkers[3])], False)
    before, after = track(walk, walkers[4:], 3.0)[[0, -1]]
    assert (np.linalg.norm(after - before, axis=-1) > 1.0).all()
    world = street.reload_world(False)
    world.tick()
    assert not world.get_actors().filter("walker.*")
    walkers, _ = spawn(street, world, 4)
    before, after = track(world, walkers, 3.0)[[0, -1]]
    assert (np.linalg.norm(after - before, axis=-1) > 1.0).all()


def test_the_people_of_a_drive_start_near_the_ego_walk_and_leave(street, walk):
    crowd = spawn_crowd(street, walk, 6, 11, (20.0, 0.0, 1.0))
    assert len(crowd.walker_ids) == len(crowd.controller_ids) == 6
    places = track(walk, crowd.walker_ids, 5.0)
    assert (places[0, :, 0] < 0.6 * LENGTH_M).all()
    assert (np.linalg.norm(places[-1, :, :2] - places[0, :, :2], axis=-1) > 1.0).sum() >= 5
    crowd.leave(street, walk)
    walk.tick()
    assert not walk.get_actors().filter("walker.*")
    assert not walk.get_actors().filter("controller.*")
    assert spawn_crowd(street, walk, 0, 11, (0.0, 0.0, 0.0)).walker_ids == ()


def test_walks_too_narrow_to_walk_on_leave_a_client_without_a_crowd_but_well(start_server, tmp_path):
    path = tmp_path / "narrow.xodr"
    path.write_text(street_xodr(0.3))
    with start_server("--map", str(path), "--synchronous") as server:
        client = server.client()
        client.set_files_base_folder(str(tmp_path / "files"))
        world = client.get_world()
        frame = world.tick()
        assert world.get_random_location_from_navigation() is None
        assert world.tick() == frame + 1


def test_a_malformed_state_in_a_batch_is_refused_and_the_others_are_done(street, walk):
    (walker,), _ = spawn(street, walk, 1)
    place = walk.get_actor(walker).get_transform()
    there = carla.Transform(carla.Location(20.0, 5.0, 1.0), place.rotation)
    nowhere = carla.Transform(carla.Location(float("nan"), 5.0, 1.0), place.rotation)
    order = carla.command.ApplyWalkerState
    answers = street.apply_batch_sync([order(walker, nowhere, 1.0), order(walker, there, 1.0)], True)
    assert [bool(answer.error) for answer in answers] == [True, False]


def test_bones_stand_between_the_feet_and_the_head(street, walk):
    (walker,), _ = spawn(street, walk, 1)
    track(walk, [walker], 1.0)
    person = walk.get_actor(walker)
    bones = {bone.name: bone for bone in person.get_bones().bone_transforms}
    middle, half = person.get_location(), person.bounding_box.extent.z
    assert bones["crl_root"].world.location.z == pytest.approx(middle.z - half, abs=0.02)
    assert middle.z < bones["crl_Head__C"].world.location.z < middle.z + half
    sides = [bones[f"crl_hand__{side}"].component.location.y for side in "LR"]
    assert sides[0] < -0.1
    assert sides[1] > 0.1
    lowest = min(bones[f"crl_foot__{side}"].component.location.z for side in "LR")
    assert 0.0 < lowest < 0.2


def test_a_car_across_the_way_stops_a_walker_under_control(street, walk):
    library = walk.get_blueprint_library()
    across = carla.Transform(carla.Location(30.0, -1.75, 2.0), carla.Rotation(yaw=90.0))
    done(street, [carla.command.SpawnActor(library.find("vehicle.tesla.model3"), across)])
    start = carla.Transform(carla.Location(25.0, -1.75, 2.5))
    person = walk.spawn_actor(library.find("walker.pedestrian.0003"), start)
    track(walk, [person.id], 0.5)
    person.apply_control(carla.WalkerControl(carla.Vector3D(1.0, 0.0, 0.0), 1.5))
    places = track(walk, [person.id], 5.0)
    assert 27.5 < places[-1, 0, 0] < 29.2
    assert person.get_velocity().length() < 0.3
