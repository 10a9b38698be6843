"""Makes sure that an OpenDRIVE text is one that CARLA's reader survives, before it sees it.

CARLA's reader ends the process on lanes or roads that lack parts, makes NaN of spirals and arcs that do not
bend, and loops for minutes over roads as long as the Earth. What has only one sensible reading is
repaired and said so; everything else is refused in one line.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

MAX_BYTES = 64_000_000
MAX_DEPTH = 40
MAX_ELEMENTS = 3_000_000
MAX_COORDINATE_M = 1e6
MAX_ROAD_M = 100_000.0
MAX_LANE_M = 2_000_000.0
MAX_LANE_WIDTH_M = 100.0
MAX_COEFFICIENT = 1e6
FARTHEST_ASIDE_M = 1000.0
MAX_CURVATURE = 10.0
# Below this a curvature, or its change along a spiral, is none (1/m).
NO_CURVATURE = 1e-9
SHORTEST_M = 1e-3

# Numbers that must be there, and numbers that must be numbers where they are.
_NEEDED = {
    "geometry": ("s", "x", "y", "hdg", "length"),
    "arc": ("curvature",),
    "spiral": ("curvStart", "curvEnd"),
    "poly3": ("a", "b", "c", "d"),
    "paramPoly3": ("aU", "bU", "cU", "dU", "aV", "bV", "cV", "dV"),
    "laneSection": ("s",),
    "elevation": ("s", "a", "b", "c", "d"),
    "superelevation": ("s", "a", "b", "c", "d"),
    "laneOffset": ("s", "a", "b", "c", "d"),
    "width": ("sOffset", "a", "b", "c", "d"),
    "signal": ("s", "t"),
    "signalReference": ("s", "t"),
    "object": ("s", "t"),
}
_OPTIONAL = {
    "signal": ("zOffset", "hOffset", "pitch", "roll", "height", "width"),
    "object": ("zOffset", "hdg", "pitch", "roll", "length", "width", "height"),
    "cornerLocal": ("u", "v", "z"),
    "roadMark": ("sOffset", "width", "height"),
    "line": ("length", "space", "tOffset", "sOffset", "width"),
    "type": ("s",),
}
_CURVES = ("line", "arc", "spiral", "poly3", "paramPoly3")


@dataclass
class _Check:
    """The text's tree on its way through the checks, and what was repaired so far."""

    root: Element
    repairs: list[str] = field(default_factory=list)

    def repaired(self, what: str) -> None:
        self.repairs.append(what)


def checked(xodr: str) -> tuple[str, tuple[str, ...]]:
    """An OpenDRIVE text that CARLA can read, and what had to be repaired for that.

    Returns:
        The same text if nothing had to be.

    Raises:
        ValueError: it cannot be used; one line says why.
    """
    check = _Check(parsed(xodr))
    roads = check.root.findall("road")
    if not roads:
        raise ValueError("it has no <road>")
    for step in (
        _numbers,
        _ids,
        _geometry,
        _profiles,
        _lanes,
        _extent,
        _junction_ids,
        _links,
        _lane_links,
        _junctions,
        _signals,
    ):
        step(check)
    if not check.repairs:
        return xodr, ()
    return ElementTree.tostring(check.root, encoding="unicode"), _summed_up(check.repairs)


def parsed(xodr: str) -> Element:
    """The root of an OpenDRIVE text.

    Raises:
        ValueError: it is no XML, no OpenDRIVE, too large, or declares entities.
    """
    if len(xodr) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES // 1_000_000} MB")
    if "<!DOCTYPE" in xodr or "<!ENTITY" in xodr:
        raise ValueError("it declares a document type or entities, which no OpenDRIVE needs")
    try:
        root = ElementTree.fromstring(xodr)
    except (ElementTree.ParseError, ValueError) as error:
        raise ValueError(f"not well-formed XML ({error})") from error
    if root.tag != "OpenDRIVE":
        raise ValueError(f"not OpenDRIVE: the root element is <{root.tag[:40]}>")
    _bound(root)
    return root


