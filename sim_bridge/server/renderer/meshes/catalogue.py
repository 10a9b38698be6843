"""What exists: blueprint ids with body kind, dimensions and colours, and the kinds of scenery with size.

Frames: every mesh has its origin on the ground; x forward, y right, z up, in metres. Vehicles and people look
along +x. Everything that has a front (facades, sign faces, signal lenses) shows it towards +x; arms of street
lamps and signal masts reach along +y, so that a pole at the right-hand kerb, facing oncoming drivers, holds
its arm over their lanes. The origin of a signal head is the middle of its back plate, all others are on the
ground.

Dimensions are those of the real vehicles as their makers publish them, rounded to centimetres; the width
includes the mirrors and the height of two-wheelers the rider, so that the box holds all that a camera sees.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from sim_bridge.server.renderer.scene import Tag

BodyKind = Literal[
    "sedan",
    "hatchback",
    "suv",
    "estate",
    "coupe",
    "pickup",
    "van",
    "box_truck",
    "fire_truck",
    "bus",
    "motorcycle",
    "scooter",
    "bicycle",
]
PersonKind = Literal["adult", "child"]
Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class VehicleModel:
    """One vehicle blueprint.

    Attributes:
        blueprint_id: CARLA's id, e.g. ``vehicle.tesla.model3``.
        kind: the body builder that makes the mesh.
        length: extent along x in metres, bumper to bumper.
        width: extent along y in metres, mirrors or handlebar included.
        height: extent along z in metres, from the ground, rider included.
        wheelbase: distance between the axles in metres.
        wheel_radius: radius of a tyre in metres.
        mass: kerb weight with a driver in kilograms; trucks and buses half loaded.
        base_type: CARLA's ``base_type`` attribute.
        special_type: CARLA's ``special_type`` attribute, empty for ordinary vehicles.
        generation: CARLA's ``generation`` attribute.
        colours: sRGB colours (0..255) to choose from; the first is the default.
        has_lights: CARLA's ``has_lights`` attribute.
        variation: seed of the details that distinguish models of one kind.
    """

    blueprint_id: str
    kind: BodyKind
    length: float
    width: float
    height: float
    wheelbase: float
    wheel_radius: float
    mass: float
    base_type: str
    special_type: str
    generation: int
    colours: tuple[Rgb, ...]
    has_lights: bool = True
    variation: int = 0

    @property
    def number_of_wheels(self) -> int:
        """Two for cycles, four for everything else (twin axles count as one)."""
        return 2 if self.kind in ("motorcycle", "scooter", "bicycle") else 4

    @property
    def tag(self) -> Tag:
        """The semantic tag of the vehicle without its rider."""
        return _TAG_OF_KIND.get(self.kind, Tag.CAR)

    @property
    def extent(self) -> tuple[float, float, float]:
        """Half sizes (x, y, z) in metres, as CARLA's bounding boxes hold them."""
        return self.length / 2.0, self.width / 2.0, self.height / 2.0


@dataclass(frozen=True)
class PedestrianModel:
    """One walker blueprint.

    Attributes:
        blueprint_id: CARLA's id, e.g. ``walker.pedestrian.0001``.
        kind: adult or child.
        height: stature in metres, standing.
        gender: ``male`` or ``female``, CARLA's ``gender`` attribute.
        age: ``adult``, ``child`` or ``elderly``, CARLA's ``age`` attribute.
        generation: CARLA's ``generation`` attribute.
        figure: which of the built figures (body, clothes, hair) this person is.
        clothes: sRGB colour (0..255) of the upper clothes, the instance's colour for the renderer.
    """

    blueprint_id: str
    kind: PersonKind
    height: float
    gender: str
    age: str
    generation: int
    figure: int
    clothes: Rgb

    @property
    def extent(self) -> tuple[float, float, float]:
        """Half sizes (x, y, z) in metres of the box a walker occupies, arms at the side."""
        return 0.19, 0.25 if self.kind == "adult" else 0.19, self.height / 2.0


@dataclass(frozen=True)
class SceneryModel:
    """One kind of static object.

    Attributes:
        kind: name in the mesh library.
        size: extents (x, y, z) in metres; for trees and lamps the box round crown or arm.
        tag: semantic tag.
        signal: whether it carries signal lenses that glow by state.
    """

    kind: str
    size: tuple[float, float, float]
    tag: Tag
    signal: bool = False


