"""The simulation: the current episode, the settings, and the step."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from sim_bridge.server.streams import WORLD_STREAM_ID
from sim_bridge.server.transforms import Pose
from sim_bridge.server.wire.episode import EpisodeSettings
from sim_bridge.server.wire.sensors import SensorType, pack_header
from sim_bridge.server.wire.snapshots import FrameFlag, pack_world_frame
from sim_bridge.server.world.episode import Episode
from sim_bridge.server.world.standin_map import StandinMap


@dataclass
class Simulation:
    """What all clients share.

    Attributes:
        seed: of the server's own random choices.
        settings: how it steps.
        frame: number of the last step; it never goes back, whatever is loaded.
        world_message: the last world frame with its header, for those who come late.
        generated_xodr: the OpenDRIVE text that a client has sent, until it is loaded.
    """

    episode: Episode
    ids: itertools.count[int]
    seed: int = 0
    settings: EpisodeSettings = field(default_factory=EpisodeSettings)
    frame: int = 0
    delta_s: float = 0.0
    world_message: tuple[bytes, ...] | None = None
    generated_xodr: str | None = None
    flags: FrameFlag = FrameFlag.MAP_CHANGED

    @classmethod
    def begin(cls, world_map: StandinMap, seed: int) -> Simulation:
        """A simulation at the start of its first episode."""
        # Stream ids are actor ids; the world has the first.
        ids = itertools.count(WORLD_STREAM_ID + 1)
        return cls(Episode(1, world_map, ids), ids, seed)

    def load(self, world_map: StandinMap, reset_settings: bool) -> None:
        """Begins a new episode."""
        self.episode = Episode(self.episode.episode_id + 1, world_map, self.ids)
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
