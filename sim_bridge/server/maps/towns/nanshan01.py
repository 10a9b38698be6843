"""Nanshan01: six inner junctions, a ring road with 70 km/h, bends of 35 to 300 m radius and a few low hills.

Run `python -m sim_bridge.server.maps.towns.nanshan01` to write `Nanshan01.xodr` beside this file.
"""

from __future__ import annotations

from pathlib import Path

from sim_bridge.server.maps.towns.plan import Bend, CentreLine, JunctionPlan, Profile, Street, TownPlan

STREET = Profile(1, 0.4, 3.0, CentreLine.BROKEN, (3.0, 6.0), "town")
AVENUE = Profile(2, 0.4, 3.5, CentreLine.DOUBLE, (3.0, 6.0), "town")
RING = Profile(2, 1.5, 0.0, CentreLine.DOUBLE, (3.0, 9.0), "rural")

NANSHAN01 = TownPlan(
    name="Nanshan01",
    geo_reference="+proj=tmerc +lat_0=22.5308 +lon_0=113.9296 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m",
    junctions=(
        JunctionPlan("ring_west", -600.0, 165.0, 0.0),
        JunctionPlan("ring_southwest", -600.0, -165.0, 1.0),
        JunctionPlan("ring_north", 0.0, 430.0, 4.0),
        JunctionPlan("ring_northeast", 600.0, 165.0, 2.0),
        JunctionPlan("ring_southeast", 600.0, -165.0, 0.0),
        JunctionPlan("ring_south", 0.0, -430.0, 0.0),
        JunctionPlan("northwest", -330.0, 165.0, 2.0),
        JunctionPlan("north", 0.0, 165.0, 5.0),
        JunctionPlan("northeast", 330.0, 165.0, 3.0),
        JunctionPlan("southwest", -330.0, -165.0, 0.0),
        JunctionPlan("south", 0.0, -165.0, 1.5),
        JunctionPlan("southeast", 330.0, -165.0, 0.0),
    ),
    streets=(
        Street(
            "Harbour Street",
            "ring_west",
            "northwest",
            STREET,
            (Bend(-500, 165, 60), Bend(-450, 200, 50), Bend(-395, 165, 60)),
            50,
            50,
        ),
        Street(
            "Mill Street",
            "northwest",
            "north",
            STREET,
            (Bend(-230, 165, 80), Bend(-150, 130, 80), Bend(-70, 165, 80)),
            50,
            50,
        ),
        Street("Hill Street", "north", "northeast", STREET, (Bend(165, 190, 150),), 50, 50, crest_m=2.0),
        Street(
            "Tannery Lane",
            "northeast",
            "ring_northeast",
            STREET,
            (Bend(430, 165, 35), Bend(430, 250, 35), Bend(520, 250, 35), Bend(520, 165, 35)),
            40,
            40,
        ),
        Street(
            "West Avenue",
            "ring_southwest",
            "southwest",
            AVENUE,
            (Bend(-520, -165, 150), Bend(-465, -177, 150), Bend(-410, -165, 150)),
            50,
            50,
        ),
        Street("Middle Avenue", "southwest", "south", AVENUE, (Bend(-165, -150, 150),), 50, 50),
        Street("East Avenue", "south", "southeast", AVENUE, (Bend(165, -180, 150),), 50, 50),
        Street("Station Avenue", "southeast", "ring_southeast", AVENUE, (Bend(465, -145, 150),), 50, 50),
        Street(
            "Brook Lane",
            "northwest",
            "southwest",
            STREET,
            (Bend(-330, 85, 40), Bend(-290, 45, 40), Bend(-290, -35, 40), Bend(-330, -75, 40)),
            40,
            40,
        ),
        Street("Central Avenue", "north", "south", AVENUE, (Bend(-15, 0, 150),), 50, 50),
        Street(
            "Vineyard Street", "northeast", "southeast", STREET, (Bend(345, 0, 150),), 50, 50, crest_m=4.0
        ),
        Street("North Avenue", "ring_north", "north", AVENUE, (Bend(20, 300, 150),), 50, 50),
        Street("South Avenue", "ring_south", "south", AVENUE, (Bend(-20, -300, 150),), 50, 50),
        Street(
            "Ring North-West",
            "ring_west",
            "ring_north",
            RING,
            (Bend(-600, 430, 130), Bend(-250, 450, 300)),
            70,
            50,
            crest_m=6.0,
        ),
        Street(
            "Ring North-East",
            "ring_north",
            "ring_northeast",
            RING,
            (Bend(250, 415, 300), Bend(600, 430, 130)),
            70,
            50,
        ),
        Street("Ring East", "ring_northeast", "ring_southeast", RING, (Bend(625, 0, 300),), 60, 50),
        Street(
            "Ring South-East",
            "ring_southeast",
            "ring_south",
            RING,
            (Bend(600, -430, 130), Bend(250, -445, 300)),
            70,
            50,
            crest_m=-3.0,
        ),
        Street(
            "Ring South-West",
            "ring_south",
            "ring_southwest",
            RING,
            (Bend(-250, -420, 300), Bend(-600, -430, 130)),
            70,
            50,
            crest_m=3.0,
        ),
        Street("Ring West", "ring_southwest", "ring_west", RING, (Bend(-620, 0, 300),), 60, 50),
    ),
)


def main() -> None:
    """Writes the town beside this script."""
    from sim_bridge.server.maps.towns.authoring import author

    target = Path(__file__).with_name(f"{NANSHAN01.name}.xodr")
    target.write_text(author(NANSHAN01), encoding="utf-8")
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