@dataclass(frozen=True)
class PropModel:
    """One blueprint of a thing that clients place.

    Attributes:
        blueprint_id: CARLA's id, e.g. ``static.prop.streetbarrier``.
        shape: the builder that makes the mesh.
        size: extents (x, y, z) in metres.
        variation: what distinguishes props of one shape.
    """

    blueprint_id: str
    shape: str
    size: tuple[float, float, float]
    variation: int = 0

    @property
    def extent(self) -> tuple[float, float, float]:
        """Half sizes (x, y, z) in metres."""
        return self.size[0] / 2.0, self.size[1] / 2.0, self.size[2] / 2.0

    @property
    def tag(self) -> Tag:
        """CARLA's semantic tag: signs, what stays where it is, and what somebody may move."""
        if self.shape in ("warning", "arrow_trailer"):
            return Tag.TRAFFIC_SIGNS
        return Tag.STATIC if self.shape in _FIXED_SHAPES else Tag.DYNAMIC


_FIXED_SHAPES: Final = frozenset(
    (
        *("bench", "board", "booth", "bus_stop", "chain", "drop_off", "fountain"),
        *("frame", "lantern", "machine", "plant", "slide", "swing"),
    )
)
_TAG_OF_KIND: Final[Mapping[str, Tag]] = MappingProxyType(
    {
        "box_truck": Tag.TRUCK,
        "fire_truck": Tag.TRUCK,
        "bus": Tag.BUS,
        "motorcycle": Tag.MOTORCYCLE,
        "scooter": Tag.MOTORCYCLE,
        "bicycle": Tag.BICYCLE,
    }
)

_BLACK: Final = (17, 18, 20)
_WHITE: Final = (236, 236, 232)
_SILVER: Final = (168, 172, 176)
_GREY: Final = (84, 88, 92)
_BLUE: Final = (24, 58, 122)
_RED: Final = (152, 22, 24)
_GREEN: Final = (32, 74, 52)
_BEIGE: Final = (190, 176, 148)
_YELLOW: Final = (222, 170, 20)
_ORANGE: Final = (206, 88, 22)
_SKY: Final = (104, 150, 186)
_USUAL: Final = (_SILVER, _WHITE, _BLACK, _GREY, _BLUE, _RED)

