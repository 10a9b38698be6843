"""People who walk about in a town, led by the crowd that CARLA's client has built in."""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass

import carla

CONTROLLER = "controller.ai.walker"
_WALKING, _RUNNING = 1, 2
_RUNNERS = 0.06
_PACE = (0.85, 1.1)
# So many places are drawn for each person, and those nearest to the ego are taken.
_PLACES_EACH = 4
# They fall the rest of the way: a place on a slope may lie a little under the ground.
_SPAWN_ABOVE_M = 1.0


@dataclass(frozen=True)
class Crowd:
    """Walkers and their controllers, pair by pair."""

    walker_ids: tuple[int, ...]
    controller_ids: tuple[int, ...]

    def leave(self, client: carla.Client, world: carla.World) -> None:
        """Takes everybody out of the crowd and out of the world."""
        if not self.walker_ids:
            return
        with contextlib.suppress(RuntimeError):
            for controller in world.get_actors(list(self.controller_ids)):
                controller.stop()
        both = (*self.controller_ids, *self.walker_ids)
        with contextlib.suppress(RuntimeError):
            client.apply_batch_sync([carla.command.DestroyActor(actor) for actor in both], False)


def spawn_crowd(
    client: carla.Client, world: carla.World, count: int, seed: int, near: tuple[float, float, float]
) -> Crowd:
    """People on the walks near a place, each on the way to somewhere; synchronous mode already set.

    Args:
        client: of the server.
        world: of the client.
        count: how many; fewer where there is no place, none on a map without walks.
        seed: of who they are, where they start and where they go.
        near: CARLA location (x, y, z).
    """
    if count == 0:
        return Crowd((), ())
    world.tick()  # the client fetches the navigation mesh
    world.set_pedestrians_seed(seed % 0x7FFFFFFF)
    world.set_pedestrians_cross_factor(0.0)
    chooser = random.Random(f"crowd {seed}")
    middle = carla.Location(*near)
    drawn = [world.get_random_location_from_navigation() for _ in range(_PLACES_EACH * count)]
    places = sorted((place for place in drawn if place is not None), key=middle.distance)[:count]
    library = world.get_blueprint_library()
    people = sorted(library.filter("walker.pedestrian.*"), key=lambda blueprint: blueprint.id)
    batch, paces = [], []
    for place in places:
        blueprint = chooser.choice(people)
        blueprint.set_attribute("is_invincible", "false")
        paces.append(_pace(blueprint, chooser))
        above = carla.Transform(place + carla.Location(z=_SPAWN_ABOVE_M))
        above.rotation.yaw = chooser.uniform(-180.0, 180.0)
        batch.append(carla.command.SpawnActor(blueprint, above))
    answers = client.apply_batch_sync(batch, False)
    paces = [pace for answer, pace in zip(answers, paces, strict=True) if not answer.error]
    walkers = tuple(answer.actor_id for answer in answers if not answer.error)
    leads = [carla.command.SpawnActor(library.find(CONTROLLER), carla.Transform(), who) for who in walkers]
    controllers = tuple(answer.actor_id for answer in client.apply_batch_sync(leads, False))
    world.tick()  # to the client an actor lives once a frame has shown it
    for controller, pace in zip(controllers, paces, strict=True):
        lead = world.get_actor(controller)
        lead.start()
        lead.go_to_location(world.get_random_location_from_navigation())
        lead.set_max_speed(pace)
    return Crowd(walkers, controllers)


def _pace(blueprint: carla.ActorBlueprint, chooser: random.Random) -> float:
    """A speed in m/s: most walk, some run."""
    speeds = [float(text) for text in blueprint.get_attribute("speed").recommended_values]
    kind = _RUNNING if chooser.random() < _RUNNERS else _WALKING
    return speeds[kind] * chooser.uniform(*_PACE)
