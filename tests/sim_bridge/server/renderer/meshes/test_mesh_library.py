"""The meshes of the library are sound bodies of the promised size, and the same every time."""

from collections.abc import Iterator

import numpy as np
import pytest

from sim_bridge.server.renderer.meshes.catalogue import (
    FIGURES,
    MAST_HEAD_HEIGHT,
    MAST_HEAD_OFFSETS,
    PEDESTRIANS,
    PROPS,
    SCENERY,
    SPEED_LIMITS,
    VEHICLES,
    WALKING_PHASES,
    pedestrian_mesh_name,
    walking_phase,
)
from sim_bridge.server.renderer.meshes.library import MeshLibrary, mesh_library, scenery_mesh, vehicle_mesh
from sim_bridge.server.renderer.scene import Material, Mesh, Tag


@pytest.fixture(scope="module")
def library() -> MeshLibrary:
    return mesh_library()


def levels(mesh: Mesh) -> Iterator[Mesh]:
    yield mesh
    if mesh.coarser is not None:
        yield from levels(mesh.coarser)


def bounds(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    return mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)


def centre_of(mesh: Mesh, material: Material) -> np.ndarray:
    """Mean position (3,) of the faces of one material."""
    chosen = mesh.triangles[mesh.materials == material]
    assert len(chosen) > 0, f"no face of {material.name}"
    return mesh.vertices[chosen].reshape(-1, 3).mean(axis=0)


@pytest.mark.parametrize("name", VEHICLES)
def test_a_vehicle_fills_exactly_the_bounding_box_of_its_blueprint(library: MeshLibrary, name: str):
    half = np.array(VEHICLES[name].extent)
    for mesh in levels(library.mesh(name)):
        low, high = bounds(mesh)
        np.testing.assert_allclose(low, [-half[0], -half[1], 0.0], atol=2e-4)
        np.testing.assert_allclose(high, [half[0], half[1], 2.0 * half[2]], atol=2e-4)


@pytest.mark.parametrize("name", VEHICLES)
def test_a_vehicle_keeps_to_its_budget_of_triangles(library: MeshLibrary, name: str):
    near, far = library.mesh(name, 0), library.mesh(name, 1)
    assert 800 <= len(near.triangles) <= 2200
    assert len(far.triangles) <= 0.5 * len(near.triangles)


def test_a_prop_fills_exactly_the_bounding_box_of_its_blueprint(library: MeshLibrary):
    for name, model in PROPS.items():
        for mesh in levels(library.mesh(name)):
            low, high = bounds(mesh)
            half = np.array(model.extent)
            np.testing.assert_allclose(low, [-half[0], -half[1], 0.0], atol=2e-4, err_msg=name)
            np.testing.assert_allclose(high, [half[0], half[1], 2.0 * half[2]], atol=2e-4, err_msg=name)


def test_a_prop_costs_little_and_less_from_afar(library: MeshLibrary):
    for name in PROPS:
        near, far = library.mesh(name, 0), library.mesh(name, 1)
        assert len(near.triangles) <= 340, name
        assert len(far.triangles) <= len(near.triangles), name


@pytest.mark.parametrize("figure", range(len(FIGURES)))
def test_a_person_stands_on_the_ground_at_full_height_and_walks_on_it(library: MeshLibrary, figure: int):
    stature = FIGURES[figure][3]
    low, high = bounds(library.mesh(pedestrian_mesh_name(figure, None)))
    assert low[2] == pytest.approx(0.0, abs=1e-3)
    assert high[2] == pytest.approx(stature, rel=0.02)
    for phase in range(WALKING_PHASES):
        for mesh in levels(library.mesh(pedestrian_mesh_name(figure, phase))):
            low, high = bounds(mesh)
            assert low[2] == pytest.approx(0.0, abs=1e-3)
            assert 0.93 * stature < high[2] < 1.01 * stature
            assert len(mesh.triangles) < 1000