# id, kind, length, width, height, wheelbase, wheel radius, base type, special type, generation, colours
# fmt: off
_VEHICLE_ROWS: Final[
    tuple[tuple[str, BodyKind, float, float, float, float, float, str, str, int, tuple[Rgb, ...]], ...]
] = (
    ("audi.a2", "hatchback", 3.83, 1.87, 1.55, 2.41, 0.30, "car", "", 1, (_SILVER, _BLUE, _BLACK, _RED)),
    ("audi.etron", "suv", 4.90, 2.04, 1.63, 2.93, 0.37, "car", "electric", 1, (_GREY, _WHITE, _BLUE, _BLACK)),
    ("audi.tt", "coupe", 4.18, 1.97, 1.36, 2.51, 0.33, "car", "", 1, (_RED, _SILVER, _BLACK, _WHITE)),
    ("bmw.grandtourer", "estate", 4.57, 1.98, 1.61, 2.78, 0.33, "car", "", 1, (_BLUE, _WHITE, _GREY, _BLACK)),
    ("chevrolet.impala", "sedan", 5.11, 2.05, 1.50, 2.84, 0.34, "car", "", 1, (_WHITE, _RED, _SILVER)),
    ("citroen.c3", "hatchback", 3.99, 1.95, 1.48, 2.54, 0.31, "car", "", 1, (_RED, _WHITE, _SKY, _GREY)),
    ("dodge.charger_2020", "sedan", 5.04, 2.07, 1.48, 3.05, 0.36, "car", "", 2, (_BLACK, _RED, _GREY)),
    ("dodge.charger_police", "sedan", 5.04, 2.07, 1.58, 3.05, 0.36, "car", "emergency", 1, (_WHITE,)),
    ("dodge.charger_police_2020", "sedan", 5.04, 2.07, 1.58, 3.05, 0.36, "car", "emergency", 2, (_BLACK,)),
    ("ford.ambulance", "van", 6.36, 2.35, 2.65, 3.75, 0.37, "van", "emergency", 2, (_WHITE,)),
    ("ford.crown", "sedan", 5.39, 2.14, 1.60, 2.91, 0.34, "car", "taxi", 2, (_YELLOW,)),
    ("ford.mustang", "coupe", 4.79, 2.08, 1.38, 2.72, 0.35, "car", "", 1, (_RED, _BLUE, _BLACK, _ORANGE)),
    ("jeep.wrangler_rubicon", "suv", 4.22, 1.99, 1.84, 2.46, 0.40, "car", "", 1, (_GREEN, _BLACK, _ORANGE)),
    ("lincoln.mkz_2017", "sedan", 4.93, 2.12, 1.48, 2.85, 0.34, "car", "", 1, (_SILVER, _BLACK, _WHITE)),
    ("lincoln.mkz_2020", "sedan", 4.93, 2.12, 1.48, 2.85, 0.34, "car", "", 2, (_GREY, _WHITE, _BLACK, _RED)),
    ("mercedes.coupe", "coupe", 4.69, 2.02, 1.41, 2.84, 0.34, "car", "", 1, (_BLACK, _SILVER, _WHITE, _BLUE)),
    ("mercedes.coupe_2020", "coupe", 4.69, 2.02, 1.41, 2.84, 0.34, "car", "", 2, (_SILVER, _BLACK, _RED)),
    ("mercedes.sprinter", "van", 5.93, 2.35, 2.62, 3.67, 0.36, "van", "", 2, (_WHITE, _SILVER, _GREY, _BLUE)),
    ("micro.microlino", "hatchback", 2.52, 1.50, 1.50, 1.57, 0.27, "car", "electric", 1, (_SKY, _ORANGE)),
    ("mini.cooper_s", "hatchback", 3.86, 1.93, 1.42, 2.50, 0.31, "car", "", 1, (_RED, _GREEN, _WHITE)),
    ("mini.cooper_s_2021", "hatchback", 3.88, 1.93, 1.42, 2.50, 0.31, "car", "", 2, (_GREEN, _BLUE, _ORANGE)),
    ("nissan.micra", "hatchback", 3.99, 1.94, 1.46, 2.53, 0.31, "car", "", 1, (_SKY, _SILVER, _RED, _WHITE)),
    ("nissan.patrol", "suv", 5.17, 2.10, 1.94, 3.08, 0.40, "car", "", 1, (_WHITE, _BEIGE, _GREY, _BLACK)),
    ("nissan.patrol_2021", "suv", 5.32, 2.10, 1.94, 3.08, 0.40, "car", "", 2, (_GREY, _BLACK, _WHITE)),
    ("seat.leon", "hatchback", 4.28, 1.98, 1.46, 2.64, 0.32, "car", "", 1, (_RED, _WHITE, _GREY, _BLUE)),
    ("tesla.cybertruck", "pickup", 5.68, 2.41, 1.80, 3.64, 0.44, "truck", "electric", 1, (_SILVER, _GREY)),
    ("tesla.model3", "sedan", 4.69, 2.09, 1.44, 2.88, 0.34, "car", "electric", 1, _USUAL),
    ("toyota.prius", "hatchback", 4.54, 1.97, 1.47, 2.70, 0.32, "car", "electric", 1, (_WHITE, _SILVER)),
    ("volkswagen.t2", "van", 4.51, 1.96, 1.94, 2.40, 0.33, "van", "", 1, (_ORANGE, _SKY, _GREEN, _RED)),
    ("volkswagen.t2_2021", "van", 4.51, 1.96, 1.94, 2.40, 0.33, "van", "", 2, (_BEIGE, _SKY, _RED)),
    ("carlamotors.carlacola", "box_truck", 7.20, 2.62, 3.15, 3.90, 0.44, "truck", "", 1, (_RED, _WHITE)),
    ("carlamotors.european_hgv", "box_truck", 9.40, 2.90, 3.75, 5.20, 0.50, "truck", "", 2, (_WHITE, _BLUE)),
    ("carlamotors.firetruck", "fire_truck", 8.40, 2.85, 3.30, 4.90, 0.50, "truck", "emergency", 2, (_RED,)),
    ("mitsubishi.fusorosa", "bus", 10.27, 2.95, 3.15, 5.20, 0.48, "bus", "", 2, (_RED, _YELLOW, _BLUE)),
    ("bh.crossbike", "bicycle", 1.72, 0.62, 1.78, 1.06, 0.34, "bicycle", "", 1, (_BLUE, _RED, _BLACK)),
    ("diamondback.century", "bicycle", 1.66, 0.56, 1.72, 1.00, 0.34, "bicycle", "", 1, (_RED, _WHITE)),
    ("gazelle.omafiets", "bicycle", 1.84, 0.64, 1.84, 1.14, 0.35, "bicycle", "", 1, (_BLACK, _GREEN, _RED)),
    ("harley-davidson.low_rider", "motorcycle", 2.36, 0.88, 1.56, 1.63, 0.33, "motorcycle", "", 1, (_BLACK,)),
    ("kawasaki.ninja", "motorcycle", 2.06, 0.76, 1.50, 1.40, 0.31, "motorcycle", "", 1, (_GREEN, _BLACK)),
    ("vespa.zx125", "scooter", 1.82, 0.74, 1.58, 1.28, 0.24, "motorcycle", "", 1, (_SKY, _BEIGE, _RED)),
    ("yamaha.yzf", "motorcycle", 2.07, 0.74, 1.52, 1.40, 0.31, "motorcycle", "", 1, (_BLUE, _RED, _BLACK)),
)
# fmt: on

