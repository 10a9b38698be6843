"""Lets cars of CARLA's TrafficManager and people of its crowd go about in a town and watches them."""

import math
import random
import socket
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field

import carla

from sim_bridge.crowd import spawn_crowd
from sim_bridge.wakeful_ticks import wakeful_ticks

STEPS_A_SECOND = 20
LOOK_EVERY = 10
# Whoever stays within this circle stands.
STANDING_WITHIN_M = 2.0
# What is worth telling: a wheel so far outside of everything paved (the rear wheels of buses and lorries cut
# corners), a car so far above or below its lane.
BESIDE_M, LONG_BESIDE_M, LONG_M = 0.4, 1.0, 7.0
HEIGHT_M = 0.6
# People are put down from above.
LANDED_S = 3.0
# Where the wheels are, as shares of half a car's length and width.
WHEELS = [(along, across) for along in (-0.62, 0.62) for across in (-0.85, 0.85)]
BESIDE_LANES = (
    carla.LaneType.Shoulder,
    carla.LaneType.Parking,
    carla.LaneType.Biking,
    carla.LaneType.Bidirectional,
)


@dataclass(frozen=True)
class Place:
    """Where a car was at some second, for the message of a test that fails."""

    second: float
    car: str
    road: int
    lane: int
    x: float
    y: float


@dataclass
class Circulation:
    """What has been seen.

    Attributes:
        beside: metres that a wheel was outside of everything paved, and where; only what is worth telling.
        height: metres that a car was above or below its lane, and where; only what is worth telling.
        standing: seconds of each car's longest stand, and where.
        travelled: metres of each car.
        walked: metres of each walker.
        astray: metres that the feet of a walker were above or below the nearest lane or walk, and where; only
            what is worth telling.
        run_over: where walkers were last that are no more.
        removed: where cars were last that the TrafficManager took away because they had stood for too long.
    """

    beside: list[tuple[float, Place]] = field(default_factory=list)
    height: list[tuple[float, Place]] = field(default_factory=list)
    standing: dict[int, tuple[float, Place]] = field(default_factory=dict)
    travelled: Counter[int] = field(default_factory=Counter)
    walked: Counter[int] = field(default_factory=Counter)
    astray: list[tuple[float, Place]] = field(default_factory=list)
    run_over: list[Place] = field(default_factory=list)
    removed: list[Place] = field(default_factory=list)

    @property
    def longest_stand(self):
        """Seconds and place of whoever stood longest."""
        return max(self.standing.values(), key=lambda stand: stand[0])


def circulate(client, cars, walkers, minutes, seed, kinds=None):
    """Cars drive and people walk for some simulated minutes in the loaded town.

    Args:
        client: of a server whose world is empty.
        cars: how many, each with four wheels.
        walkers: how many, near the first car.
        minutes: simulated.
        seed: of their models, places and ways.
        kinds: values of `base_type` of the models; everything with four wheels if not given.
    """
    world = client.get_world()
    before = world.get_settings()
    world.apply_settings(carla.WorldSettings(synchronous_mode=True, fixed_delta_seconds=1.0 / STEPS_A_SECOND))
    with _manager(client, world, seed) as manager:
        drivers = _spawned(world, random.Random(seed), cars, kinds)
        world.tick()
        crowd = _crowd(client, world, walkers, seed, drivers[0].get_location())
        for driver in drivers:
            driver.set_autopilot(True, manager.get_port())
        try:
            with wakeful_ticks(world, manager.get_port()) as ticks:
                people = list(world.get_actors(list(crowd.walker_ids)))
                seen = _watched(world, drivers, people, ticks, round(minutes * 60 * STEPS_A_SECOND))
        finally:
            crowd.leave(client, world)
            for driver in drivers:
                if driver.is_alive:
                    driver.set_autopilot(False, manager.get_port())
            world.tick()
            client.apply_batch_sync([carla.command.DestroyActor(driver) for driver in drivers], True)
            world.apply_settings(before)
    return seen


@contextmanager
def _manager(client, world, seed):
    with socket.socket() as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
    manager = client.get_trafficmanager(port)
    manager.set_synchronous_mode(True)
    manager.set_random_device_seed(seed)
    try:
        yield manager
    finally:
        # One that stays would be stepped by every later tick of this process.
        manager.set_synchronous_mode(False)
        manager.shut_down()


