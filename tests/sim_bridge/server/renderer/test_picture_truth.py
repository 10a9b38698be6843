"""Depth, instance ids and tags against geometry that can be worked out by hand."""

import numpy as np
import pytest
from renderer_scenes import at, camera, cuboid, level, placed

from sim_bridge.server.renderer.renderer import Renderer
from sim_bridge.server.renderer.scene import (
    FAR_M,
    Instances,
    Material,
    Mesh,
    StaticScene,
    Tag,
    View,
)
from sim_bridge.server.renderer.weather import Weather

NOBODY = Instances.none()
NOON = Weather()


def test_depth_of_level_ground_is_that_of_the_plane(street):
    view = camera(z=1.5, width=160, height=96)
    depth = street.render(view, NOBODY, NOON, 0.0).depth_m
    rows = np.arange(60, 96)
    expected = 1.5 * view.focal_px / (rows + 0.5 - 48)
    on_road = depth[60:, 80]
    assert np.abs(on_road / expected - 1).max() < 1e-5


def test_sky_is_far_and_has_no_object(street):
    picture = street.render(camera(), NOBODY, NOON, 0.0)
    assert (picture.depth_m[:20, :40] == FAR_M).all()
    assert (picture.instance_ids[:20, :40] == 0).all()
    assert (picture.tags[:20, :40] == Tag.SKY).all()


def test_an_empty_scene_is_all_sky():
    renderer = Renderer(StaticScene.empty(), [])
    picture = renderer.render(camera(), NOBODY, NOON, 0.0)
    renderer.close()
    assert (picture.tags == Tag.SKY).all()
    assert picture.bgra.shape == (96, 160, 4)
    assert (picture.bgra[..., 3] == 255).all()


def test_a_box_covers_the_pixels_its_corners_span(street):
    view = camera()
    picture = street.render(view, placed((0, at(12, 1), 5, Tag.CAR)), NOON, 0.0)
    rows, columns = np.nonzero(picture.instance_ids == 5)
    near = 10.0  # the rear face
    left, right = 80 + view.focal_px * np.array([0.1, 1.9]) / near
    assert abs(columns.min() - left) <= 1
    assert abs(columns.max() + 1 - right) <= 1
    assert abs(rows.max() + 1 - (48 + view.focal_px * 1.5 / near)) <= 1
    inside = picture.depth_m[rows.max() - 3, columns.min() + 1 : columns.max()]
    assert np.allclose(inside, near, rtol=1e-5)
    assert (picture.tags[picture.instance_ids == 5] == Tag.CAR).all()


def test_the_centre_of_a_pixel_decides_about_its_object():
    renderer = Renderer(StaticScene.empty(), [cuboid((0, 0, 0), (0.001, 1, 1))])
    view = View(np.eye(4), 64, 64, 90.0)
    for edge in (0.3, 0.49, 0.51, 0.7):  # where in pixel column 40 the left edge of the box falls
        y = (40 + edge - 32) / view.focal_px * 8.0
        picture = renderer.render(view, placed((0, at(8, y, -0.5), 3, Tag.CAR)), NOON, 0.0)
        first = np.nonzero((picture.instance_ids == 3).any(axis=0))[0].min()
        assert first == (40 if edge < 0.5 else 41)
    renderer.close()


def test_the_nearer_object_hides_the_farther_one(street):
    cars = placed((0, at(30, 0), 8, Tag.CAR), (0, at(10, 0), 9, Tag.CAR))
    ids = street.render(camera(z=0.8), cars, NOON, 0.0).instance_ids
    assert 9 in ids
    assert 8 not in ids[:, 70:90]


def test_paint_wins_against_the_road_it_lies_on(street):
    picture = street.render(camera(), NOBODY, NOON, 0.0)
    assert (picture.tags[75:, 80] == Tag.ROAD_LINES).all()
    assert (picture.tags[75:, 100] == Tag.ROADS).all()


def test_a_hidden_instance_is_left_out(street):
    cars = placed((0, at(0, 0), 4, Tag.CAR), (0, at(12, 0), 5, Tag.CAR))
    outside = street.render(camera(z=0.8), cars, NOON, 0.0)
    hidden = street.render(camera(z=0.8, hidden=4), cars, NOON, 0.0)
    assert 4 not in hidden.instance_ids
    assert 5 in hidden.instance_ids
    assert 5 in outside.instance_ids  # from inside a body its faces look away


