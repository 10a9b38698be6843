import pytest

from sim_bridge.server.maps.world_map import TOWNS
from tests.sim_bridge.server.maps.circulation import circulate

CARS, MINUTES = 30, 30


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("town", sorted(path.stem for path in TOWNS.glob("*.xodr")))
def test_traffic_circulates_for_half_an_hour_without_leaving_the_road_or_jamming(start_server, town):
    with start_server("--map", town) as server:
        seen = circulate(server.client(), CARS, MINUTES, seed=3)
    assert seen.beside == []
    assert seen.height == []
    assert seen.removed == []
    assert seen.longest_stand[0] < 180.0, seen.longest_stand
    assert min(seen.travelled.values()) > 100.0 * MINUTES
