"""Passenger cars: sedan, hatchback, estate, SUV, coupe, pickup."""

from dataclasses import dataclass, replace

from sim_bridge.server.renderer.meshes.catalogue import VehicleModel
from sim_bridge.server.renderer.meshes.faces import Faces, Finish, both_sides, finish, fitted_to_size, join
from sim_bridge.server.renderer.meshes.solids import box
from sim_bridge.server.renderer.meshes.vehicles.body import (
    CAR_FRONT,
    CAR_REAR,
    SLIM_FRONT,
    WIDE_FRONT,
    WIDE_REAR,
    BodyShape,
    CabinShape,
    Face,
    cabin,
    lower_shell,
)
from sim_bridge.server.renderer.meshes.vehicles.finishes import GLASS, PAINT, PILLAR, TRIM
from sim_bridge.server.renderer.meshes.vehicles.trimmings import door_handle, mirror, number_plate
from sim_bridge.server.renderer.meshes.vehicles.wheels import axle_wheels
from sim_bridge.server.renderer.scene import Material

MIRROR_SHARE = 0.905
"""Width of a car's body as a share of the width with mirrors."""

FOUR_DOORS = ((0.03, 0.455, GLASS), (0.495, 0.86, GLASS))
FOUR_DOORS_QUARTER = ((0.03, 0.40, GLASS), (0.435, 0.74, GLASS), (0.77, 0.93, GLASS))
TWO_DOORS = ((0.04, 0.60, GLASS), (0.65, 0.86, GLASS))


@dataclass(frozen=True)
class Proportions:
    """What makes a car of one kind look as it does; shares of its length and height unless said otherwise.

    Attributes:
        overhang: nose to front axle.
        clearance: height of the sill, metres.
        shoulder: height of the upper edge at nose, cowl, rear window and tail.
        windscreen: where its lower and its upper edge are behind the nose.
        rear_window: where its upper and its lower edge are.
        panes: side windows, see `CabinShape.pillars`.
        roof_width: at the cant rail, as a share of the body's width.
        nose_round: metres.
        tail_round: metres.
        nose_lean: metres.
        tail_lean: metres.
        roof_drop: how much lower the roof is at the windscreen and at the rear window, metres.
    """

    overhang: float
    clearance: float
    shoulder: tuple[float, float, float, float]
    windscreen: tuple[float, float]
    rear_window: tuple[float, float]
    panes: tuple[tuple[float, float, Finish], ...] = FOUR_DOORS
    roof_width: float = 0.68
    nose_round: float = 0.42
    tail_round: float = 0.34
    nose_lean: float = 0.26
    tail_lean: float = 0.24
    roof_drop: tuple[float, float] = (0.08, 0.10)


PROPORTIONS = {
    "sedan": Proportions(0.187, 0.21, (0.44, 0.61, 0.635, 0.64), (0.255, 0.44), (0.68, 0.875)),
    "hatchback": Proportions(
        0.20,
        0.21,
        (0.42, 0.59, 0.62, 0.61),
        (0.225, 0.41),
        (0.83, 0.965),
        FOUR_DOORS_QUARTER,
        tail_lean=0.17,
    ),
    "estate": Proportions(
        0.19,
        0.21,
        (0.435, 0.58, 0.61, 0.605),
        (0.235, 0.40),
        (0.855, 0.97),
        FOUR_DOORS_QUARTER,
        tail_lean=0.17,
    ),
    "suv": Proportions(
        0.19,
        0.27,
        (0.45, 0.575, 0.60, 0.585),
        (0.26, 0.42),
        (0.83, 0.965),
        FOUR_DOORS_QUARTER,
        roof_width=0.66,
        nose_round=0.40,
        nose_lean=0.20,
        tail_lean=0.17,
    ),
    "coupe": Proportions(
        0.20, 0.19, (0.42, 0.615, 0.65, 0.65), (0.29, 0.47), (0.64, 0.91), TWO_DOORS, roof_width=0.66
    ),
    "pickup": Proportions(
        0.17,
        0.42,
        (0.60, 0.645, 0.65, 0.65),
        (0.245, 0.345),
        (0.565, 0.605),
        FOUR_DOORS,
        roof_width=0.78,
        nose_round=0.24,
        tail_round=0.06,
        nose_lean=0.08,
        tail_lean=0.03,
        roof_drop=(0.03, 0.03),
    ),
}