_MASSES_KG: Final[Mapping[str, float]] = MappingProxyType(
    {
        "audi.a2": 1005.0,
        "audi.etron": 2565.0,
        "audi.tt": 1410.0,
        "bmw.grandtourer": 1545.0,
        "chevrolet.impala": 1755.0,
        "citroen.c3": 1155.0,
        "dodge.charger_2020": 1975.0,
        "dodge.charger_police": 2000.0,
        "dodge.charger_police_2020": 2010.0,
        "ford.ambulance": 3850.0,
        "ford.crown": 1890.0,
        "ford.mustang": 1740.0,
        "jeep.wrangler_rubicon": 2000.0,
        "lincoln.mkz_2017": 1780.0,
        "lincoln.mkz_2020": 1790.0,
        "mercedes.coupe": 1685.0,
        "mercedes.coupe_2020": 1735.0,
        "mercedes.sprinter": 2600.0,
        "micro.microlino": 580.0,
        "mini.cooper_s": 1265.0,
        "mini.cooper_s_2021": 1300.0,
        "nissan.micra": 1090.0,
        "nissan.patrol": 2750.0,
        "nissan.patrol_2021": 2800.0,
        "seat.leon": 1330.0,
        "tesla.cybertruck": 2995.0,
        "tesla.model3": 1845.0,
        "toyota.prius": 1450.0,
        "volkswagen.t2": 1350.0,
        "volkswagen.t2_2021": 1370.0,
        "carlamotors.carlacola": 5500.0,
        "carlamotors.european_hgv": 11000.0,
        "carlamotors.firetruck": 13500.0,
        "mitsubishi.fusorosa": 10500.0,
        "bh.crossbike": 92.0,
        "diamondback.century": 86.0,
        "gazelle.omafiets": 98.0,
        "harley-davidson.low_rider": 385.0,
        "kawasaki.ninja": 270.0,
        "vespa.zx125": 195.0,
        "yamaha.yzf": 265.0,
    }
)


def _vehicle(index: int) -> VehicleModel:
    name, kind, length, width, height, wheelbase, radius, base, special, generation, colours = _VEHICLE_ROWS[
        index
    ]
    return VehicleModel(
        blueprint_id=f"vehicle.{name}",
        kind=kind,
        length=length,
        width=width,
        height=height,
        wheelbase=wheelbase,
        wheel_radius=radius,
        mass=_MASSES_KG[name],
        base_type=base,
        special_type=special,
        generation=generation,
        colours=colours,
        has_lights=kind != "bicycle",
        variation=index,
    )


