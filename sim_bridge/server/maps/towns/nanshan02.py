"""Nanshan02: a motorway of two times three lanes, whose ends turn back in wide loops, in open country.

Traffic goes round counter-clockwise: eastwards on the south carriageway, through the east loop, westwards on
the north one. Everything leaves and joins on the right, so that the network is closed on one level; the
bridge of the west interchange joins the country on both sides a second time.
Run `python -m sim_bridge.server.maps.towns.nanshan02` to write `Nanshan02.xodr` beside this file.
"""

from __future__ import annotations

from sim_bridge.server.maps.towns.paths import Point
from sim_bridge.server.maps.towns.plan import (
    Bend,
    CentreLine,
    Control,
    JunctionPlan,
    Profile,
    Street,
    TownPlan,
)

MOTORWAY = Profile(3, 2.0, 0.0, CentreLine.EDGE, (6.0, 12.0), "motorway", back_lanes=0, lane_m=3.75)
MOTORWAY_4 = Profile(4, 2.0, 0.0, CentreLine.EDGE, (6.0, 12.0), "motorway", back_lanes=0, lane_m=3.75)
RAMP = Profile(1, 1.2, 0.0, CentreLine.EDGE, (3.0, 9.0), "rural", back_lanes=0, lane_m=4.0)
COUNTRY = Profile(1, 1.0, 0.0, CentreLine.BROKEN, (3.0, 9.0), "rural")
VILLAGE = Profile(1, 0.3, 2.4, CentreLine.BROKEN, (3.0, 6.0), "town", parking_m=2.2)

# A carriageway's reference line is its left edge; from the median's middle to there.
MEDIAN_M = 4.0
# A carriageway opens this long before and after the point where a ramp joins or leaves it.
WEAVE_M = 40.0
# Where a ramp begins or ends beside a carriageway, from the median's middle.
RAMP_M = 19.5
RAMP_BEND_M = 30.0
BRIDGE_M = 7.0
WEST_X, EAST_X = -400.0, 400.0
TERMINAL_Y = 100.0


def _weave(name: str, x: float, side: float, z: float) -> JunctionPlan:
    """Where a ramp meets the carriageway on one side of the median: -1 south, 1 north."""
    return JunctionPlan(name, x, side * MEDIAN_M, z, Control.WEAVE)


def _motorway(
    name: str,
    start: str,
    end: str,
    lanes: int,
    limit_kmh: int,
    bends: tuple[Bend, ...] = (),
    crest_m: float = 0.0,
) -> Street:
    return Street(
        name,
        start,
        end,
        MOTORWAY if lanes == 3 else MOTORWAY_4,
        bends,
        limit_kmh,
        limit_kmh,
        crest_m,
        start_setback_m=WEAVE_M,
        end_setback_m=WEAVE_M,
        district="countryside",
    )


def _ramp_ends(x: float, side: float, away: float) -> tuple[Point, Bend]:
    """Where a ramp touches its carriageway, and its bend; `away` is the way to its other end along x."""
    return (x + away * WEAVE_M, side * RAMP_M), Bend(x + away * 105.0, side * RAMP_BEND_M, 150.0)


def _exit(name: str, weave: str, terminal: str, x: float, side: float) -> Street:
    """A ramp from a carriageway at `x` down to its terminal."""
    start, bend = _ramp_ends(x, side, -side)
    return Street(
        name,
        weave,
        terminal,
        RAMP,
        (bend,),
        60,
        60,
        start_point=start,
        start_setback_m=0.0,
        district="countryside",
    )


def _entry(name: str, terminal: str, weave: str, x: float, side: float) -> Street:
    """A ramp from its terminal to a carriageway at `x`."""
    end, bend = _ramp_ends(x, side, side)
    return Street(
        name,
        terminal,
        weave,
        RAMP,
        (bend,),
        80,
        80,
        end_point=end,
        end_setback_m=0.0,
        district="countryside",
    )


def _loop(side: float) -> tuple[Bend, ...]:
    """The bends of the east loop (1) or of the west loop (-1)."""
    corners = ((740.0, -4.0, 220.0), (920.0, -130.0, 110.0), (1100.0, 0.0, 100.0))
    back = ((920.0, 130.0, 110.0), (740.0, 4.0, 220.0))
    return tuple(Bend(side * x, side * y, radius) for x, y, radius in (*corners, *back))