def _bound(root: Element) -> None:
    """Refuses what is nested so deep or has so many elements that reading it is an attack."""
    layer, count = [root], 1
    for _ in range(MAX_DEPTH):
        layer = [child for element in layer for child in element]
        count += len(layer)
        if not layer:
            break
    if layer:
        raise ValueError(f"its elements are nested more than {MAX_DEPTH} deep")
    if count > MAX_ELEMENTS:
        raise ValueError(f"it has more than {MAX_ELEMENTS} elements")


def _summed_up(repairs: list[str]) -> tuple[str, ...]:
    """The same repair many times over only once, with its number."""
    return tuple(what if n == 1 else f"{what} ({n} times)" for what, n in Counter(repairs).items())


def _name(road: Element) -> str:
    return f"road {(road.get('id') or '?')[:40]}"


def _value(element: Element, name: str, where: str, default: float | None = None) -> float:
    """A finite number of an element; ValueError says where it is missing."""
    text = element.get(name)
    try:
        value = default if text is None else float(text)
    except ValueError:
        value = None
    if value is None or not math.isfinite(value):
        shown = None if text is None else text[:40]
        raise ValueError(f"{where}: <{element.tag}> {name}={shown!r} is not a number")
    return value


def _numbers(check: _Check) -> None:
    for road in check.root.findall("road"):
        where = _name(road)
        _value(road, "length", where)
        for element in road.iter():
            for name in _NEEDED.get(element.tag, ()):
                if name == "sOffset" and element.get(name) is None:
                    continue
                _value(element, name, where)
            for name in _OPTIONAL.get(element.tag, ()):
                _value(element, name, where, 0.0)


def _whole(element: Element, name: str, what: str) -> int:
    """A whole number of an element."""
    text = element.get(name) or ""
    try:
        value = int(text)
    except ValueError:
        value = None
    if value is None or abs(value) >= 2**31:
        raise ValueError(f"{what} {name}={text[:40]!r} is not a whole number")
    return value


def _ids(check: _Check) -> None:
    """Road and junction ids are whole numbers, and no two roads or junctions have the same."""
    for tag in ("road", "junction"):
        seen = set()
        for element in check.root.findall(tag):
            number = _whole(element, "id", f"<{tag}>")
            if number in seen:
                raise ValueError(f"two <{tag}> have the id {number}")
            if number < 0:
                raise ValueError(f"<{tag}> id={number} is negative")
            seen.add(number)


def _geometry(check: _Check) -> None:
    for road in check.root.findall("road"):
        where, length = _name(road), float(road.get("length", "0"))
        if not SHORTEST_M <= length <= MAX_ROAD_M:
            raise ValueError(f"{where}: length {length:g} m is not within {SHORTEST_M:g} to {MAX_ROAD_M:g} m")
        view = road.find("planView")
        pieces = [] if view is None else view.findall("geometry")
        for piece in pieces:
            if float(piece.get("length", "0")) <= 0.0 and view is not None and len(pieces) > 1:
                view.remove(piece)
                check.repaired("pieces of a curve without a length were left out")
        pieces = [] if view is None else view.findall("geometry")
        if not pieces:
            raise ValueError(f"{where}: it has no <geometry>")
        _pieces(check, where, pieces, length)