VEHICLES: Final[Mapping[str, VehicleModel]] = MappingProxyType(
    {model.blueprint_id: model for model in map(_vehicle, range(len(_VEHICLE_ROWS)))}
)

# Built figures: kind, gender, age, stature in metres. Clothes and hair of each are in `pedestrians`.
FIGURES: Final[tuple[tuple[PersonKind, str, str, float], ...]] = (
    ("adult", "male", "adult", 1.80),
    ("adult", "female", "adult", 1.68),
    ("adult", "male", "adult", 1.74),
    ("adult", "female", "adult", 1.72),
    ("adult", "male", "elderly", 1.72),
    ("adult", "female", "adult", 1.62),
    ("adult", "male", "adult", 1.86),
    ("adult", "female", "elderly", 1.60),
    ("child", "male", "child", 1.32),
    ("child", "female", "child", 1.26),
    ("child", "male", "child", 1.12),
    ("child", "female", "child", 1.42),
)
# CARLA's children are 0009 to 0014 and 0048, 0049.
_CHILDREN: Final = frozenset((9, 10, 11, 12, 13, 14, 48, 49))
_CLOTHES: Final[tuple[Rgb, ...]] = (
    (36, 46, 74),
    (148, 44, 40),
    (196, 192, 182),
    (44, 44, 46),
    (62, 98, 80),
    (190, 150, 96),
    (86, 120, 160),
    (120, 110, 100),
    (176, 96, 44),
    (96, 60, 98),
    (226, 224, 218),
)
WALKING_PHASES: Final = 8
"""Baked poses of one stride (two steps); the pose of a standing person comes on top."""
STRIDE_PER_STATURE: Final = 0.83
"""Length of one stride (two steps) of a walking adult in body heights, at about 1.4 m/s."""


def _pedestrian(number: int) -> PedestrianModel:
    kind: PersonKind = "child" if number in _CHILDREN else "adult"
    choices = [index for index, figure in enumerate(FIGURES) if figure[0] == kind]
    figure = choices[number % len(choices)]
    _, gender, age, height = FIGURES[figure]
    generation = 2 if number in (15, 16, 17, 18, 19, *range(48, 53)) else 1
    clothes = _CLOTHES[number % len(_CLOTHES)]
    name = f"walker.pedestrian.{number:04d}"
    return PedestrianModel(name, kind, height, gender, age, generation, figure, clothes)


PEDESTRIANS: Final[Mapping[str, PedestrianModel]] = MappingProxyType(
    {model.blueprint_id: model for model in map(_pedestrian, range(1, 53))}
)


def pedestrian_mesh_name(figure: int, phase: int | None) -> str:
    """Name in the mesh library of a figure in a pose.

    Args:
        figure: index into ``FIGURES``.
        phase: baked phase of the stride, 0 to ``WALKING_PHASES - 1``, or None for standing.
    """
    return f"pedestrian.{figure}.{'standing' if phase is None else phase % WALKING_PHASES}"


def walking_phase(distance: float, height: float) -> int:
    """Which baked phase shows a person who has walked ``distance`` metres and is ``height`` metres tall."""
    strides = distance / (STRIDE_PER_STATURE * height)
    return math.floor(strides * WALKING_PHASES) % WALKING_PHASES


