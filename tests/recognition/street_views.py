"""Pictures of a town with one thing of every kind at a known distance and turn, and the truth about them."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from sim_bridge.server.maps.scenery.still_scene import static_scene, still_scene
from sim_bridge.server.maps.world_map import load_world_map
from sim_bridge.server.renderer.meshes.catalogue import PEDESTRIANS, VEHICLES
from sim_bridge.server.renderer.meshes.library import mesh_library
from sim_bridge.server.renderer.renderer import Renderer
from sim_bridge.server.renderer.scene import Instances, Lamp, StaticScene, Tag, View
from sim_bridge.server.renderer.weather import Weather
from sim_bridge.server.transforms import Pose, matrices, matrix

CAR, VAN, TRUCK, BUS = "car", "van", "truck", "bus"
CYCLIST, MOTORCYCLIST, PEDESTRIAN, LIGHT = "cyclist", "motorcyclist", "pedestrian", "traffic light"
GROUP_OF_BASE = {"bicycle": CYCLIST, "motorcycle": MOTORCYCLIST}
MODELS = {group: [] for group in (CAR, VAN, TRUCK, BUS, CYCLIST, MOTORCYCLIST)}
for _model in VEHICLES.values():
    MODELS[GROUP_OF_BASE.get(_model.base_type, _model.base_type)].append(_model)

RANGE_M = {
    CAR: (10.0, 40.0),
    VAN: (10.0, 40.0),
    TRUCK: (8.0, 25.0),
    BUS: (8.0, 25.0),
    CYCLIST: (5.0, 25.0),
    MOTORCYCLIST: (5.0, 25.0),
    PEDESTRIAN: (5.0, 25.0),
    LIGHT: (5.0, 25.0),
}
# What each picture holds, in the order in which places are given away; those in one row take turns.
CAST = ((TRUCK, BUS), (CAR,), (PEDESTRIAN,), (CYCLIST,), (CAR,), (PEDESTRIAN, MOTORCYCLIST, PEDESTRIAN, VAN))
BEFORE_LIGHTS = 0.4
"""Share of the pictures taken on the way to a traffic light."""
LIGHTS_M = (8.0, 30.0)
FIRST_HEAD_ID = 500
VISIBLE_SHARE = 0.6
SMALLEST_PX = 4
"""Height below which nothing counts."""


@dataclass(frozen=True, eq=False)
class Target:
    """One thing in a picture that is visible for the most part and not cut by its border.

    Attributes:
        group: what it is.
        model: blueprint id, or kind of scenery.
        distance_m: from the camera to its middle, level.
        view: which of `SIDES` is seen.
        visible: share of it that nothing hides.
        boxes_px: (k, 4) xyxy; the whole first, then rider and cycle of a two-wheeler.
    """

    group: str
    model: str
    distance_m: float
    view: str
    visible: float
    boxes_px: np.ndarray


@dataclass(frozen=True, eq=False)
class StreetView:
    """A picture and what is to be found in it.

    Attributes:
        number: of the picture.
        rgb: (height, width, 3) uint8.
        targets: what counts.
        unclear_px: (n, 4) xyxy of things that do not count: cut, hidden or too far.
    """

    number: int
    rgb: np.ndarray
    targets: tuple[Target, ...]
    unclear_px: np.ndarray


@dataclass(frozen=True)
class Lens:
    """A camera at driving height."""

    width: int = 640
    height: int = 360
    fov_deg: float = 90.0


SIDES = ("front", "front corner", "side", "rear corner", "rear")


def seen_side(camera, place):
    """Which side of something at `place` (x, y, yaw) a camera at (x, y, ...) sees."""
    towards = np.arctan2(camera[1] - place[1], camera[0] - place[0]) - place[2]
    away = np.degrees(np.abs(np.pi - (np.pi - towards) % (2.0 * np.pi)))
    return SIDES[int(np.searchsorted((20.0, 65.0, 115.0, 160.0), away))]


class Town:
    """A town of the house with a stage for actors.

    Args:
        name: of the town.
        threads: of the renderer.
    """

    def __init__(self, name="Nanshan01", threads=1):
        self.map = load_world_map(name)
        library = mesh_library()
        self.library = library
        still = still_scene(self.map)
        self._renderer = Renderer(static_scene(still, library.numbers, 0x8000), library.meshes, threads)
        self._alone = Renderer(StaticScene.empty(), library.meshes, threads)
        waypoints = self.map.carla_map.generate_waypoints(2.0)
        self.lanes = np.array(
            [
                (w.transform.location.x, w.transform.location.y, np.radians(w.transform.rotation.yaw))
                for w in waypoints
            ]
        )
        self.heads = [head for light in self.map.traffic_lights for head in light.heads]
        self._before_lights = self._looking_at_lights()

    def _looking_at_lights(self):
        """Indices of lane places that have the front of a signal head ahead."""
        heads = np.array([(head.x, head.y, head.yaw) for head in self.heads])
        towards = heads[None, :, :2] - self.lanes[:, None, :2]
        distance = np.hypot(towards[..., 0], towards[..., 1])
        aside = np.cos(np.arctan2(towards[..., 1], towards[..., 0]) - self.lanes[:, None, 2])
        facing = np.cos(heads[None, :, 2] - self.lanes[:, None, 2]) < -0.8
        seen = (distance > LIGHTS_M[0]) & (distance < LIGHTS_M[1]) & (aside > np.cos(0.5)) & facing
        return np.flatnonzero(seen.any(axis=1))

    def view(self, number, seed, lens=Lens(), cast=CAST):
        """Picture `number` of the series `seed` with the given cast."""
        random = np.random.default_rng((seed, number))
        among = self._before_lights if random.random() < BEFORE_LIGHTS else np.arange(len(self.lanes))
        x, y, yaw = self.lanes[random.choice(among)]
        ground = self.map.below(np.array([[x, y]]))[0][0]
        camera = Pose(x, y, ground + random.uniform(1.3, 1.8), 0.0, yaw + random.normal(0.0, 0.06), 0.0)
        weather = Weather(
            cloudiness=random.uniform(0.0, 80.0),
            sun_azimuth_angle=random.uniform(0.0, 360.0),
            sun_altitude_angle=random.uniform(15.0, 80.0),
        )
        actors = self._cast(cast, number, random, camera, lens)
        return self._picture(number, camera, lens, weather, actors, random)

    def _cast(self, cast, number, random, camera, lens):
        """(group, model id, mesh, pose, colour, lamps) of everything that is put before the camera."""
        taken = [(camera.x, camera.y, 3.0)]
        actors = []
        for row, choice in enumerate(cast):
            group = choice[(number + row) % len(choice)]
            place = self._place(random, camera, lens, group, taken)
            if place is None:
                continue
            x, y, z, yaw, radius, model = place
            taken.append((x, y, radius))
            if group == PEDESTRIAN:
                walked = None if random.random() < 0.3 else random.uniform(0.0, 9.0)
                mesh, colour = self.library.pedestrian(model.blueprint_id, walked), model.clothes
            else:
                mesh = self.library.number(model.blueprint_id)
                colour = model.colours[random.integers(len(model.colours))]
            lamps = Lamp.BRAKE if random.random() < 0.15 else Lamp.NONE
            actors.append((group, model.blueprint_id, mesh, (x, y, z, 0.0, yaw, 0.0), colour, lamps))
        return actors

    def _place(self, random, camera, lens, group, taken):
        """x, y, z, yaw, radius and model: a free place in sight, or None."""
        half_fov = np.radians(lens.fov_deg) / 2.0
        if group == PEDESTRIAN:
            model = list(PEDESTRIANS.values())[random.integers(len(PEDESTRIANS))]
        else:
            model = MODELS[group][random.integers(len(MODELS[group]))]
        radius = model.extent[0] + 0.3
        towards = self.lanes[:, :2] - (camera.x, camera.y)
        distance = np.hypot(towards[:, 0], towards[:, 1])
        aside = np.arctan2(towards[:, 1], towards[:, 0]) - camera.yaw
        aside = np.abs(np.pi - (np.pi - aside) % (2.0 * np.pi))
        wanted = random.uniform(*RANGE_M[group])
        near = np.flatnonzero((np.abs(distance - wanted) < 2.0) & (aside < 0.85 * half_fov))
        for slot in random.permutation(near)[:12]:
            x, y, yaw = self.lanes[slot]
            shift = random.uniform(-5.5, 5.5) if group == PEDESTRIAN else random.normal(0.0, 0.35)
            x, y = x - np.sin(yaw) * shift, y + np.cos(yaw) * shift
            along = random.random() < 0.5 and group != PEDESTRIAN
            yaw = yaw + random.normal(0.0, 0.05) if along else random.uniform(-np.pi, np.pi)
            if _free(camera, (x, y, radius), taken):
                return x, y, self.map.below(np.array([[x, y]]))[0][0], yaw, radius, model
        return None

    def _instances(self, actors, random):
        """All actors and all signal heads; instance ids count from 1, heads from `FIRST_HEAD_ID`."""
        heads = np.array(self.heads)
        count = len(actors)
        lit = random.choice(
            [int(Lamp.SIGNAL_RED), int(Lamp.SIGNAL_YELLOW), int(Lamp.SIGNAL_GREEN)], len(heads)
        )
        colours = np.array([actor[4] for actor in actors]).reshape(-1, 3) / 255.0
        linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
        poses = np.array([actor[3] for actor in actors]).reshape(-1, 6)
        head = self.library.number("signal.head")
        tags = [_TAGS[actor[0]] for actor in actors] + [Tag.TRAFFIC_LIGHT] * len(heads)
        return Instances(
            [actor[2] for actor in actors] + [head] * len(heads),
            matrices(np.vstack([poses, heads])),
            np.vstack([linear, np.ones((len(heads), 3))]),
            np.concatenate([[int(actor[5]) for actor in actors], lit]),
            np.concatenate([np.arange(1, count + 1), FIRST_HEAD_ID + np.arange(len(heads))]),
            tags,
        )

    def _picture(self, number, camera, lens, weather, actors, random):
        view = View(matrix(camera), lens.width, lens.height, lens.fov_deg)
        instances = self._instances(actors, random)
        picture = self._renderer.render(view, instances, weather, 0.1 * number)
        targets, unclear = [], []
        shown = np.unique(picture.instance_ids)
        for row, instance_id in enumerate(instances.instance_id):
            if instance_id not in shown:
                continue
            mask = picture.instance_ids == instance_id
            box = _box(mask)
            if instance_id < FIRST_HEAD_ID:
                group, model = actors[row][:2]
                pose = actors[row][3]
            else:
                group, model, pose = LIGHT, "signal.head", self.heads[instance_id - FIRST_HEAD_ID]
            distance = float(np.hypot(pose[0] - camera.x, pose[1] - camera.y))
            near, far = RANGE_M[group]
            cut = (box <= (0.0, 0.0, -1.0, -1.0)).any() or box[2] >= lens.width or box[3] >= lens.height
            if cut or not near - 2.5 <= distance <= far or box[3] - box[1] < SMALLEST_PX:
                unclear.append(box)
                continue
            visible = mask.sum() / max(self._pixels_alone(view, instances, row), 1)
            if visible < VISIBLE_SHARE:
                unclear.append(box)
                continue
            boxes = [box]
            if group in (CYCLIST, MOTORCYCLIST):
                rider = mask & (picture.tags == Tag.RIDER)
                boxes += [_box(part) for part in (rider, mask & ~rider) if part.any()]
            side = seen_side(camera, (pose[0], pose[1], pose[4]))
            shown_share = min(float(visible), 1.0)
            targets.append(Target(group, model, distance, side, shown_share, np.array(boxes)))
        rgb = np.ascontiguousarray(picture.bgra[..., 2::-1])
        return StreetView(number, rgb, tuple(targets), np.array(unclear).reshape(-1, 4))

    def _pixels_alone(self, view, instances, row):
        """How many pixels something would cover with nothing before it."""
        one = Instances(*(getattr(instances, name)[row : row + 1] for name in instances.__dataclass_fields__))
        return int((self._alone.render(view, one, Weather(), 0.0).instance_ids > 0).sum())

    def close(self):
        """Ends the renderers' threads."""
        self._renderer.close()
        self._alone.close()