# Shapes between those of the kinds, and the models that have them.
PROPORTIONS |= {
    "saloon": replace(PROPORTIONS["sedan"], windscreen=(0.27, 0.43), rear_window=(0.70, 0.85)),
    "muscle_saloon": replace(PROPORTIONS["sedan"], windscreen=(0.285, 0.455), rear_window=(0.69, 0.895)),
    "fastback": replace(PROPORTIONS["sedan"], windscreen=(0.22, 0.42), rear_window=(0.62, 0.925)),
    "liftback": replace(PROPORTIONS["hatchback"], windscreen=(0.20, 0.41), rear_window=(0.72, 0.945)),
    "tall_hatchback": replace(PROPORTIONS["hatchback"], windscreen=(0.17, 0.38), rear_window=(0.85, 0.96)),
    "small_hatchback": replace(
        PROPORTIONS["hatchback"], windscreen=(0.25, 0.39), panes=TWO_DOORS, roof_drop=(0.05, 0.07)
    ),
    "bubble": replace(
        PROPORTIONS["hatchback"], windscreen=(0.12, 0.38), rear_window=(0.78, 0.95), panes=TWO_DOORS
    ),
    "off_roader": replace(
        PROPORTIONS["suv"], windscreen=(0.29, 0.40), rear_window=(0.88, 0.965), roof_drop=(0.05, 0.05)
    ),
    "crossover": replace(PROPORTIONS["suv"], windscreen=(0.235, 0.41), rear_window=(0.78, 0.955)),
    "roadster": replace(PROPORTIONS["coupe"], windscreen=(0.28, 0.45), rear_window=(0.60, 0.90)),
    "muscle_coupe": replace(PROPORTIONS["coupe"], windscreen=(0.31, 0.48), rear_window=(0.66, 0.90)),
}
SHAPES = {
    "vehicle.audi.a2": "tall_hatchback",
    "vehicle.audi.etron": "crossover",
    "vehicle.audi.tt": "roadster",
    "vehicle.chevrolet.impala": "saloon",
    "vehicle.dodge.charger_2020": "muscle_saloon",
    "vehicle.dodge.charger_police": "muscle_saloon",
    "vehicle.dodge.charger_police_2020": "muscle_saloon",
    "vehicle.ford.crown": "saloon",
    "vehicle.ford.mustang": "muscle_coupe",
    "vehicle.jeep.wrangler_rubicon": "off_roader",
    "vehicle.micro.microlino": "bubble",
    "vehicle.mini.cooper_s": "small_hatchback",
    "vehicle.mini.cooper_s_2021": "small_hatchback",
    "vehicle.tesla.model3": "fastback",
    "vehicle.toyota.prius": "liftback",
}
"""Models that do not have the usual shape of their kind."""


def car(model: VehicleModel, fine: bool) -> Faces:
    """A passenger car of the model's kind and dimensions.

    Args:
        model: whose kind is a key of `PROPORTIONS`.
        fine: near level of detail (some 1300 triangles) or far (some 200).
    """
    look = PROPORTIONS[SHAPES.get(model.blueprint_id, model.kind)]
    body = body_shape(model, look)
    top = cabin_shape(model, look, body)
    front, rear = _faces(model)
    covered = (body.nose - top.base_front - top.bow - 0.1, body.nose - top.base_rear + top.rear_bow + 0.1)
    halves = [
        lower_shell(body, fine, front, rear, covered=covered),
        cabin(top, body.nose, fine),
    ]
    halves.append(
        mirror(body.nose - top.base_front - 0.62 * top.bow - 0.16, body, model.width, top.base_height[0][1])
    )
    if fine:
        halves += _door_handles(body, top)
    parts = [both_sides(join(halves)), *_plates(body)]
    parts.append(axle_wheels(list(body.axles), 0.5 * body.width - 0.035, body.wheel_radius, 0.22, fine))
    parts += _extras(model, body, top)
    return fitted_to_size(join(parts), (model.length, model.width, model.height))


def _faces(model: VehicleModel) -> tuple[Face, Face]:
    """Front and rear of a car, varied among the models of a kind."""
    front = (CAR_FRONT, WIDE_FRONT, SLIM_FRONT)[model.variation % 3]
    return front, (WIDE_REAR, CAR_REAR)[model.variation % 2]


