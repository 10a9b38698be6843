"""Nanshan03: a small old town on a hill: a roundabout, a square, one-way lanes, a road along the walls.

Nothing has lights: who comes from a lane stops or gives way, who enters the roundabout gives way.
Run `python -m sim_bridge.server.maps.towns.nanshan03` to write `Nanshan03.xodr` beside this file.
"""

from __future__ import annotations

from sim_bridge.server.maps.towns.plan import (
    Area,
    Bend,
    CentreLine,
    Control,
    JunctionPlan,
    Profile,
    Street,
    TownPlan,
)
from sim_bridge.server.maps.towns.rings import STREET_SETBACK_M, ring_junctions, ring_streets

ROAD = Profile(1, 0.3, 2.2, CentreLine.BROKEN, (3.0, 3.0), "town", lane_m=3.2)
NARROW = Profile(1, 0.3, 1.6, CentreLine.NONE, (3.0, 3.0), "town", lane_m=3.2)
LANE = Profile(1, 0.8, 1.6, CentreLine.EDGE, (3.0, 3.0), "town", back_lanes=0, lane_m=4.0)
PLACE = Profile(1, 0.6, 2.6, CentreLine.EDGE, (3.0, 3.0), "town", back_lanes=0, lane_m=3.6, parking_m=2.0)
RING = Profile(
    1, 0.5, 2.0, CentreLine.EDGE, (3.0, 3.0), "town", back_lanes=0, lane_m=4.5, back_sidewalk_m=0.0
)

RADIUS_M = 18.0
TURN_M = 12.0
CENTRE = (0.0, 0.0)
CROSS = ring_junctions(
    "cross",
    CENTRE,
    4.0,
    RADIUS_M,
    {"East Street": 0.0, "Hill Street": 90.0, "West Street": 180.0, "South Street": 270.0},
)


def _at(
    name: str,
    x: float,
    y: float,
    z: float,
    *,
    stop: tuple[str, ...] = (),
    give_way: tuple[str, ...] = (),
) -> JunctionPlan:
    return JunctionPlan(name, x, y, z, Control.SIGNS, stop, give_way, TURN_M)


def _from_ring(
    name: str, arm: int, end: str, profile: Profile, bends: tuple[Bend, ...], limit_kmh: int
) -> Street:
    """A street that begins at the roundabout's `arm`-th junction."""
    return Street(
        name,
        f"cross_{arm}",
        end,
        profile,
        bends,
        limit_kmh,
        limit_kmh,
        start_setback_m=STREET_SETBACK_M,
        district="old_town",
    )


def _old(
    name: str, start: str, end: str, profile: Profile, bends: tuple[Bend, ...] = (), limit_kmh: int = 30
) -> Street:
    return Street(name, start, end, profile, bends, limit_kmh, limit_kmh, district="old_town")


def _wall(name: str, start: str, end: str, bends: tuple[Bend, ...], crest_m: float = 0.0) -> Street:
    """A piece of the perimeter road."""
    return Street(name, start, end, ROAD, bends, 50, 50, crest_m, district="residential")


