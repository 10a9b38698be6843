"""A detector trained on photographs alone recognises what we draw."""

from pathlib import Path

import cv2
import numpy as np
import openvino
import pytest

from sim_bridge.server.renderer.meshes.catalogue import PEDESTRIANS, VEHICLES
from sim_bridge.server.renderer.meshes.library import mesh_library
from sim_bridge.server.renderer.preview import TARMAC, ground
from sim_bridge.server.renderer.renderer import Renderer
from sim_bridge.server.renderer.scene import Instances, Lamp, Material, StaticScene, Tag, View
from sim_bridge.server.renderer.weather import Weather

NETWORK = Path(__file__).parents[6] / "shared/recorded/weights/yolov8n_int8_640.onnx"
PERSON, BICYCLE, CAR, MOTORCYCLE, BUS, TRUCK, LIGHT, STOP = 0, 1, 2, 3, 5, 7, 9, 11
REAR, FRONT, OBLIQUE, SIDE = 0.0, 180.0, 145.0, 90.0
INPUT = 640

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not NETWORK.exists(), reason="needs the recorded COCO network beside the repository"),
]


def turned_to(x, y, z, yaw_deg):
    """(4, 4) pose, metres and degrees."""
    pose = np.eye(4)
    c, s = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
    pose[:2, :2] = [[c, -s], [s, c]]
    pose[:3, 3] = x, y, z
    return pose


def street(library):
    """A road between two rows of houses and trees, as instances; the floor is the last mesh."""
    placed = [(len(library.meshes), np.eye(4))]
    for side in (-1, 1):
        for step, kind in enumerate(("shop_row", "apartment_brick", "house_hip", "rowhouse_plaster")):
            pose = turned_to(20 + 27 * step, side * 28, 0, -90 * side)
            placed.append((library.number(f"building.{kind}"), pose))
            tree = library.number(("tree.plane", "tree.pine")[step % 2])
            placed.append((tree, turned_to(30 + 25 * step, side * 17, 0, 40 * step)))
    count = len(placed)
    numbers, poses = [number for number, _ in placed], np.array([pose for _, pose in placed])
    return Instances(numbers, poses, np.ones((count, 3)), [0] * count, [0] * count, [Tag.STATIC] * count)


@pytest.fixture(scope="module")
def draw():
    library = mesh_library()
    meshes = [*library.meshes, ground(300.0, 0.0, Material.ASPHALT, TARMAC)]
    renderer = Renderer(StaticScene((), street(library)), meshes)
    eye = np.eye(4)
    eye[2, 3] = 1.5

    def picture(mesh, distance, yaw_deg, colour, lamps=Lamp.NONE, height=0.0):
        pose = turned_to(distance, 0.4, height, yaw_deg)
        one = Instances([mesh], pose[None], [np.square(np.array(colour) / 255.0)], [lamps], [1], [Tag.CAR])
        return renderer.render(View(eye, 640, 360, 75.0), one, Weather(), 0.0)

    yield picture
    renderer.close()


@pytest.fixture(scope="module")
def detect():
    network = openvino.Core().compile_model(str(NETWORK), "CPU")

    def boxes(bgra):
        """Boxes (n, 4) xyxy in pixels, scores (n,), classes (n,) of a 640 pixels wide picture."""
        canvas = np.full((INPUT, INPUT, 3), 114, np.uint8)
        top = (INPUT - bgra.shape[0]) // 2
        canvas[top : top + bgra.shape[0]] = cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB)
        found = network(canvas.transpose(2, 0, 1)[None].astype(np.float32) / 255.0)[0][0].T
        centre, half = found[:, :2] - [0, top], 0.5 * found[:, 2:4]
        corners = np.concatenate([centre - half, centre + half], axis=1)
        return corners, found[:, 4:].max(axis=1), found[:, 4:].argmax(axis=1)

    return boxes


def best_score(picture, detections, classes, overlap=0.4):
    """Highest score of a detection of one of `classes` over what the instance picture shows."""
    boxes, scores, kinds = detections
    rows, columns = np.nonzero(picture.instance_ids == 1)
    truth = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    shared = np.minimum(boxes[:, 2:], truth[2:]) - np.maximum(boxes[:, :2], truth[:2])
    common = np.prod(np.clip(shared, 0, None), axis=1)
    union = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) + np.prod(truth[2:] - truth[:2]) - common
    fits = (common / union > overlap) & np.isin(kinds, classes)
    return float(scores[fits].max(initial=0.0))


@pytest.mark.parametrize(
    ("name", "classes", "distance", "yaw"),
    [
        ("vehicle.tesla.model3", [CAR], 17, REAR),
        ("vehicle.tesla.model3", [CAR], 17, FRONT),
        ("vehicle.lincoln.mkz_2020", [CAR], 25, OBLIQUE),
        ("vehicle.nissan.micra", [CAR], 15, SIDE),
        ("vehicle.nissan.patrol", [CAR, TRUCK], 16, REAR),
        ("vehicle.mercedes.sprinter", [CAR, TRUCK, BUS], 18, OBLIQUE),
        ("vehicle.carlamotors.carlacola", [TRUCK], 14, REAR),
        ("vehicle.carlamotors.european_hgv", [TRUCK], 15, REAR),
        ("vehicle.carlamotors.european_hgv", [TRUCK], 22, OBLIQUE),
        ("vehicle.mitsubishi.fusorosa", [BUS], 15, REAR),
        ("vehicle.mitsubishi.fusorosa", [BUS], 15, FRONT),
        ("vehicle.gazelle.omafiets", [BICYCLE, PERSON], 12, REAR),
        ("vehicle.diamondback.century", [BICYCLE, PERSON], 10, SIDE),
        ("vehicle.kawasaki.ninja", [MOTORCYCLE, PERSON], 11, REAR),
        ("vehicle.harley-davidson.low_rider", [MOTORCYCLE, PERSON], 11, FRONT),
    ],
)
def test_vehicles_are_recognised(draw, detect, name, classes, distance, yaw):
    number = mesh_library().number(name)
    picture = draw(number, distance, yaw, VEHICLES[name].colours[0])
    overlap = 0.25 if VEHICLES[name].number_of_wheels == 2 else 0.4
    assert best_score(picture, detect(picture.bgra), classes, overlap) > 0.25


@pytest.mark.parametrize("yaw", [REAR, FRONT, OBLIQUE, SIDE])
@pytest.mark.parametrize("number", [1, 2, 6, 9])
def test_people_are_recognised(draw, detect, number, yaw):
    model = PEDESTRIANS[f"walker.pedestrian.{number:04d}"]
    mesh = mesh_library().pedestrian(model.blueprint_id, 0.3 * number)
    picture = draw(mesh, 10.0, yaw, model.clothes)
    assert best_score(picture, detect(picture.bgra), [PERSON]) > 0.25


@pytest.mark.parametrize("lamp", [Lamp.SIGNAL_RED, Lamp.SIGNAL_YELLOW, Lamp.SIGNAL_GREEN])
def test_traffic_lights_are_recognised(draw, detect, lamp):
    picture = draw(mesh_library().number("signal.head"), 13.0, FRONT, (255, 255, 255), lamp, 5.6)
    assert best_score(picture, detect(picture.bgra), [LIGHT]) > 0.25


def test_a_stop_sign_is_recognised(draw, detect):
    picture = draw(mesh_library().number("sign.stop"), 11.0, FRONT, (255, 255, 255))
    # The network boxes the plate, the instance picture holds the post as well.
    assert best_score(picture, detect(picture.bgra), [STOP], overlap=0.15) > 0.25