def body_shape(model: VehicleModel, look: Proportions) -> BodyShape:
    """The lower shell of a car."""
    length, height = model.length - 0.02, model.height
    overhang = look.overhang * model.length
    arch_top = 2.0 * model.wheel_radius + 0.065
    nose, cowl, rear, tail = (share * height for share in look.shoulder)
    front_axle_top = max(nose + 0.62 * (cowl - nose), arch_top + 0.05)
    return BodyShape(
        length=length,
        width=model.width * MIRROR_SHARE,
        wheelbase=model.wheelbase,
        wheel_radius=model.wheel_radius,
        front_overhang=overhang,
        clearance=look.clearance,
        shoulder=(
            (0.0, nose),
            (look.nose_lean, nose + 0.02),
            (overhang, front_axle_top),
            (look.windscreen[0] * length, max(cowl, front_axle_top)),
            (look.rear_window[1] * length, max(rear, arch_top + 0.08)),
            (length, max(tail, arch_top + 0.06)),
        ),
        nose_round=look.nose_round,
        tail_round=look.tail_round,
        nose_lean=look.nose_lean,
        tail_lean=look.tail_lean,
        crown=0.14,
        side_lean=0.12,
    )


def cabin_shape(model: VehicleModel, look: Proportions, body: BodyShape) -> CabinShape:
    """The cabin of a car; its lower edge lies three centimetres inside the shell below."""
    length = body.length
    heights = dict(body.shoulder)
    front = look.windscreen[0] * length
    rear = look.rear_window[1] * length
    return CabinShape(
        base_front=front,
        roof_front=look.windscreen[1] * length,
        roof_rear=look.rear_window[0] * length,
        base_rear=rear,
        base_height=((0.0, heights[front] - 0.03), (1.0, heights[rear] - 0.03)),
        roof_height=model.height,
        base_width=body.width - 2.0 * body.side_lean - 0.02,
        roof_width=look.roof_width * body.width,
        pillars=look.panes,
        roof_drop=look.roof_drop,
        crown=0.085,
    )


def _door_handles(body: BodyShape, top: CabinShape) -> list[Faces]:
    front, rear = body.axles
    height = 0.5 * (top.base_height[0][1] + top.base_height[-1][1]) - 0.07
    return [door_handle(front + part * (rear - front), body, height) for part in (0.66, 0.92)]


def _plates(body: BodyShape) -> list[Faces]:
    low = body.clearance + 0.30 * (body.shoulder[0][1] - body.clearance)
    tail = body.shoulder[-1][1]
    recess = 0.08 * body.tail_lean - 0.004
    return [
        number_plate(body.nose + 0.008, low + 0.06, 1.0),
        number_plate(-body.nose + recess - 0.008, body.clearance + 0.72 * (tail - body.clearance), -1.0),
    ]


def _extras(model: VehicleModel, body: BodyShape, top: CabinShape) -> list[Faces]:
    """Roof signs of taxis, light bars of police cars, the bed of pickups."""
    roof = body.nose - 0.5 * (top.roof_front + top.roof_rear)
    if model.special_type == "taxi":
        lit = finish(Material.SIGN, 0xF2E7B0)
        return [box((roof - 0.1, -0.32, model.height - 0.03), (roof + 0.1, 0.32, model.height + 0.14), lit)]
    if model.special_type == "emergency":
        low, high = model.height - 0.02, model.height + 0.10
        blue, red = finish(Material.SIGN, 0x1A3FC4), finish(Material.SIGN, 0xB41420)
        return [
            box((roof - 0.12, -0.58, low), (roof + 0.12, -0.12, high), red),
            box((roof - 0.12, -0.12, low), (roof + 0.12, 0.12, high), TRIM),
            box((roof - 0.12, 0.12, low), (roof + 0.12, 0.58, high), blue),
        ]
    if model.kind == "pickup":
        return [_bed(body, top)]
    return []


def _bed(body: BodyShape, top: CabinShape) -> Faces:
    """The bed of a pickup: a dark floor between walls that stand a hand high on the lid."""
    front, rear = body.nose - top.base_rear - 0.06, -body.nose + 0.06
    half = 0.5 * body.width - body.side_lean
    low, floor = body.shoulder[-1][1] - 0.04, body.shoulder[-1][1] + body.crown + 0.012
    high = floor + 0.10
    walls = [
        box((rear, -half, low), (front, -half + 0.07, high), PAINT),
        box((rear, half - 0.07, low), (front, half, high), PAINT),
        box((rear, -half, low), (rear + 0.07, half, high), PAINT),
    ]
    inside = box((rear + 0.06, 0.06 - half, low), (front, half - 0.06, floor), PILLAR, without=("-z",))
    return join([inside, *walls])
