"""The last instance: emergency braking, and controlled stops where the inputs cannot be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.types import Scene, VehicleShape
from planning.config import SafetyConfig
from planning.corridor import Encounters

BESIDE_M = 1.0  # whoever begins farther behind the front bumper is beside the ego, and braking does not help
REMEMBERED_S = 0.2  # who was last seen longer ago is not braked for with full force


@dataclass(frozen=True)
class Verdict:
    """What safety says to a plan.

    Attributes:
        emergency: brake fully.
        reason: in words, empty when there is nothing to say.
        required_mps2: deceleration that the worst threat requires, 0 without one.
        controlled_stop: bring the ego to a stop because the inputs cannot be trusted.
    """

    emergency: bool = False
    reason: str = ""
    required_mps2: float = 0.0
    controlled_stop: bool = False


class SafetyMonitor:
    """Watches every frame; remembers how long a threat or a loss has lasted."""

    def __init__(self, shape: VehicleShape, config: SafetyConfig) -> None:
        self._shape = shape
        self._config = config
        self._threats: dict[int, int] = {}
        self._hold_s = 0.0
        self._lost_s = 0.0

    def check(self, scene: Scene, path_known: bool, encounters: Encounters, dt_s: float) -> Verdict:
        """Returns whether the plan may stand.

        Args:
            scene: of this frame.
            path_known: whether a route or a lane told where to drive.
            encounters: road users against what the body sweeps.
            dt_s: time since the frame before, seconds; negative when time ran backwards.
        """
        emergency, required, reason = self._emergency(scene.ego.speed_mps, encounters, dt_s)
        if emergency:
            return Verdict(True, reason, required)
        doubt = self._doubt(scene, path_known, dt_s)
        return Verdict(False, doubt, required, bool(doubt))

    def _emergency(self, speed_mps: float, encounters: Encounters, dt_s: float) -> tuple[bool, float, str]:
        config = self._config
        required, ttc = threat(encounters, max(speed_mps, 0.0), self._shape, config)
        grave = (required > config.aeb_required_mps2) & (ttc < config.aeb_ttc_s)
        ids = encounters.users.ids[grave].tolist()
        self._threats = {one: self._threats.get(one, 0) + 1 for one in ids}
        confirmed = any(count >= config.aeb_frames for count in self._threats.values())
        self._hold_s = config.aeb_hold_s if confirmed else max(0.0, self._hold_s - max(dt_s, 0.0))
        active = self._hold_s > 0.0 and speed_mps > 0.05
        worst = float(required.max(initial=0.0))
        nearest = float(ttc.min(initial=np.inf))
        # A brake that was begun is held for a moment, threat or not.
        reason = f"emergency {nearest:.1f} s" if np.isfinite(nearest) else "emergency held"
        return active, worst, reason if active else ""

    def _doubt(self, scene: Scene, path_known: bool, dt_s: float) -> str:
        config = self._config
        self._lost_s = 0.0 if path_known else self._lost_s + max(dt_s, 0.0)
        age_s = (scene.t_ns - scene.ego.t_ns) * 1e-9
        if dt_s < 0.0:
            return f"time runs backwards by {-dt_s:.2f} s"
        if dt_s > config.stale_s:
            return f"no frame for {dt_s:.2f} s"
        if abs(age_s) > config.stale_s:
            return f"ego state {age_s:.2f} s old"
        if self._lost_s > config.lost_s:
            return "neither route nor lane"
        if scene.route is not None and abs(scene.route.offset_m) > config.off_route_m:
            return f"off the route by {abs(scene.route.offset_m):.1f} m"
        return ""


def threat(
    encounters: Encounters, speed_mps: float, shape: VehicleShape, config: SafetyConfig
) -> tuple[Array, Array]:
    """How hard the ego must brake for each road user, and when it would hit.

    Who is in the corridor at the moment of the hit counts: a lead by the closing speed, who crosses or comes
    towards the ego by the ego's own way to the place.

    Returns:
        (n,) required deceleration in m/s^2 and (n,) time to collision in s; 0 and `inf` for no threat.
    """
    gap = encounters.s_low_m[:, 0] - shape.front_m
    lead_mps = np.where(encounters.crossing, 0.0, encounters.along_mps)
    closing = speed_mps - lead_mps
    ttc = np.where(closing > 0.1, np.maximum(gap, 0.0) / np.maximum(closing, 0.1), np.inf)
    step = encounters.times_s[1] - encounters.times_s[0]
    at_hit = np.clip(np.nan_to_num(ttc, posinf=1e6) / step, 0, len(encounters.times_s) - 1)
    rows = np.arange(len(ttc))
    hits = (
        encounters.touched[rows, np.floor(at_hit).astype(int)]
        | encounters.touched[rows, np.ceil(at_hit).astype(int)]
    )
    hits &= (ttc <= encounters.times_s[-1]) & (gap > -BESIDE_M) & (encounters.users.ages_s < REMEMBERED_S)
    room = np.maximum(gap - config.aeb_gap_m, 0.05)
    required = np.where(hits & (closing > 0.1), closing**2 / (2.0 * room), 0.0)
    return required, np.where(hits, ttc, np.inf)
