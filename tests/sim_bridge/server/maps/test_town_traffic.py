import math
import random
import socket
from collections import Counter

import carla
import pytest

from sim_bridge.wakeful_ticks import wakeful_ticks

CARS, MINUTES, STEPS_A_SECOND = 25, 10, 20
LOOK_EVERY = 10


def free_port():
    with socket.socket() as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
def test_traffic_circulates_for_ten_minutes_without_leaving_the_road_or_jamming(start_server):
    with start_server("--map", "Nanshan01") as server:
        client = server.client()
        world = client.get_world()
        world.apply_settings(carla.WorldSettings(synchronous_mode=True, fixed_delta_seconds=0.05))
        manager = client.get_trafficmanager(free_port())
        manager.set_synchronous_mode(True)
        manager.set_random_device_seed(3)
        cars = spawned(world, random.Random(3))
        world.tick()
        for car in cars:
            car.set_autopilot(True, manager.get_port())
        try:
            with wakeful_ticks(world, manager.get_port()) as ticks:
                off_road, standing, travelled = drive(world, cars, ticks)
        finally:
            for car in cars:
                car.set_autopilot(False, manager.get_port())
            world.tick()
            manager.set_synchronous_mode(False)
            manager.shut_down()
    assert off_road == []
    assert max(standing.values()) < 90.0
    assert min(travelled.values()) > 1500.0


def spawned(world, rng):
    models = [
        model
        for model in world.get_blueprint_library().filter("vehicle.*")
        if int(model.get_attribute("number_of_wheels")) == 4
    ]
    points = world.get_map().get_spawn_points()
    rng.shuffle(points)
    return [world.spawn_actor(rng.choice(models), point) for point in points[:CARS]]


def drive(world, cars, ticks):
    """Off-road samples, longest standing in seconds and distance in metres of each car."""
    roads, off_road = world.get_map(), []
    standing, longest, travelled = Counter(), Counter(), Counter()
    last = {car.id: car.get_location() for car in cars}
    for step in range(MINUTES * 60 * STEPS_A_SECOND):
        ticks.tick(10.0)
        if step % LOOK_EVERY:
            continue
        for car in cars:
            place = car.get_location()
            lane = roads.get_waypoint(place)
            beside = math.dist((place.x, place.y), (lane.transform.location.x, lane.transform.location.y))
            if beside > lane.lane_width / 2.0:
                off_road.append((step / STEPS_A_SECOND, car.type_id, lane.road_id, beside))
            moved = place.distance(last[car.id])
            last[car.id] = place
            travelled[car.id] += moved
            standing[car.id] = standing[car.id] + LOOK_EVERY / STEPS_A_SECOND if moved < 0.05 else 0.0
            longest[car.id] = max(longest[car.id], standing[car.id])
    return off_road, longest, travelled