def _spawned(world, rng, count, kinds):
    models = sorted(
        (
            model
            for model in world.get_blueprint_library().filter("vehicle.*")
            if int(model.get_attribute("number_of_wheels")) == 4
            and (kinds is None or model.get_attribute("base_type").as_str() in kinds)
        ),
        key=lambda model: model.id,
    )
    points = world.get_map().get_spawn_points()
    rng.shuffle(points)
    placed = (world.try_spawn_actor(rng.choice(models), point) for point in points)
    found = []
    while len(found) < count:
        found += [car for car in [next(placed)] if car is not None]
    return found


def _crowd(client, world, count, seed, near):
    crowd = spawn_crowd(client, world, count, seed, (near.x, near.y, near.z))
    assert len(crowd.walker_ids) == len(crowd.controller_ids) > 0.8 * count
    return crowd


def _watched(world, drivers, people, ticks, steps):
    roads, seen = world.get_map(), Circulation()
    seen.walked.update(dict.fromkeys((walker.id for walker in people), 0.0))
    walked_to = {walker.id: walker.get_location() for walker in people}
    last = {driver.id: driver.get_location() for driver in drivers}
    anchor = dict.fromkeys(last, (None, 0.0))
    places = {}
    for step in range(steps):
        ticks.tick(20.0)
        if step % LOOK_EVERY:
            continue
        second = step / STEPS_A_SECOND
        for driver in drivers:
            if driver.id in places and not driver.is_alive:
                seen.removed.append(places.pop(driver.id))
        for driver in filter(lambda driver: driver.is_alive, drivers):
            pose = driver.get_transform()
            at = pose.location
            assert all(map(math.isfinite, (at.x, at.y, at.z))), (second, driver.type_id)
            lane = roads.get_waypoint(at)
            place = _place(second, driver, lane, at)
            places[driver.id] = place
            outside = max(_beside(roads, wheel) for wheel in _wheels(driver, pose))
            if outside > (BESIDE_M if driver.bounding_box.extent.x < LONG_M / 2.0 else LONG_BESIDE_M):
                seen.beside.append((round(outside, 2), place))
            above = at.z - lane.transform.location.z
            if abs(above) > HEIGHT_M:
                seen.height.append((round(above, 2), place))
            seen.travelled[driver.id] += at.distance(last[driver.id])
            last[driver.id] = at
            where, since = anchor[driver.id]
            if where is None or at.distance(where) > STANDING_WITHIN_M:
                anchor[driver.id] = where, since = at, second
            if second - since >= seen.standing.get(driver.id, (0.0, place))[0]:
                seen.standing[driver.id] = second - since, place
        # To the client those live on whom the server has taken away, at the origin.
        there = world.get_snapshot()
        for walker in people:
            if walker.id in places and not there.has_actor(walker.id):
                seen.run_over.append(places.pop(walker.id))
        for walker in filter(lambda walker: there.has_actor(walker.id), people):
            pose = walker.get_transform()
            at = pose.location
            assert all(map(math.isfinite, (at.x, at.y, at.z))), (second, walker.type_id)
            seen.walked[walker.id] += at.distance(walked_to[walker.id]) if second > LANDED_S else 0.0
            walked_to[walker.id] = at
            lane = roads.get_waypoint(at, True, carla.LaneType.Any)
            place = places[walker.id] = _place(second, walker, lane, at)
            half_height = walker.bounding_box.extent.z * math.cos(math.radians(pose.rotation.pitch))
            above = at.z - half_height - lane.transform.location.z
            if second > LANDED_S and abs(above) > HEIGHT_M:
                seen.astray.append((round(above, 2), place))
    return seen


def _place(second, actor, lane, at):
    return Place(second, actor.type_id, lane.road_id, lane.lane_id, round(at.x, 1), round(at.y, 1))


def _wheels(driver, pose):
    """World places of its wheels."""
    box = driver.bounding_box
    for along, across in WHEELS:
        yield pose.transform(
            carla.Location(box.location.x + along * box.extent.x, box.location.y + across * box.extent.y, 0.0)
        )


def _beside(roads, place):
    """Metres from a place to the nearest paved lane, 0 on it."""
    least = _beside_lane(roads, place, carla.LaneType.Driving)
    for kind in BESIDE_LANES:
        if least > 0.0:
            least = min(least, _beside_lane(roads, place, kind))
    return least


def _beside_lane(roads, place, kind):
    lane = roads.get_waypoint(place, True, kind)
    if lane is None:
        return math.inf
    middle, right = lane.transform.location, lane.transform.get_right_vector()
    aside = abs((place.x - middle.x) * right.x + (place.y - middle.y) * right.y)
    ahead = math.hypot(place.x - middle.x, place.y - middle.y)
    # A lane of that kind far away says nothing by its direction.
    return max(0.0, (aside if ahead < 4.0 else ahead) - lane.lane_width / 2.0)