@cache
def town(name):
    """The town of that name, built once."""
    return Town(name)


def _free(camera, circle, taken):
    """Whether a circle (x, y, radius) overlaps no other, on the ground and, for the most part, in sight."""
    x, y, radius = circle
    for a, b, r in taken:
        if np.hypot(x - a, y - b) <= radius + r:
            return False
    bearing, span = _bearing(camera, circle)
    for other in taken[1:]:
        toward, width = _bearing(camera, other)
        if np.abs(np.pi - (np.pi - bearing + toward) % (2.0 * np.pi)) < 0.6 * (span + width):
            return False
    return True


def _bearing(camera, circle):
    """Direction of a circle seen from the camera and the angle of its radius, radians."""
    x, y = circle[0] - camera.x, circle[1] - camera.y
    return np.arctan2(y, x), circle[2] / max(np.hypot(x, y), 1.0)


_TAGS = {
    CAR: Tag.CAR,
    VAN: Tag.CAR,
    TRUCK: Tag.TRUCK,
    BUS: Tag.BUS,
    CYCLIST: Tag.BICYCLE,
    MOTORCYCLIST: Tag.MOTORCYCLE,
    PEDESTRIAN: Tag.PEDESTRIANS,
}


def _box(mask):
    """(4,) xyxy of the pixels of a mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)