# Name, shape, length, width, height, variation; close to the sizes of CARLA's own props.
# fmt: off
_PROP_ROWS: Final[tuple[tuple[str, str, float, float, float, int], ...]] = (
    # Road works.
    ("constructioncone", "cone", 0.48, 0.48, 0.71, 0),
    ("trafficcone01", "cone", 0.62, 0.62, 1.00, 1),
    ("trafficcone02", "post", 0.46, 0.39, 1.18, 0),
    ("streetbarrier", "barrier", 1.21, 0.37, 1.07, 0),
    ("warningconstruction", "warning", 1.31, 1.06, 1.86, 0),
    ("warningaccident", "warning", 1.31, 1.06, 1.86, 1),
    ("trafficwarning", "arrow_trailer", 2.87, 2.37, 3.57, 0),
    ("ironplank", "slab", 2.00, 1.20, 0.03, 0),
    ("dirtdebris01", "rubble", 1.86, 1.51, 0.15, 0),
    ("dirtdebris02", "rubble", 1.86, 1.51, 0.15, 1),
    ("dirtdebris03", "rubble", 1.86, 1.51, 0.19, 2),
    ("brokentile01", "slab", 0.18, 0.13, 0.01, 1),
    ("brokentile02", "slab", 0.21, 0.15, 0.01, 1),
    ("brokentile03", "slab", 0.15, 0.14, 0.01, 1),
    ("brokentile04", "slab", 0.13, 0.13, 0.01, 1),
    # Sidewalk.
    ("chainbarrier", "chain", 1.68, 0.24, 0.69, 0),
    ("chainbarrierend", "chain", 0.24, 0.24, 0.69, 0),
    ("bench01", "bench", 1.79, 0.64, 1.00, 0),
    ("bench02", "bench", 1.58, 0.51, 0.51, 0),
    ("bench03", "bench", 1.70, 0.60, 0.90, 1),
    ("advertisement", "board", 1.55, 0.29, 2.44, 0),
    ("streetsign", "board", 1.06, 0.13, 2.15, 1),
    ("streetsign01", "board", 2.47, 0.30, 3.88, 1),
    ("streetsign04", "board", 1.17, 0.12, 2.77, 2),
    ("busstop", "bus_stop", 1.89, 3.88, 2.74, 0),
    ("busstoplb", "bus_stop", 1.60, 3.40, 2.60, 0),
    ("kiosk_01", "booth", 1.63, 1.65, 3.25, 0),
    ("foodcart", "booth", 2.28, 4.64, 3.57, 1),
    ("atm", "machine", 0.57, 0.83, 2.19, 1),
    ("mailbox", "machine", 0.53, 0.44, 1.16, 2),
    ("maptable", "machine", 0.62, 1.57, 1.18, 3),
    ("vendingmachine", "machine", 0.87, 1.10, 2.11, 0),
    ("fountain", "fountain", 8.40, 8.40, 6.92, 0),
    ("streetfountain", "fountain", 0.62, 0.62, 1.05, 0),
    # Containers, boxes and litter.
    ("barrel", "barrel", 0.47, 0.47, 0.81, 0),
    ("bin", "bin", 0.60, 0.60, 1.10, 3),
    ("trashcan01", "bin", 0.54, 0.37, 1.21, 0),
    ("trashcan02", "bin", 0.79, 0.67, 1.06, 1),
    ("trashcan03", "bin", 0.76, 0.76, 0.99, 2),
    ("trashcan04", "bin", 0.52, 0.51, 1.05, 5),
    ("trashcan05", "bin", 0.50, 0.50, 1.00, 4),
    ("container", "wheeled_container", 1.90, 1.25, 1.35, 0),
    ("clothcontainer", "drop_off", 1.15, 1.15, 1.90, 1),
    ("glasscontainer", "drop_off", 1.50, 1.50, 1.75, 0),
    ("box01", "crate", 0.50, 0.50, 0.50, 0),
    ("box02", "crate", 0.60, 0.40, 0.40, 0),
    ("box03", "crate", 0.80, 0.55, 0.50, 0),
    ("creasedbox01", "crate", 1.03, 0.91, 0.06, 0),
    ("creasedbox02", "crate", 0.90, 0.70, 0.10, 0),
    ("creasedbox03", "crate", 0.80, 0.80, 0.14, 0),
    ("trashbag", "bag", 0.43, 0.38, 0.70, 0),
    ("plasticbag", "bag", 0.40, 0.31, 0.55, 1),
    ("shoppingbag", "bag", 0.47, 0.24, 0.60, 2),
    ("purse", "bag", 0.33, 0.16, 0.40, 3),
    ("colacan", "tin", 0.07, 0.07, 0.11, 0),
    ("garbage01", "tin", 0.06, 0.06, 0.09, 1),
    ("garbage02", "tin", 0.06, 0.06, 0.02, 2),
    ("garbage03", "litter", 0.06, 0.06, 0.08, 0),
    ("garbage04", "litter", 0.06, 0.06, 0.07, 1),
    ("garbage05", "litter", 0.23, 0.23, 0.06, 0),
    ("garbage06", "litter", 0.37, 0.21, 0.08, 1),
    ("platformgarbage01", "rubble", 3.63, 1.71, 0.33, 3),
    # Cases, carts and what people carry.
    ("briefcase", "case", 0.54, 0.18, 0.43, 0),
    ("guitarcase", "case", 1.24, 0.13, 0.49, 3),
    ("travelcase", "case", 0.57, 0.33, 0.95, 2),
    ("shoppingcart", "trolley", 1.21, 0.67, 1.08, 0),
    ("shoppingtrolley", "trolley", 0.51, 0.33, 1.09, 1),
    ("bike helmet", "helmet", 0.28, 0.19, 0.17, 0),
    ("motorhelmet", "helmet", 0.26, 0.20, 0.26, 1),
    ("mobile", "slab", 0.17, 0.08, 0.01, 2),
    # Parks and gardens.
    ("table", "table", 1.60, 0.90, 0.76, 0),
    ("plastictable", "table", 2.48, 2.48, 2.48, 0),
    ("plasticchair", "chair", 0.60, 0.58, 0.95, 0),
    ("gardenlamp", "lantern", 0.30, 0.30, 0.65, 0),
    ("pergola", "frame", 5.03, 5.09, 3.54, 0),
    ("slide", "slide", 3.40, 0.90, 2.00, 0),
    ("swing", "swing", 4.11, 1.58, 2.57, 0),
    ("swingcouch", "swing", 2.36, 1.36, 2.25, 1),
    ("trampoline", "trampoline", 4.13, 4.13, 2.80, 0),
    ("barbeque", "grill", 0.95, 0.50, 1.26, 0),
    ("clothesline", "line", 3.20, 1.20, 1.90, 0),
    ("doghouse", "dog_house", 1.08, 1.27, 1.09, 0),
    ("gnome", "figure", 0.37, 0.38, 0.88, 0),
    ("wateringcan", "watering_can", 0.50, 0.18, 0.36, 0),
    ("haybale", "bale", 1.20, 1.25, 1.19, 0),
    ("haybalelb", "bale", 1.25, 1.20, 0.90, 1),
    ("plantpot01", "plant", 1.09, 0.48, 0.56, 0),
    ("plantpot02", "plant", 1.05, 0.43, 0.49, 1),
    ("plantpot03", "plant", 1.05, 0.43, 0.49, 2),
    ("plantpot04", "plant", 4.97, 0.74, 0.40, 1),
    ("plantpot05", "plant", 0.49, 0.48, 0.56, 0),
    ("plantpot06", "plant", 1.59, 1.59, 0.85, 1),
    ("plantpot07", "plant", 0.53, 0.53, 0.49, 2),
    ("plantpot08", "plant", 0.60, 0.60, 0.70, 0),
    ("calibrator", "slab", 1.55, 0.69, 0.20, 3),
)
# fmt: on

