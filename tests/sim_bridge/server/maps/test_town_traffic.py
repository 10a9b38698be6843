import pytest

from sim_bridge.server.maps.world_map import TOWNS
from tests.sim_bridge.server.maps.circulation import circulate

CARS, WALKERS, MINUTES = 30, 30, 30
CARLAS = ("Town01", "Town02", "Town04")
# Lorries are 2.6 to 2.9 m wide and cannot pass one another in Town02's bends of 8 m, on two lanes of 4 m; the
# TrafficManager lets them try.
KINDS = {"Town02": ("car",)}


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("town", [*sorted(path.stem for path in TOWNS.glob("*.xodr")), *CARLAS])
def test_traffic_circulates_for_half_an_hour_without_leaving_the_road_or_jamming(start_server, request, town):
    maps = ("--maps", str(request.getfixturevalue("recorded_maps"))) if town in CARLAS else ()
    with start_server("--map", town, *maps) as server:
        seen = circulate(server.client(), CARS, WALKERS, MINUTES, 3, KINDS.get(town))
    assert seen.beside == []
    assert seen.height == []
    assert seen.removed == []
    assert seen.longest_stand[0] < 180.0, seen.longest_stand
    assert min(seen.travelled.values()) > 100.0 * MINUTES
    assert seen.astray == []
    # Some wait at a crossing, or have arrived and are on their way again soon.
    assert sum(metres > 20.0 * MINUTES for metres in seen.walked.values()) > 0.8 * len(seen.walked)