def test_legs_swing_in_turns(library: MeshLibrary):
    def right_foot_ahead(phase: int) -> bool:
        mesh = library.mesh(pedestrian_mesh_name(0, phase))
        soles = mesh.vertices[mesh.vertices[:, 2] < 0.12]
        return bool(soles[soles[:, 1] > 0.03, 0].mean() > soles[soles[:, 1] < -0.03, 0].mean())

    assert right_foot_ahead(0)
    assert not right_foot_ahead(WALKING_PHASES // 2)


@pytest.mark.parametrize(
    ("walked", "phase"), [(0.0, 0), (0.7, WALKING_PHASES // 2), (-0.05, WALKING_PHASES - 1), (1e4, None)]
)
def test_the_phase_of_a_walk_follows_the_distance(walked: float, phase: int | None):
    found = walking_phase(walked, 1.68)
    assert 0 <= found < WALKING_PHASES
    if phase is not None:
        assert found == phase


def test_every_name_of_the_catalogue_has_a_mesh(library: MeshLibrary):
    for name in (*VEHICLES, *PROPS, *SCENERY):
        assert library.meshes[library.number(name)] is library.mesh(name)
    for name, model in PEDESTRIANS.items():
        standing = library.meshes[library.pedestrian(name, None)]
        assert standing.vertices[:, 2].max() == pytest.approx(model.height, rel=0.02)
        library.pedestrian(name, 12.3)
    with pytest.raises(KeyError):
        library.number("vehicle.unknown")


def every_level(library: MeshLibrary) -> list[tuple[str, Mesh]]:
    return [
        (name, mesh) for name, number in library.numbers.items() for mesh in levels(library.meshes[number])
    ]


def test_normals_have_unit_length_and_numbers_are_finite(library: MeshLibrary):
    for name, mesh in every_level(library):
        lengths = np.linalg.norm(mesh.normals, axis=1)
        np.testing.assert_allclose(lengths, 1.0, atol=2e-3, err_msg=name)
        assert np.isfinite(mesh.vertices).all(), name
        assert ((mesh.colours >= 0.0) & (mesh.colours <= 1.0)).all(), name
        assert mesh.materials.max() <= max(Material), name


def test_no_triangle_is_without_area_and_its_corners_agree_on_the_side_it_shows(library: MeshLibrary):
    for name, mesh in every_level(library):
        corners = mesh.vertices[mesh.triangles].astype(np.float64)
        flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        assert (np.linalg.norm(flat, axis=1) > 0.0).all(), name
        sides = np.sign(np.einsum("mki,mi->mk", mesh.normals[mesh.triangles], flat))
        agreed = np.abs(sides.sum(axis=1)) == 3.0
        assert agreed.mean() > 0.97, f"{name}: {agreed.mean():.3f}"


def first_hits(mesh: Mesh, towards: np.ndarray, count: int) -> np.ndarray:
    """For parallel rays over the outline: +1 first meets an outer side, -1 an inner side, 0 nothing."""
    direction = towards / np.linalg.norm(towards)
    across = np.cross(direction, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    up = np.cross(across, direction)
    corners = mesh.vertices[mesh.triangles].astype(np.float64)
    plane = corners @ np.stack([across, up, direction], axis=1)
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    shown = flat * np.sign(np.einsum("mi,mi->m", flat, mesh.normals[mesh.triangles].mean(axis=1)))[:, None]
    outer = shown @ direction < 0.0
    random = np.random.default_rng(5)
    low, high = plane.reshape(-1, 3).min(axis=0), plane.reshape(-1, 3).max(axis=0)
    rays = random.uniform(low[:2], high[:2], (count, 2))
    edges = np.roll(plane[:, :, :2], -1, axis=1) - plane[:, :, :2]
    towards_ray = rays[:, None, None] - plane[None, :, :, :2]
    turn = edges[None, ..., 0] * towards_ray[..., 1] - edges[None, ..., 1] * towards_ray[..., 0]
    inside = (turn > 0.0).all(axis=2) | (turn < 0.0).all(axis=2)
    area = turn.sum(axis=2)
    shares = np.roll(turn, -1, axis=2) / np.where(area == 0.0, 1.0, area)[..., None]
    depth = np.where(inside, np.einsum("rmk,mk->rm", shares, plane[:, :, 2]), np.inf)
    nearest = depth.argmin(axis=1)
    met = np.isfinite(depth.min(axis=1))
    return np.where(met, np.where(outer[nearest], 1, -1), 0)


ONE_OF_EACH_KIND = {model.kind: name for name, model in VEHICLES.items()}
BODIES = [
    *ONE_OF_EACH_KIND.values(),
    *(pedestrian_mesh_name(figure, 3) for figure in (0, 3, 10)),
    *(model.blueprint_id for model in PROPS.values() if model.shape in ("cone", "bin", "machine", "barrel")),
    *(kind for kind in SCENERY if kind.split(".")[0] in ("building", "tree")),
]
# Thin spokes show their open edges now and then.
SOLID_SHARE = {"bicycle": 0.92}


@pytest.mark.parametrize("name", BODIES)
def test_from_outside_one_sees_outer_sides_and_no_holes(library: MeshLibrary, name: str):
    views = np.array([(-1.0, 0.05, -0.1), (1.0, 0.1, -0.2), (0.1, -1.0, -0.3), (-0.5, 0.8, -0.4)])
    for mesh in levels(library.mesh(name)):
        found = np.concatenate([first_hits(mesh, view, 60) for view in views])
        met = found[found != 0]
        wanted = SOLID_SHARE.get(VEHICLES[name].kind, 0.95) if name in VEHICLES else 0.95
        assert len(met) > 10
        assert (met > 0).mean() > wanted, f"{(met > 0).mean():.3f} of the rays meet an outer side"


def test_building_a_mesh_twice_gives_the_same_bytes():
    for build, model in (
        (vehicle_mesh, VEHICLES["vehicle.tesla.model3"]),
        (vehicle_mesh, VEHICLES["vehicle.gazelle.omafiets"]),
        (scenery_mesh, SCENERY["tree.plane"]),
        (scenery_mesh, SCENERY["building.shop_row"]),
    ):
        for first, second in zip(levels(build(model)), levels(build(model)), strict=True):
            for array in ("vertices", "normals", "triangles", "colours", "materials", "uvs", "tags"):
                assert getattr(first, array).tobytes() == getattr(second, array).tobytes()


FOUR_WHEELED = [name for name, model in VEHICLES.items() if model.number_of_wheels == 4]


@pytest.mark.parametrize("name", FOUR_WHEELED)
def test_lamps_sit_where_a_driver_expects_them(library: MeshLibrary, name: str):
    for mesh in levels(library.mesh(name)):
        assert centre_of(mesh, Material.LAMP_HEAD)[0] > 0.35 * VEHICLES[name].length
        assert centre_of(mesh, Material.LAMP_BRAKE)[0] < -0.35 * VEHICLES[name].length
        assert centre_of(mesh, Material.LAMP_INDICATOR_RIGHT)[1] > 0.0
        assert centre_of(mesh, Material.LAMP_INDICATOR_LEFT)[1] < 0.0


def test_riders_are_told_apart_from_what_they_ride(library: MeshLibrary):
    for name, model in VEHICLES.items():
        ridden = (library.mesh(name).tags == Tag.RIDER).any()
        assert ridden == (model.number_of_wheels == 2)


@pytest.mark.parametrize("kind", SCENERY)
def test_scenery_stays_within_its_box(library: MeshLibrary, kind: str):
    model = SCENERY[kind]
    low, high = bounds(library.mesh(kind))
    assert ((high - low) <= np.array(model.size) + 0.35).all(), f"{high - low} against {model.size}"
    if kind != "signal.head":
        assert low[2] == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("kind", ["tree.plane", "tree.maple", "tree.poplar", "tree.young", "bush"])
def test_a_plant_of_a_few_pixels_is_simple_and_as_large_as_the_near_one(library: MeshLibrary, kind: str):
    near, *_, distant = levels(library.mesh(kind))
    assert len(distant.triangles) < 30
    np.testing.assert_allclose(bounds(distant), bounds(near), atol=1e-3)


def test_a_signal_head_has_red_above_yellow_above_green_towards_the_driver(library: MeshLibrary):
    for mesh in levels(library.mesh("signal.head")):
        colours = (Material.SIGNAL_RED, Material.SIGNAL_YELLOW, Material.SIGNAL_GREEN)
        centres = [centre_of(mesh, colour) for colour in colours]
        assert centres[0][2] > centres[1][2] > centres[2][2]
        for colour in colours:
            lens = mesh.triangles[mesh.materials == colour]
            assert (mesh.normals[lens][:, :, 0] > 0.99).all()
            assert np.ptp(mesh.vertices[lens][:, :, 1]) == pytest.approx(0.3, abs=0.02)


def test_mast_arms_reach_over_the_road_to_where_heads_hang(library: MeshLibrary):
    for kind, offsets in MAST_HEAD_OFFSETS.items():
        mesh = library.mesh(kind)
        for offset in offsets:
            near = np.abs(mesh.vertices[:, 1] - offset) < 4.0
            assert mesh.vertices[near, 2].max() > MAST_HEAD_HEIGHT
        assert mesh.vertices[:, 1].max() >= max(offsets)


@pytest.mark.parametrize("limit", SPEED_LIMITS)
def test_digits_of_a_speed_sign_read_from_left_to_right(library: MeshLibrary, limit: int):
    mesh = library.mesh(f"sign.speed_{limit}")
    ink = mesh.materials == Material.MATTE
    middle = mesh.vertices[mesh.triangles].mean(axis=1)
    digits = middle[ink & (middle[:, 0] > 0.026)]
    if str(limit)[0] == "1":
        # Who faces the sign looks along -x and has +y on the left: the slim "1" leaves more room there.
        assert np.abs(digits[:, 1].max()) < np.abs(digits[:, 1].min())
    assert len(digits) > 8
    assert np.abs(digits[:, 1]).max() < 0.26