NANSHAN03 = TownPlan(
    name="Nanshan03",
    geo_reference="+proj=tmerc +lat_0=22.5702 +lon_0=114.0579 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m",
    junctions=(
        *CROSS,
        _at("west_lanes", -140.0, 6.0, 3.0, stop=("Tanner Lane",)),
        _at("east_lanes", 140.0, -6.0, 2.0, stop=("Weaver Lane",)),
        _at("south_lanes", 0.0, -120.0, 2.0, give_way=("Potter Lane",)),
        _at("square_south", 0.0, 125.0, 10.0, give_way=("Hill Street",)),
        _at("square_east", 48.0, 165.0, 10.0),
        _at("square_north", 0.0, 205.0, 10.0, give_way=("Church Street",)),
        _at("square_west", -48.0, 165.0, 10.0, give_way=("Baker Lane",)),
        _at("tower", -140.0, 150.0, 7.5, give_way=("Smith Lane",)),
        _at("north_gate", 0.0, 310.0, 14.0, stop=("Church Street",)),
        _at("tower_gate", -270.0, 160.0, 6.0, stop=("Tower Lane",)),
        _at("west_gate", -280.0, 0.0, 1.0, stop=("West Road",)),
        _at("south_gate", 0.0, -240.0, 0.0, stop=("South Road",)),
        _at("east_gate", 280.0, 0.0, 0.5, stop=("East Road",)),
    ),
    streets=(
        *ring_streets("Cross", CENTRE, CROSS, RING, 20),
        _from_ring("East Street", 0, "east_lanes", NARROW, (Bend(80.0, 4.0, 60.0),), 30),
        _from_ring("Hill Street", 1, "square_south", NARROW, (), 30),
        _from_ring("West Street", 2, "west_lanes", NARROW, (), 30),
        _from_ring("South Street", 3, "south_lanes", NARROW, (), 30),
        _old("Square East", "square_south", "square_east", PLACE, (Bend(48.0, 125.0, 16.0),)),
        _old("Square North", "square_east", "square_north", PLACE, (Bend(48.0, 205.0, 16.0),)),
        _old("Square West", "square_north", "square_west", PLACE, (Bend(-48.0, 205.0, 16.0),)),
        _old("Square South", "square_west", "square_south", PLACE, (Bend(-48.0, 125.0, 16.0),)),
        _old("Church Street", "square_north", "north_gate", NARROW, (Bend(14.0, 255.0, 40.0),)),
        _old("Weaver Lane", "square_east", "east_lanes", LANE, (Bend(140.0, 165.0, 20.0),)),
        _old("Smith Lane", "west_lanes", "tower", LANE, (Bend(-128.0, 80.0, 80.0),)),
        _old("Baker Lane", "tower", "square_west", LANE, (Bend(-95.0, 165.0, 30.0),)),
        _old("Tower Lane", "tower", "tower_gate", NARROW, (Bend(-205.0, 168.0, 60.0),)),
        _old("Tanner Lane", "south_lanes", "west_lanes", LANE, (Bend(-140.0, -120.0, 20.0),)),
        _old("Potter Lane", "east_lanes", "south_lanes", LANE, (Bend(140.0, -120.0, 20.0),)),
        _old("West Road", "west_lanes", "west_gate", ROAD, (Bend(-210.0, -8.0, 80.0),)),
        _old("East Road", "east_lanes", "east_gate", ROAD, (Bend(210.0, 8.0, 80.0),)),
        _old("South Road", "south_lanes", "south_gate", ROAD, (Bend(10.0, -180.0, 80.0),)),
        _wall(
            "North Wall", "north_gate", "tower_gate", (Bend(-180.0, 310.0, 70.0), Bend(-262.0, 260.0, 50.0))
        ),
        _wall("Tower Wall", "tower_gate", "west_gate", ()),
        _wall(
            "South-West Wall",
            "west_gate",
            "south_gate",
            (Bend(-280.0, -170.0, 60.0), Bend(-160.0, -240.0, 60.0)),
            2.0,
        ),
        _wall(
            "South-East Wall",
            "south_gate",
            "east_gate",
            (Bend(180.0, -240.0, 70.0), Bend(280.0, -150.0, 60.0)),
        ),
        _wall(
            "East Wall", "east_gate", "north_gate", (Bend(280.0, 200.0, 70.0), Bend(170.0, 310.0, 70.0)), 4.0
        ),
    ),
    areas=(Area("square", ((-44.0, 129.0), (44.0, 129.0), (44.0, 201.0), (-44.0, 201.0))),),
)


if __name__ == "__main__":
    from sim_bridge.server.maps.towns.authoring import write_town

    write_town(NANSHAN03)