def _pieces(check: _Check, where: str, pieces: list[Element], length: float) -> None:
    """The curve of one road: known shapes, one after the other, as long as the road."""
    end = 0.0
    for piece in pieces:
        s, extent = float(piece.get("s", "0")), float(piece.get("length", "0"))
        if extent <= 0.0:
            raise ValueError(f"{where}: its <geometry> has the length {extent:g} m")
        if abs(s - end) > 0.1:
            raise ValueError(
                f"{where}: its <geometry> at s={s:g} does not follow the one before, which ends at {end:g}"
            )
        end = s + extent
        if max(abs(float(piece.get(axis, "0"))) for axis in "xy") > MAX_COORDINATE_M:
            raise ValueError(
                f"{where}: its <geometry> lies farther than {MAX_COORDINATE_M / 1000:g} km from the origin"
            )
        curve = next((child for child in piece if child.tag in _CURVES), None)
        if curve is None:
            raise ValueError(f"{where}: its <geometry> at s={s:g} is none of {', '.join(_CURVES)}")
        _curve(check, where, curve, extent)
    if abs(end - length) > 0.5:
        raise ValueError(f"{where}: it is {length:g} m long, but its <geometry> {end:g} m")


def _curve(check: _Check, where: str, curve: Element, extent: float) -> None:
    """Spirals and arcs that do not bend become what they are: arcs and lines."""
    if curve.tag == "spiral":
        start, end = float(curve.get("curvStart", "0")), float(curve.get("curvEnd", "0"))
        if abs(end - start) < max(NO_CURVATURE, 1e-6 * abs(start)):
            curve.tag, curve.attrib = "arc", {"curvature": repr((start + end) / 2.0)}
            check.repaired("spirals of constant curvature were turned into arcs or lines")
    bends = [abs(float(curve.get(name, "0"))) for name in ("curvature", "curvStart", "curvEnd")]
    if max(bends) > MAX_CURVATURE:
        raise ValueError(
            f"{where}: a curvature of {max(bends):g} 1/m is tighter than {1.0 / MAX_CURVATURE:g} m"
        )
    if curve.tag == "arc" and bends[0] < NO_CURVATURE:
        curve.tag, curve.attrib = "line", {}
        check.repaired("arcs without curvature were turned into lines")
    if curve.tag in ("poly3", "paramPoly3"):
        _polynomial(where, curve, extent)


def _polynomial(where: str, curve: Element, extent: float) -> None:
    """Refuses a polynomial curve that is much longer or shorter than it says, or runs backwards."""
    u, v = ([0.0, 1.0, 0.0, 0.0], [float(curve.get(name, "0")) for name in "abcd"])
    span = extent
    if curve.tag == "paramPoly3":
        u, v = ([float(curve.get(f"{name}{axis}", "0")) for name in "abcd"] for axis in "UV")
        span = 1.0 if curve.get("pRange", "normalized") == "normalized" else extent
    points = [
        tuple(a + p * (b + p * (c + p * d)) for a, b, c, d in (u, v))
        for p in (span * i / 32.0 for i in range(33))
    ]
    measured = sum(math.dist(points[i], points[i + 1]) for i in range(32))
    if not 0.5 * extent - 0.05 <= measured <= 2.0 * extent + 0.05 or measured == 0.0:
        raise ValueError(f"{where}: a <{curve.tag}> says it is {extent:g} m long, but is {measured:g} m")


def _profiles(check: _Check) -> None:
    """Heights and offsets begin at the road's start: CARLA's reader looks for the one before any s."""
    for road in check.root.findall("road"):
        where = _name(road)
        for path in ("elevationProfile/elevation", "lanes/laneOffset", "lateralProfile/superelevation"):
            rows = road.findall(path)
            steep = max((abs(float(row.get(name, "0"))) for row in rows for name in "abcd"), default=0.0)
            if steep > MAX_COEFFICIENT:
                raise ValueError(f"{where}: a coefficient of <{rows[0].tag}> is {steep:g}")
            if rows and min(float(row.get("s", "0")) for row in rows) > 0.0:
                group = road.find(path.split("/", maxsplit=1)[0])
                if group is not None:
                    group.insert(0, Element(rows[0].tag, {"s": "0", "a": "0", "b": "0", "c": "0", "d": "0"}))
                check.repaired(f"<{rows[0].tag}> that begin behind their road's start are 0 up to there")
            elif rows and min(float(row.get("s", "0")) for row in rows) < 0.0:
                raise ValueError(f"{where}: a <{rows[0].tag}> begins before the road")