def test_ground_that_passes_under_the_camera_is_not_cut(street):
    view = View(at(0, 0, 0.3), 160, 96, 120.0)
    picture = street.render(view, NOBODY, NOON, 0.0)
    expected = 0.3 * view.focal_px / (np.arange(50, 96) + 0.5 - 48)
    assert np.allclose(picture.depth_m[50:, 100], expected, rtol=1e-4)


def test_a_single_large_triangle_behind_and_before_the_camera_is_drawn_right():
    ground = Mesh(
        [(-900, -900, 0), (-900, 900, 0), (900, 0, 0)],
        [(0, 0, 1)] * 3,
        [(0, 1, 2)],
        [(0.3, 0.3, 0.3)],
        [Material.MATTE],
        np.zeros((3, 2)),
        [Tag.GROUND],
    )
    renderer = Renderer(StaticScene((ground,), NOBODY), [])
    view = camera()
    depth = renderer.render(view, NOBODY, NOON, 0.0).depth_m
    renderer.close()
    expected = 1.5 * view.focal_px / (np.arange(52, 96) + 0.5 - 48)
    assert np.allclose(depth[52:, 80], expected, rtol=1e-4)


def test_no_gap_between_neighbouring_triangles():
    floor = level((-50, 80), (-60, 60), 0.0, Material.CONCRETE, Tag.SIDEWALKS, (0.5, 0.5, 0.5), cells=37)
    renderer = Renderer(StaticScene((floor,), NOBODY), [])
    for yaw in (0.0, 13.0, 71.0):
        picture = renderer.render(View(at(0, 0, 1.4, yaw), 160, 96, 70.0), NOBODY, NOON, 0.0)
        assert (picture.tags[70:] == Tag.SIDEWALKS).all()
    renderer.close()


def test_a_coarser_mesh_is_drawn_when_the_object_is_small():
    plain = cuboid((-1, -1, 0), (1, 1, 2))
    fine = cuboid((-1, -1, 0), (1, 1, 4))
    fine = Mesh(
        fine.vertices,
        fine.normals,
        fine.triangles,
        fine.colours,
        fine.materials,
        fine.uvs,
        coarser=plain,
        coarser_below_px=30.0,
    )
    renderer = Renderer(StaticScene.empty(), [fine])

    def rows_covered(distance):
        picture = renderer.render(camera(z=0.0), placed((0, at(distance, 0), 1, Tag.CAR)), NOON, 0.0)
        return (picture.instance_ids == 1).any(axis=1).sum() * (distance - 1) / camera().focal_px

    assert rows_covered(8.0) == pytest.approx(4.0, abs=0.2)
    assert rows_covered(30.0) == pytest.approx(2.0, abs=0.4)
    renderer.close()


def test_faces_that_share_an_id_look_like_one_object(street):
    cars = placed((0, at(12, 0), 5, Tag.CAR), (0, at(12.5, 0.2), 5, Tag.CAR))
    assert set(np.unique(street.render(camera(), cars, NOON, 0.0).instance_ids)) == {0, 5, 77}


@pytest.mark.parametrize("size", [(1, 1), (33, 31), (32, 64), (641, 7)])
def test_any_size_of_picture(street, size):
    picture = street.render(View(at(0, 0, 1.5), *size, 90.0), NOBODY, NOON, 0.0)
    assert picture.depth_m.shape == (size[1], size[0])


def test_arrays_of_the_wrong_shape_are_named():
    with pytest.raises(ValueError, match="normals"):
        Mesh(np.zeros((3, 3)), np.zeros((2, 3)), [(0, 1, 2)], [(1, 1, 1)], [0], np.zeros((3, 2)))
    with pytest.raises(ValueError, match="triangles"):
        Mesh(np.zeros((3, 3)), np.zeros((3, 3)), [(0, 1, 3)], [(1, 1, 1)], [0], np.zeros((3, 2)))
    with pytest.raises(ValueError, match="horizontal_fov_deg"):
        View(np.eye(4), 10, 10, 190.0)
