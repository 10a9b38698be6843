"""What `carla.Map` does not tell of an OpenDRIVE text: where lane sections lie and how fast one may go."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from dataclasses import dataclass

_MPS_PER_UNIT = {"m/s": 1.0, "km/h": 1.0 / 3.6, "mph": 0.44704}

SpeedRecord = tuple[float, float]  # (valid from s in metres, m/s), ordered by s


@dataclass(frozen=True)
class RoadText:
    """One road of the text.

    Attributes:
        sections_m: (start, end) of each lane section along the reference line.
        speeds: limits of the whole road.
        lane_speeds: limits of single lanes by (section index, lane id), with s along the road.
    """

    sections_m: tuple[tuple[float, float], ...]
    speeds: tuple[SpeedRecord, ...]
    lane_speeds: dict[tuple[int, int], tuple[SpeedRecord, ...]]

    def speed_limit_mps(self, section: int, lane: int, s_m: float) -> float | None:
        """The limit at `s_m`, the lane's own before the road's, None where the text has neither."""
        for records in (self.lane_speeds.get((section, lane), ()), self.speeds):
            valid = [limit for start, limit in records if start <= s_m + 1e-6]
            if valid:
                return valid[-1]
        return None


def mps(value: float, unit: str) -> float:
    """A speed in OpenDRIVE's unit (`m/s` when it names none) in m/s."""
    return value * _MPS_PER_UNIT.get(unit or "m/s", 1.0)


def roads_of(text: str) -> dict[int, RoadText]:
    """Every road of an OpenDRIVE text by its id.

    Raises:
        ValueError: the text is not XML, or a number in it is not one.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"the OpenDRIVE text is not well-formed XML: {error}") from error
    return {int(road.get("id", "-1")): _road(road) for road in root.iter("road")}


def _road(road: ElementTree.Element) -> RoadText:
    elements = road.findall("lanes/laneSection")
    starts = [float(section.get("s", "0")) for section in elements]
    ends = [*starts[1:], float(road.get("length", "0"))]
    lane_speeds = {
        (index, int(lane.get("id", "0"))): records
        for index, section in enumerate(elements)
        for lane in section.iterfind("*/lane")
        if (records := _speeds(lane.findall("speed"), starts[index], "sOffset"))
    }
    limits = [(kind, speed) for kind in road.findall("type") for speed in kind.findall("speed")]
    road_speeds = [r for kind, speed in limits for r in _speeds([speed], float(kind.get("s", "0")), "s")]
    return RoadText(tuple(zip(starts, ends, strict=True)), tuple(sorted(road_speeds)), lane_speeds)


def _speeds(elements: Iterable[ElementTree.Element], start: float, offset: str) -> tuple[SpeedRecord, ...]:
    records = []
    for element in elements:
        value = element.get("max", "no limit")
        if value not in ("no limit", "undefined"):
            limit = mps(float(value), element.get("unit", "m/s"))
            records.append((start + float(element.get(offset, "0")), limit))
    return tuple(sorted(records))
