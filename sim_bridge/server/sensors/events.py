"""DVS: a camera that tells only where and when brightness changes.

As `ADVSCamera` of CARLA 0.9.16 does it, after H. Rebecq, D. Gehrig and D. Scaramuzza, "ESIM: an open event
camera simulator", 2018.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.renderer.kernel_types import Bytes, Doubles, Singles
from sim_bridge.server.renderer.scene import Array
from sim_bridge.server.sensors.limits import bounded, switched, whole
from sim_bridge.server.wire.actors import Description

# As the client lays it out: packed, 13 bytes.
EVENT = np.dtype([("x", "<u2"), ("y", "<u2"), ("t", "<i8"), ("positive", "?")])
_MAX_EVENTS = 1 << 24
_LEAST_THRESHOLD = 0.01
_STEPS_A_CODE = 16


@dataclass(frozen=True)
class EventSettings:
    """The attributes of `sensor.camera.dvs`; thresholds in units of (log) brightness."""

    positive: float
    negative: float
    sigma_positive: float
    sigma_negative: float
    refractory_ns: int
    use_log: bool
    log_eps: float


class EventMemory:
    """What one DVS camera remembers.

    Attributes:
        brightness: (h, w) float32 of the last picture.
        reference: (h, w) float32, the brightness at each pixel's last event.
        last_ns: (h, w) int64, the time of that event.
        time_ns: of the last picture.
    """

    def __init__(self, brightness: Array, time_ns: int) -> None:
        self.brightness = brightness
        self.reference = brightness.copy()
        self.last_ns = np.zeros(brightness.shape, np.int64)
        self.time_ns = time_ns


def event_settings(description: Description) -> EventSettings:
    """What a DVS camera's attributes ask for.

    Raises:
        WireError: a value that no such camera can have.
    """
    return EventSettings(
        bounded(description, "positive_threshold", _LEAST_THRESHOLD, 1e3),
        bounded(description, "negative_threshold", _LEAST_THRESHOLD, 1e3),
        bounded(description, "sigma_positive_threshold", 0.0, 1e3),
        bounded(description, "sigma_negative_threshold", 0.0, 1e3),
        whole(description, "refractory_period_ns", 0, 1 << 62),
        switched(description, "use_log"),
        bounded(description, "log_eps", 1e-6, 1e3),
    )


@lru_cache(maxsize=8)
def _brightness_table(settings: EventSettings) -> Array:
    """(n,) float32: brightness of grey in sixteenths of a code, so that a logarithm costs one look."""
    grey = np.arange(255 * _STEPS_A_CODE + 1) / _STEPS_A_CODE
    if settings.use_log:
        grey = np.array([math.log(settings.log_eps + value / 255.0) for value in grey])
    return grey.astype(np.float32)


def events(
    settings: EventSettings, bgra: Array, time_ns: int, memory: EventMemory | None, noise: np.random.Generator
) -> tuple[Array, EventMemory]:
    """The events since the last picture, in order of time, and what to remember; none of a first picture.

    Args:
        settings: of the camera.
        bgra: (h, w, 4) uint8, the picture.
        time_ns: its time.
        memory: of the last call; changed and given back.
        noise: of the thresholds.

    Returns:
        (n,) of `EVENT`.
    """
    brightness = np.empty(bgra.shape[:2], np.float32)
    _grey(bgra, _brightness_table(settings), brightness)
    if memory is None:
        return np.zeros(0, EVENT), EventMemory(brightness, time_ns)
    sigma = max(settings.sigma_positive, settings.sigma_negative)
    draws = np.zeros((1, 1))
    if sigma > 0.0:
        draws = noise.standard_normal(brightness.shape)
    thresholds = np.array(
        [settings.negative, settings.positive, settings.sigma_negative, settings.sigma_positive]
    )
    least = _LEAST_THRESHOLD if sigma > 0.0 else min(settings.positive, settings.negative)
    changed = np.abs(brightness.astype(np.float64) - memory.reference)
    room = int(min(np.floor(changed / least).sum() + brightness.size, _MAX_EVENTS))
    found = np.empty(room, EVENT)
    count = _events(
        memory.brightness, brightness, memory.reference, memory.last_ns, memory.time_ns, time_ns,
        thresholds, settings.refractory_ns, draws, found,
    )  # fmt: skip
    memory.brightness, memory.time_ns = brightness, time_ns
    found = found[:count]
    return found[np.argsort(found["t"], kind="stable")], memory


@kernel
def _grey(bgra: Bytes, table: Singles, brightness: Singles) -> None:
    """Grey as CARLA weighs it, looked up in the table of brightness."""
    for y in range(bgra.shape[0]):
        for x in range(bgra.shape[1]):
            grey = 0.114 * bgra[y, x, 0] + 0.587 * bgra[y, x, 1] + 0.2989 * bgra[y, x, 2]
            brightness[y, x] = table[int(grey * _STEPS_A_CODE + 0.5)]


@kernel
def _events(
    before: Singles,
    now: Singles,
    reference: Singles,
    last_ns: Array,
    begin_ns: int,
    end_ns: int,
    thresholds: Doubles,
    refractory_ns: int,
    draws: Doubles,
    found: Array,
) -> int:
    """Walks each pixel's brightness from the last picture to this one; writes an event at each crossing.

    Args:
        before: (h, w) brightness of the last picture.
        now: (h, w) of this one.
        reference: (h, w) at each pixel's last event, changed.
        last_ns: (h, w) int64 time of that event, changed.
        begin_ns: time of the last picture.
        end_ns: time of this one.
        thresholds: (4,) steps down and up, and their deviations.
        refractory_ns: no second event of a pixel so soon.
        draws: (h, w) normal deviates for the thresholds; (1, 1) if those are fixed.
        found: (n,) of `EVENT`, written.

    Returns:
        How many events there are.
    """
    count, room = 0, len(found)
    noisy = draws.shape[0] > 1 or draws.shape[1] > 1
    for y in range(now.shape[0]):
        for x in range(now.shape[1]):
            old, new = np.float64(before[y, x]), np.float64(now[y, x])
            if abs(new - old) <= 1e-6:
                continue
            rises = new >= old
            side = 1 if rises else 0
            step = thresholds[side]
            if thresholds[2 + side] > 0.0 and noisy:
                step = max(step + thresholds[2 + side] * draws[y, x], _LEAST_THRESHOLD)
            crossed = np.float64(reference[y, x])
            while True:
                crossed += step if rises else -step
                if not ((rises and old < crossed <= new) or (not rises and new <= crossed < old)):
                    break
                t = begin_ns + np.int64((crossed - old) / (new - old) * (end_ns - begin_ns))
                if last_ns[y, x] == 0 or t - last_ns[y, x] >= refractory_ns:
                    if count == room:
                        return count
                    found[count]["x"], found[count]["y"] = x, y
                    found[count]["t"], found[count]["positive"] = t, rises
                    count += 1
                    last_ns[y, x] = t
                reference[y, x] = crossed
    return count