PROPS: Final[Mapping[str, PropModel]] = MappingProxyType(
    {
        f"static.prop.{name}": PropModel(f"static.prop.{name}", shape, (length, width, height), variation)
        for name, shape, length, width, height, variation in _PROP_ROWS
    }
)

SPEED_LIMITS: Final = (20, 30, 40, 50, 60, 70, 80, 90, 100, 120)
"""Numbers (km/h) for which there is a sign ``sign.speed_<number>``."""

_SCENERY_ROWS: Final[tuple[SceneryModel, ...]] = (
    # Buildings: origin in the middle of the footprint, street front towards +x.
    SceneryModel("building.house_gable", (9.6, 11.0, 8.2), Tag.BUILDINGS),
    SceneryModel("building.house_hip", (10.4, 12.4, 7.6), Tag.BUILDINGS),
    SceneryModel("building.rowhouse_brick", (10.4, 7.2, 11.4), Tag.BUILDINGS),
    SceneryModel("building.rowhouse_plaster", (10.4, 8.0, 12.0), Tag.BUILDINGS),
    SceneryModel("building.shop_corner", (14.0, 16.0, 11.6), Tag.BUILDINGS),
    SceneryModel("building.shop_row", (13.0, 24.0, 8.4), Tag.BUILDINGS),
    SceneryModel("building.apartment_brick", (14.0, 22.0, 17.6), Tag.BUILDINGS),
    SceneryModel("building.apartment_plaster", (14.0, 26.0, 20.4), Tag.BUILDINGS),
    SceneryModel("building.apartment_balcony", (15.0, 30.0, 23.4), Tag.BUILDINGS),
    SceneryModel("building.office_bands", (18.0, 30.0, 27.4), Tag.BUILDINGS),
    SceneryModel("building.office_glass", (22.0, 24.0, 42.0), Tag.BUILDINGS),
    SceneryModel("building.tower", (24.0, 24.0, 62.0), Tag.BUILDINGS),
    SceneryModel("building.warehouse", (26.0, 40.0, 9.0), Tag.BUILDINGS),
    # Vegetation.
    SceneryModel("tree.plane", (8.0, 8.0, 11.0), Tag.VEGETATION),
    SceneryModel("tree.maple", (6.0, 6.0, 8.0), Tag.VEGETATION),
    SceneryModel("tree.poplar", (3.2, 3.2, 14.0), Tag.VEGETATION),
    SceneryModel("tree.pine", (5.0, 5.0, 13.0), Tag.VEGETATION),
    SceneryModel("tree.young", (3.0, 3.0, 5.2), Tag.VEGETATION),
    SceneryModel("bush", (1.6, 1.6, 1.3), Tag.VEGETATION),
    SceneryModel("hedge", (0.8, 4.0, 1.2), Tag.VEGETATION),
    # Signals: the head hangs where it is placed; masts hold it at 5.6 m, posts at 3.0 m (middle of the head).
    SceneryModel("signal.head", (0.32, 0.50, 1.24), Tag.TRAFFIC_LIGHT, signal=True),
    SceneryModel("signal.post", (0.16, 0.16, 3.70), Tag.POLES),
    SceneryModel("signal.mast_4m", (0.30, 4.30, 6.20), Tag.POLES),
    SceneryModel("signal.mast_7m", (0.30, 7.30, 6.20), Tag.POLES),
    SceneryModel("signal.mast_10m", (0.30, 10.30, 6.20), Tag.POLES),
    # Signs: face towards +x, on a post of their own.
    SceneryModel("sign.stop", (0.16, 0.76, 2.85), Tag.TRAFFIC_SIGNS),
    SceneryModel("sign.yield", (0.16, 0.90, 2.80), Tag.TRAFFIC_SIGNS),
    *(SceneryModel(f"sign.speed_{limit}", (0.16, 0.64, 2.75), Tag.TRAFFIC_SIGNS) for limit in SPEED_LIMITS),
    # Street furniture.
    SceneryModel("street_lamp", (0.40, 2.60, 8.00), Tag.POLES),
    SceneryModel("street_lamp.double", (0.40, 4.60, 9.00), Tag.POLES),
    SceneryModel("bench", (0.62, 1.70, 0.86), Tag.STATIC),
    SceneryModel("litter_bin", (0.46, 0.46, 0.98), Tag.STATIC),
    SceneryModel("bollard", (0.16, 0.16, 0.95), Tag.STATIC),
    SceneryModel("hydrant", (0.36, 0.42, 0.78), Tag.STATIC),
    SceneryModel("bus_shelter", (1.60, 4.20, 2.60), Tag.STATIC),
    SceneryModel("guard_rail", (0.24, 4.00, 0.78), Tag.GUARD_RAIL),
    SceneryModel("fence", (0.08, 3.00, 1.10), Tag.FENCES),
)

SCENERY: Final[Mapping[str, SceneryModel]] = MappingProxyType({model.kind: model for model in _SCENERY_ROWS})

MAST_HEAD_HEIGHT: Final = 5.6
"""Height in metres of the middle of a signal head that hangs on a mast arm."""
POST_HEAD_HEIGHT: Final = 3.0
"""Height in metres of the middle of a signal head on a post."""
MAST_HEAD_OFFSETS: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {"signal.mast_4m": (3.9,), "signal.mast_7m": (3.4, 6.9), "signal.mast_10m": (3.2, 6.6, 9.9)}
)
"""Where along +y (metres from the pole) heads may hang on each mast, 0.2 m in front of the pole."""
