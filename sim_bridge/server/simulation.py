"""The simulation: the current episode, the settings, and the step."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sim_bridge.server.maps.world_map import WorldMap
from sim_bridge.server.renderer.meshes.catalogue import SCENERY
from sim_bridge.server.streams import WORLD_STREAM_ID
from sim_bridge.server.transforms import Pose
from sim_bridge.server.wire.episode import EpisodeSettings
from sim_bridge.server.wire.sensors import SensorType, pack_collision, pack_header
from sim_bridge.server.wire.snapshots import FrameFlag, pack_world_frame
from sim_bridge.server.world.actors import Actor, thing_of_the_map, unstreamed
from sim_bridge.server.world.contacts import Collision
from sim_bridge.server.world.episode import Episode
from sim_bridge.server.world.scenery import Scenery

COLLISION_SENSOR = "sensor.other.collision"


@dataclass
class Simulation:
    """What all clients share.

    Attributes:
        towns: the files of all maps that can be loaded, by name.
        seed: of the server's own random choices.
        settings: how it steps.
        imu_gravity: what an accelerometer at rest reads, m/s2.
        frame: number of the last step; it never goes back, whatever is loaded.
        world_message: the last world frame with its header, for those who come late.
        generated_xodr: the OpenDRIVE text that a client has sent, until it is loaded.
    """

    episode: Episode
    ids: itertools.count[int]
    towns: Mapping[str, Path]
    seed: int = 0
    settings: EpisodeSettings = field(default_factory=EpisodeSettings)
    frame: int = 0
    imu_gravity: float = 9.81
    delta_s: float = 0.0
    world_message: tuple[bytes, ...] | None = None
    generated_xodr: str | None = None
    flags: FrameFlag = FrameFlag.MAP_CHANGED

    @classmethod
    def begin(cls, world_map: WorldMap, scenery: Scenery, seed: int, towns: Mapping[str, Path]) -> Simulation:
        """A simulation at the start of its first episode."""
        # Stream ids are actor ids; the world has the first.
        ids = itertools.count(WORLD_STREAM_ID + 1)
        return cls(Episode(1, world_map, scenery, ids), ids, towns, seed)

    def load(self, world_map: WorldMap, scenery: Scenery, reset_settings: bool) -> None:
        """Begins a new episode."""
        if scenery is not self.episode.scenery:
            self.episode.scenery.close()
        self.episode = Episode(self.episode.episode_id + 1, world_map, scenery, self.ids)
        self.flags |= FrameFlag.MAP_CHANGED
        self.world_message = None
        if reset_settings:
            self.settings = EpisodeSettings()

    def step(self, delta_s: float) -> tuple[bytes, ...]:
        """Lets `delta_s` pass and returns the world message of the new frame."""
        self.delta_s = delta_s
        self.frame += 1
        episode = self.episode
        episode.advance(delta_s)
        header = pack_header(SensorType.WORLD, self.frame, episode.elapsed_s, Pose())
        payload = pack_world_frame(
            episode.episode_id, episode.elapsed_s, delta_s, self.flags, episode.table.packed()
        )
        self.flags = FrameFlag(0)
        self.world_message = (header, payload)
        return self.world_message

    def collision_reports(self) -> list[tuple[Actor, bytes]]:
        """What each collision sensor has to say of the last step: the sensor and its payload."""
        if not self.episode.collisions:
            return []
        sensors: dict[int, list[Actor]] = {}
        for actor in self.episode.table:
            if actor.description.type_id == COLLISION_SENSOR:
                for carrier in self.episode.table.carriers(actor):
                    sensors.setdefault(carrier, []).append(actor)
        return [
            (sensor, self._collision_payload(collision))
            for collision in self.episode.collisions
            for sensor in sensors.get(collision.actor_id, ())
        ]

    def _collision_payload(self, collision: Collision) -> bytes:
        actor, other = (self.episode.table.get(i) for i in (collision.actor_id, collision.other_id))
        assert actor is not None
        other = other or self._prop(collision.obstacle)
        return pack_collision(unstreamed(actor), unstreamed(other), collision.impulse)

    def _prop(self, number: int) -> Actor:
        return thing_of_the_map(SCENERY[self.episode.scenery.still.props[number].kind].tag)