def _lanes(check: _Check) -> None:
    driving = False
    for road in check.root.findall("road"):
        where, length = _name(road), float(road.get("length", "0"))
        sections = road.findall("lanes/laneSection")
        if not sections:
            raise ValueError(f"{where}: it has no <laneSection>")
        starts = [float(section.get("s", "0")) for section in sections]
        if starts[0] != 0.0 or any(b <= a for a, b in pairwise(starts)):
            raise ValueError(f"{where}: its <laneSection> do not begin at s=0 and go on from there")
        if starts[-1] >= length:
            raise ValueError(
                f"{where}: its <laneSection> at s={starts[-1]:g} is beyond its end at {length:g}"
            )
        for section in sections:
            driving |= _section(where, section)
    if not driving:
        raise ValueError("it has no driving lane")


def _section(where: str, section: Element) -> bool:
    """Checks the lanes of a section; tells whether one of them is driven on."""
    centre = section.findall("center/lane")
    if len(centre) != 1 or _whole(centre[0], "id", f"{where}: <lane>") != 0:
        raise ValueError(f"{where}: a <laneSection> has no centre lane with the id 0")
    for side, sign in (("left", 1), ("right", -1)):
        lanes = section.findall(f"{side}/lane")
        numbers = sorted(sign * _whole(lane, "id", f"{where}: <lane>") for lane in lanes)
        if numbers != list(range(1, len(numbers) + 1)):
            shown = ", ".join(str(sign * number) for number in numbers[:8])
            raise ValueError(
                f"{where}: the lanes on the {side} are numbered {shown}, not one by one from {sign}"
            )
        for lane in lanes:
            widths = lane.findall("width")
            if widths and min(float(width.get("sOffset", "0")) for width in widths) != 0.0:
                raise ValueError(f"{where}: the <width> of lane {lane.get('id')} does not begin at sOffset=0")
            for width in widths:
                if abs(float(width.get("a", "0"))) > MAX_LANE_WIDTH_M:
                    raise ValueError(f"{where}: a lane is {width.get('a')} m wide")
    return any(lane.get("type") == "driving" for lane in section.iter("lane"))


def _extent(check: _Check) -> None:
    """Refuses more lanes than can be read in reasonable time."""
    total = 0.0
    for road in check.root.findall("road"):
        widest = max(len(list(section.iter("lane"))) for section in road.findall("lanes/laneSection"))
        total += float(road.get("length", "0")) * widest
    if total > MAX_LANE_M:
        raise ValueError(f"it has {total / 1000:.0f} km of lanes, more than {MAX_LANE_M / 1000:.0f} km")


def _junction_ids(check: _Check) -> None:
    """Gives new ids to junctions that share theirs with a road: CARLA takes the one for the other."""
    roads = {road.get("id") for road in check.root.findall("road")}
    junctions = check.root.findall("junction")
    taken = {int(number or 0) for number in roads} | {int(each.get("id", "0")) for each in junctions}
    new: dict[str, str] = {}
    for junction in junctions:
        number = junction.get("id", "")
        if number in roads:
            new[number] = str(max(taken) + 1)
            taken.add(max(taken) + 1)
            junction.set("id", new[number])
            check.repaired("junctions that shared their id with a road were numbered anew")
    for road in check.root.findall("road") if new else ():
        if road.get("junction") in new:
            road.set("junction", new[road.get("junction", "")])
        for link in _ends(road):
            if link.get("elementType") == "junction" and link.get("elementId") in new:
                link.set("elementId", new[link.get("elementId", "")])


def _ends(road: Element) -> Iterator[Element]:
    """The links of a road to what is before and behind it."""
    for tag in ("predecessor", "successor"):
        yield from road.findall(f"link/{tag}")


