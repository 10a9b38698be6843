"""The town of the house, loaded once for all tests of maps."""

from pathlib import Path

import pytest

from sim_bridge.server.maps.scenery.still_scene import StillScene, still_scene
from sim_bridge.server.maps.world_map import WorldMap, load_world_map

RECORDED_MAPS = Path(__file__).parents[5] / "shared" / "recorded" / "carla_maps"


@pytest.fixture(scope="session")
def town() -> WorldMap:
    return load_world_map("Nanshan01")


@pytest.fixture(scope="session")
def still(town: WorldMap) -> StillScene:
    return still_scene(town)


@pytest.fixture(scope="session")
def recorded_maps() -> Path:
    if not RECORDED_MAPS.is_dir():
        pytest.skip(f"no recorded maps at {RECORDED_MAPS}")
    return RECORDED_MAPS
