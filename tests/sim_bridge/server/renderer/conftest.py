import pytest
from renderer_scenes import at, cuboid, level, placed

from sim_bridge.server.renderer.renderer import Renderer
from sim_bridge.server.renderer.scene import Material, StaticScene, Tag


@pytest.fixture(scope="session")
def street():
    """Lawn, a road along x with a white line in its middle, a car body as mesh 0, a house as mesh 1."""
    lawn = level((-100, 300), (-100, 100), -0.05, Material.GRASS, Tag.TERRAIN, (0.1, 0.2, 0.05))
    road = level((-50, 250), (-5, 5), 0.0, Material.ASPHALT, Tag.ROADS, (0.1, 0.1, 0.1))
    line = level((-50, 250), (-0.1, 0.1), 0.0, Material.MARKING, Tag.ROAD_LINES, (0.8, 0.8, 0.8))
    house = placed((1, at(40, 15), 77, Tag.BUILDINGS))
    meshes = [cuboid((-2, -0.9, 0.0), (2, 0.9, 1.4)), cuboid((-6, -5, 0), (6, 5, 9), Material.FACADE)]
    renderer = Renderer(StaticScene((lawn, road, line), house), meshes, threads=2)
    yield renderer
    renderer.close()