def _links(check: _Check) -> None:
    """Takes out links to roads, junctions and lanes that are not there."""
    known = {tag: {each.get("id") for each in check.root.findall(tag)} for tag in ("road", "junction")}
    for road in check.root.findall("road"):
        if _whole(road, "junction", _name(road)) != -1 and road.get("junction") not in known["junction"]:
            raise ValueError(
                f"{_name(road)}: it belongs to junction {road.get('junction')}, which is not there"
            )
        link = road.find("link")
        for end in list(_ends(road)):
            if link is not None and end.get("elementId") not in known.get(end.get("elementType") or "", ()):
                link.remove(end)
                check.repaired("links to roads or junctions that are not there were taken out")


def _lane_links(check: _Check) -> None:
    """Takes out links of lanes to lanes that are not there: CARLA's reader follows them to its end."""
    roads = {road.get("id"): road for road in check.root.findall("road")}
    for road in check.root.findall("road"):
        sections = road.findall("lanes/laneSection")
        for index, section in enumerate(sections):
            for tag, beside in (("predecessor", index - 1), ("successor", index + 1)):
                if 0 <= beside < len(sections):
                    known: set[str | None] | None = _lane_ids(sections[beside])
                else:
                    known = _lanes_beyond(road, tag, roads)
                for link in section.iterfind("*/lane/link"):
                    for end in link.findall(tag):
                        if known is not None and end.get("id") not in known:
                            link.remove(end)
                            check.repaired("links to lanes that are not there were taken out")


def _lane_ids(section: Element) -> set[str | None]:
    return {lane.get("id") for lane in section.iter("lane")}


def _lanes_beyond(road: Element, tag: str, roads: dict[str | None, Element]) -> set[str | None] | None:
    """Ids of the lanes where another road meets this one; none at an end, None at a junction."""
    end = road.find(f"link/{tag}")
    if end is None:
        return set()
    if end.get("elementType") == "junction":
        return None
    sections = roads[end.get("elementId")].findall("lanes/laneSection")
    return _lane_ids(sections[0 if end.get("contactPoint") == "start" else -1])


def _junctions(check: _Check) -> None:
    """Takes out connections of roads that are not there, and controllers that are not there."""
    roads = {road.get("id"): road for road in check.root.findall("road")}
    for junction in check.root.findall("junction"):
        for connection in junction.findall("connection"):
            ends = (connection.get("incomingRoad"), connection.get("connectingRoad"))
            if not set(ends) <= roads.keys():
                junction.remove(connection)
                check.repaired("connections of roads that are not there were taken out")
                continue
            known = [{lane.get("id") for lane in roads[end].iter("lane")} for end in ends]
            for link in connection.findall("laneLink"):
                if link.get("from") not in known[0] or link.get("to") not in known[1]:
                    connection.remove(link)
                    check.repaired("links to lanes that are not there were taken out")


def _signals(check: _Check) -> None:
    """Takes out references to signals that are not there, and what lies beyond a road's ends."""
    _beyond_ends(check)
    known = {signal.get("id") for signal in check.root.iterfind("road/signals/signal")}
    for group in check.root.iterfind("road/signals"):
        for reference in group.findall("signalReference"):
            if reference.get("id") not in known:
                group.remove(reference)
                check.repaired("references to signals that are not there were taken out")
    for controller in check.root.findall("controller"):
        for control in controller.findall("control"):
            if control.get("signalId") not in known:
                controller.remove(control)
                check.repaired("references to signals that are not there were taken out")


def _beyond_ends(check: _Check) -> None:
    """Takes out signals and objects that lie beyond the ends of their road, or far beside it."""
    for road in check.root.findall("road"):
        length = float(road.get("length", "0"))
        for group in (*road.findall("signals"), *road.findall("objects")):
            for item in list(group):
                if item.tag not in ("signal", "signalReference", "object"):
                    continue
                aside = abs(float(item.get("t", "0")))
                if not 0.0 <= float(item.get("s", "0")) <= length or aside > FARTHEST_ASIDE_M:
                    group.remove(item)
                    check.repaired("signals and objects beyond the ends of their road were taken out")
