"""The traffic lights and signs of an episode as actors, and which light concerns which vehicle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from sim_bridge.server.maps.signal_cycle import SignalCycle
from sim_bridge.server.maps.signals import PrioritySign, SpeedSign, TrafficLight
from sim_bridge.server.transforms import Floats, matrices
from sim_bridge.server.wire.actors import AttributeType, Description
from sim_bridge.server.wire.geometry import BoundingBox
from sim_bridge.server.wire.snapshots import SIGNAL_STATE
from sim_bridge.server.world.actors import Actor, ActorKind, ActorTable

LIGHT_TYPE = "traffic.traffic_light"
_LIGHT_TAG, _SIGN_TAG = 7, 8
_NONE = -1
# Cosine of the largest angle between a vehicle and the lanes whose light it heeds.
_ALONG = 0.5
# Half sizes of a lamp housing: across the road's direction thin, three lenses high.
HEAD_EXTENT_M = (0.16, 0.25, 0.62)


class TrafficLights:
    """The lights of a map in its order.

    Attributes:
        lights: what the map says of each.
        ids: (n,) int64 actor ids.
        cycle: their states.
    """

    def __init__(
        self,
        lights: Sequence[TrafficLight],
        signs: Sequence[SpeedSign | PrioritySign],
        ids: Iterator[int],
    ) -> None:
        self.lights = tuple(lights)
        self.signs = tuple(signs)
        self.ids: npt.NDArray[np.int64] = np.array([next(ids) for _ in lights], np.int64)
        self.cycle = SignalCycle(lights)
        self._sign_ids = [next(ids) for _ in signs]
        poses = np.array([light.pose for light in lights]).reshape(-1, 6)
        self._rotations, self._origins = matrices(poses)[:, :3, :3], poses[:, :3]
        self._centres = np.array([light.trigger.centre for light in lights]).reshape(-1, 3)
        self._extents = np.array([light.trigger.extent for light in lights]).reshape(-1, 3)

    def index(self, actor_id: int) -> int:
        """Which light an actor is; IndexError when it is none."""
        return int(np.flatnonzero(self.ids == actor_id)[0])

    def enter(self, table: ActorTable) -> None:
        """Adds the actors of all lights and signs."""
        for actor_id, light in zip(self.ids.tolist(), self.lights, strict=True):
            box = BoundingBox(light.trigger.centre, light.trigger.extent)
            table.add(_actor(actor_id, ActorKind.TRAFFIC_LIGHT, LIGHT_TYPE, box, _LIGHT_TAG), light.pose)
        for actor_id, sign in zip(self._sign_ids, self.signs, strict=True):
            actor = _actor(actor_id, ActorKind.TRAFFIC_SIGN, sign.type_id, BoundingBox(), _SIGN_TAG)
            table.add(actor, sign.pose)
            state = np.zeros((), SIGNAL_STATE)
            state["sign_id"] = sign.signal_id.encode()
            table.write_state(actor_id, state)

    def write_states(self, table: ActorTable) -> None:
        """Puts the lights' states into the snapshot."""
        if not self.lights:
            return
        cycle = self.cycle
        shown = np.zeros(len(self.lights), SIGNAL_STATE)
        shown["sign_id"] = [light.signal_id.encode() for light in self.lights]
        shown["green_s"], shown["yellow_s"], shown["red_s"] = cycle.green_s, cycle.yellow_s, cycle.red_s
        shown["elapsed_s"], shown["pole_index"] = cycle.elapsed, [light.phase for light in self.lights]
        shown["frozen"], shown["state"] = cycle.frozen, cycle.states
        rows = table.rows(self.ids.tolist())
        table.state[rows] = shown.view(np.uint8).reshape(len(shown), -1)

    def concerning(self, points: Floats, yaws: Floats) -> npt.NDArray[np.int64]:
        """Which light each vehicle heeds.

        A long vehicle that turns swings through the boxes of other approaches: those it does not head along.

        Args:
            points: (n, 3) middles of front bumpers, metres.
            yaws: (n,) headings, rad.

        Returns:
            (n,) index of the light whose trigger box holds the point, -1 where none does.
        """
        if not self.lights or not len(points):
            return np.full(len(points), _NONE)
        local = np.einsum("lnj,ljk->lnk", points[None] - self._origins[:, None], self._rotations)
        inside = np.all(np.abs(local - self._centres[:, None]) <= self._extents[:, None], axis=2)
        # A light's y axis looks against its traffic.
        against = self._rotations[:, :2, 1] @ np.stack([np.cos(yaws), np.sin(yaws)])
        inside &= against < -_ALONG
        return np.where(inside.any(axis=0), inside.argmax(axis=0), _NONE)


def _actor(actor_id: int, kind: ActorKind, type_id: str, box: BoundingBox, tag: int) -> Actor:
    role = {"role_name": (int(AttributeType.STRING), "default")}
    return Actor(actor_id, kind, Description(0, type_id, role), box, (tag,))