NANSHAN02 = TownPlan(
    name="Nanshan02",
    geo_reference="+proj=tmerc +lat_0=22.6083 +lon_0=114.0306 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m",
    junctions=(
        _weave("west_exit_south", -600.0, -1.0, 0.0),
        _weave("west_entry_south", -200.0, -1.0, 0.0),
        _weave("east_exit_south", 200.0, -1.0, 1.5),
        _weave("east_entry_south", 600.0, -1.0, 1.5),
        _weave("east_exit_north", 600.0, 1.0, 1.5),
        _weave("east_entry_north", 200.0, 1.0, 1.5),
        _weave("west_exit_north", -200.0, 1.0, 0.0),
        _weave("west_entry_north", -600.0, 1.0, 0.0),
        JunctionPlan("west_south", WEST_X, -TERMINAL_Y, BRIDGE_M),
        JunctionPlan("west_north", WEST_X, TERMINAL_Y, BRIDGE_M),
        JunctionPlan("east_south", EAST_X, -TERMINAL_Y, 1.0, Control.SIGNS, stop=("East Exit South",)),
        JunctionPlan("east_north", EAST_X, TERMINAL_Y, 1.0, Control.SIGNS, stop=("East Exit North",)),
        JunctionPlan("village_west", WEST_X, -330.0, 1.0),
        JunctionPlan("village_east", EAST_X, -330.0, 0.0),
        JunctionPlan("village", 0.0, -320.0, 1.0, Control.SIGNS, stop=("Church Lane",)),
        JunctionPlan("green", 0.0, -430.0, 2.0, Control.SIGNS, give_way=("Church Lane",)),
        JunctionPlan("farm_west", WEST_X, 330.0, 0.0, Control.SIGNS, stop=("North Feeder",)),
        JunctionPlan("farm_east", EAST_X, 330.0, 0.0, Control.SIGNS, give_way=("Quarry Road",)),
    ),
    streets=(
        _motorway("Eastbound West", "west_exit_south", "west_entry_south", 3, 120),
        _motorway("Eastbound Middle", "west_entry_south", "east_exit_south", 4, 120),
        _motorway("Eastbound East", "east_exit_south", "east_entry_south", 3, 120),
        _motorway("East Loop", "east_entry_south", "east_exit_north", 4, 80, _loop(1.0), -1.5),
        _motorway("Westbound East", "east_exit_north", "east_entry_north", 3, 120),
        _motorway("Westbound Middle", "east_entry_north", "west_exit_north", 4, 120),
        _motorway("Westbound West", "west_exit_north", "west_entry_north", 3, 100),
        _motorway("West Loop", "west_entry_north", "west_exit_south", 3, 80, _loop(-1.0), 3.0),
        _exit("West Exit South", "west_exit_south", "west_south", -600.0, -1.0),
        _entry("West Entry South", "west_south", "west_entry_south", -200.0, -1.0),
        _exit("East Exit South", "east_exit_south", "east_south", 200.0, -1.0),
        _entry("East Entry South", "east_south", "east_entry_south", 600.0, -1.0),
        _exit("East Exit North", "east_exit_north", "east_north", 600.0, 1.0),
        _entry("East Entry North", "east_north", "east_entry_north", 200.0, 1.0),
        _exit("West Exit North", "west_exit_north", "west_north", -200.0, 1.0),
        _entry("West Entry North", "west_north", "west_entry_north", -600.0, 1.0),
        Street("Bridge Road", "west_south", "west_north", COUNTRY, (), 60, 60, district="countryside"),
        Street("South Feeder", "west_south", "village_west", COUNTRY, (), 60, 60, district="countryside"),
        Street("North Feeder", "west_north", "farm_west", COUNTRY, (), 60, 60, district="countryside"),
        Street(
            "Mill Road",
            "east_south",
            "village_east",
            COUNTRY,
            (Bend(385.0, -210.0, 150.0),),
            60,
            60,
            district="countryside",
        ),
        Street(
            "Quarry Road",
            "east_north",
            "farm_east",
            COUNTRY,
            (Bend(420.0, 210.0, 150.0),),
            60,
            60,
            district="countryside",
        ),
        Street(
            "High Street",
            "village_west",
            "village",
            VILLAGE,
            (Bend(-200.0, -340.0, 200.0),),
            50,
            50,
            district="residential",
        ),
        Street(
            "Station Street",
            "village",
            "village_east",
            VILLAGE,
            (Bend(200.0, -312.0, 200.0),),
            50,
            50,
            district="residential",
        ),
        Street("Church Lane", "village", "green", VILLAGE, (), 30, 30, district="residential"),
        Street(
            "West Green",
            "village_west",
            "green",
            VILLAGE,
            (Bend(-400.0, -440.0, 30.0), Bend(-180.0, -418.0, 120.0)),
            40,
            40,
            district="residential",
        ),
        Street(
            "East Green",
            "green",
            "village_east",
            VILLAGE,
            (Bend(180.0, -446.0, 120.0), Bend(400.0, -430.0, 30.0)),
            40,
            40,
            district="residential",
        ),
        Street(
            "North Road",
            "farm_west",
            "farm_east",
            COUNTRY,
            (Bend(-200.0, 345.0, 300.0), Bend(180.0, 305.0, 300.0)),
            80,
            50,
            4.0,
            district="countryside",
        ),
        Street(
            "West Country Road",
            "village_west",
            "farm_west",
            COUNTRY,
            (
                Bend(-700.0, -310.0, 300.0),
                Bend(-1080.0, -350.0, 140.0),
                Bend(-1170.0, 0.0, 300.0),
                Bend(-1080.0, 340.0, 140.0),
                Bend(-700.0, 310.0, 300.0),
            ),
            80,
            50,
            6.0,
            district="countryside",
        ),
        Street(
            "East Country Road",
            "village_east",
            "farm_east",
            COUNTRY,
            (
                Bend(700.0, -345.0, 300.0),
                Bend(1080.0, -320.0, 140.0),
                Bend(1170.0, 20.0, 300.0),
                Bend(1060.0, 350.0, 140.0),
                Bend(700.0, 345.0, 300.0),
            ),
            100,
            50,
            -2.0,
            district="countryside",
        ),
    ),
)


if __name__ == "__main__":
    from sim_bridge.server.maps.towns.authoring import write_town

    write_town(NANSHAN02)
