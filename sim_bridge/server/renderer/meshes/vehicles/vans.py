"""Vans and buses: one tall shell, glazed all round or closed behind the driver."""

from dataclasses import dataclass

from sim_bridge.server.renderer.meshes.catalogue import VehicleModel
from sim_bridge.server.renderer.meshes.faces import Faces, Finish, both_sides, finish, fitted_to_size, join
from sim_bridge.server.renderer.meshes.solids import box
from sim_bridge.server.renderer.meshes.vehicles.body import (
    CAR_FRONT,
    BodyShape,
    CabinShape,
    Face,
    cabin,
    lower_shell,
)
from sim_bridge.server.renderer.meshes.vehicles.finishes import (
    BRAKE_LAMP,
    CHROME,
    GAP,
    GLASS,
    HEAD_LAMP,
    INDICATOR,
    PAINT,
    REVERSE_LAMP,
    RIM,
    TAIL_LAMP,
    TRIM,
)
from sim_bridge.server.renderer.meshes.vehicles.trimmings import large_mirror, number_plate, panel, side_panel
from sim_bridge.server.renderer.meshes.vehicles.wheels import axle_wheels
from sim_bridge.server.renderer.scene import Material

VAN_REAR = Face(
    cells=(
        (PAINT, PAINT, PAINT, PAINT, BRAKE_LAMP),
        (PAINT, PAINT, PAINT, PAINT, TAIL_LAMP),
        (PAINT, PAINT, PAINT, PAINT, INDICATOR),
        (TRIM, TRIM, TRIM, TRIM, TRIM),
        (TRIM, TRIM, TRIM, TRIM, TRIM),
    ),
    wrap=(BRAKE_LAMP, TAIL_LAMP, INDICATOR, TRIM, TRIM),
)
BUS_FRONT = Face(
    cells=(
        (PAINT, PAINT, PAINT, PAINT, PAINT),
        (PAINT, PAINT, PAINT, PAINT, PAINT),
        (PAINT, PAINT, PAINT, PAINT, INDICATOR),
        (PAINT, PAINT, PAINT, PAINT, PAINT),
        (TRIM, TRIM, TRIM, TRIM, TRIM),
    ),
    wrap=(PAINT, PAINT, PAINT, PAINT, TRIM),
)
BUS_REAR = Face(
    cells=(
        (PAINT, PAINT, PAINT, PAINT, BRAKE_LAMP),
        (PAINT, PAINT, PAINT, PAINT, BRAKE_LAMP),
        (PAINT, PAINT, PAINT, PAINT, TAIL_LAMP),
        (PAINT, PAINT, PAINT, PAINT, INDICATOR),
        (TRIM, TRIM, TRIM, TRIM, TRIM),
    ),
    wrap=(PAINT, PAINT, PAINT, PAINT, TRIM),
)


@dataclass(frozen=True)
class TallShape:
    """Proportions of a van or bus; metres, or shares of length and height where said so.

    Attributes:
        overhang: nose to front axle, share of the length.
        clearance: height of the sill, metres.
        shoulder: heights at nose, cowl and tail, shares of the height.
        windscreen: lower and upper edge behind the nose, shares of the length.
        rear_window: upper and lower edge, shares of the length.
        panes: side windows.
        front: finishes of the front.
        rear: finishes of the rear.
        body_width: share of the width without mirrors.
        roof_width: share of the body's width.
        rounding: of nose and tail in plan, metres.
        rear_glass: finish of the rear window.
        tyre_width: metres.
        low_windscreen: whether the windscreen begins lower than the side windows.
    """

    overhang: float
    clearance: float
    shoulder: tuple[float, float, float]
    windscreen: tuple[float, float]
    rear_window: tuple[float, float]
    panes: tuple[tuple[float, float, Finish], ...]
    front: Face
    rear: Face
    body_width: float = 0.86
    roof_width: float = 0.90
    rounding: tuple[float, float] = (0.34, 0.12)
    rear_glass: Finish = GLASS
    tyre_width: float = 0.23
    low_windscreen: bool = False

    def sill(self, body: BodyShape) -> tuple[tuple[float, float], ...]:
        """Lower edge of the cabin (see `CabinShape.base_height`), three centimetres inside the shell."""
        front = body.shoulder[0 if self.low_windscreen else 2][1] - 0.03
        rear = body.shoulder[-1][1] - 0.03
        return (0.0, front), (0.03, front if not self.low_windscreen else rear), (1.0, rear)


def _row_of_panes(
    count: int, first: float, last: float, made_of: Finish = GLASS
) -> tuple[tuple[float, float, Finish], ...]:
    step = (last - first) / count
    return tuple(
        (first + k * step + 0.06 * step, first + (k + 1) * step - 0.06 * step, made_of) for k in range(count)
    )


PANEL_VAN = TallShape(
    0.165,
    0.24,
    (0.40, 0.47, 0.47),
    (0.115, 0.285),
    (0.985, 0.993),
    ((0.02, 0.21, GLASS), (0.235, 0.96, PAINT)),
    CAR_FRONT,
    VAN_REAR,
)
AMBULANCE = TallShape(
    0.16,
    0.26,
    (0.42, 0.47, 0.47),
    (0.15, 0.27),
    (0.985, 0.993),
    ((0.02, 0.20, GLASS), (0.235, 0.50, PAINT), (0.52, 0.66, GLASS), (0.68, 0.97, PAINT)),
    CAR_FRONT,
    VAN_REAR,
)
MICROBUS = TallShape(
    0.235,
    0.22,
    (0.50, 0.54, 0.54),
    (0.025, 0.09),
    (0.955, 0.985),
    _row_of_panes(4, 0.03, 0.97),
    Face(
        cells=(
            (PAINT, PAINT, PAINT, PAINT, PAINT),
            (PAINT, PAINT, PAINT, HEAD_LAMP, PAINT),
            (PAINT, PAINT, PAINT, PAINT, INDICATOR),
            (CHROME, CHROME, CHROME, CHROME, CHROME),
            (TRIM, TRIM, TRIM, TRIM, TRIM),
        ),
        wrap=(PAINT, INDICATOR, PAINT, CHROME, TRIM),
    ),
    VAN_REAR,
    body_width=0.89,
    roof_width=0.84,
    rounding=(0.30, 0.22),
)
BUS = TallShape(
    0.22,
    0.30,
    (0.30, 0.385, 0.40),
    (0.008, 0.022),
    (0.990, 0.996),
    _row_of_panes(7, 0.015, 0.985),
    BUS_FRONT,
    BUS_REAR,
    body_width=0.85,
    roof_width=0.955,
    rounding=(0.26, 0.12),
    rear_glass=PAINT,
    tyre_width=0.30,
    low_windscreen=True,
)


def van(model: VehicleModel, fine: bool) -> Faces:
    """A panel van, an ambulance or a microbus.

    Args:
        model: of kind ``van``.
        fine: near level of detail or far.
    """
    if model.special_type == "emergency":
        parts = [*_tall(model, AMBULANCE, fine), *_ambulance_marks(model)]
    else:
        parts = _tall(model, MICROBUS if model.height < 2.2 else PANEL_VAN, fine)
    return fitted_to_size(join(parts), (model.length, model.width, model.height))


def bus(model: VehicleModel, fine: bool) -> Faces:
    """A city bus with a door on the right, a destination board and roof hatches.

    Args:
        model: of kind ``bus``.
        fine: near level of detail or far.
    """
    parts = _tall(model, BUS, fine)
    half, nose, high = 0.5 * BUS.body_width * model.width, 0.5 * model.length, model.height
    parts += _bus_front(nose, half, high) + _bus_rear(nose, half, high, fine)
    for x in (nose - 1.05, -0.6):
        parts.append(side_panel(half + 0.012, (x - 0.6, x + 0.6), (0.36, 0.41 * high), GLASS))
        if fine:
            parts.append(side_panel(half + 0.016, (x - 0.03, x + 0.03), (0.36, 0.80 * high), GAP))
    if fine:
        parts += [
            box((x - 0.5, -0.5, high - 0.05), (x + 0.5, 0.5, high + 0.06), PAINT, ("-z",))
            for x in (-2.4, 1.6)
        ]
    return fitted_to_size(join(parts), (model.length, model.width, model.height))


def _bus_front(nose: float, half: float, high: float) -> list[Faces]:
    """Destination board, the windscreen's middle bar and the wipers."""
    board = finish(Material.SIGN, 0xF0A030)
    x = nose + 0.015
    lamps = [
        box(
            (nose - 0.3, y - 0.13, 0.235 * high - 0.11),
            (nose - 0.02, y + 0.13, 0.235 * high + 0.11),
            HEAD_LAMP,
        )
        for y in (0.56 * half, 0.80 * half)
    ]
    return [
        both_sides(join(lamps)),
        panel(x, (-0.80 * half, 0.80 * half), (0.855 * high, 0.955 * high), GAP, 1.0),
        panel(x + 0.005, (-0.60 * half, 0.60 * half), (0.88 * high, 0.935 * high), board, 1.0),
        panel(x - 0.005, (-0.02, 0.02), (0.31 * high, 0.86 * high), GAP, 1.0),
        panel(x - 0.003, (0.08, 0.62 * half), (0.345 * high, 0.355 * high), GAP, 1.0),
        panel(x - 0.003, (-0.62 * half, -0.08), (0.345 * high, 0.355 * high), GAP, 1.0),
    ]


def _bus_rear(nose: float, half: float, high: float, fine: bool) -> list[Faces]:
    """Rear window, line number, lamps, engine louvres."""
    board = finish(Material.SIGN, 0xF0A030)
    x = -nose - 0.012
    parts = [
        panel(x, (-0.86 * half, 0.86 * half), (0.47 * high, 0.83 * high), GLASS, -1.0),
        panel(x, (-0.30 * half, 0.30 * half), (0.86 * high, 0.93 * high), GAP, -1.0),
        panel(x - 0.003, (-0.16 * half, 0.16 * half), (0.87 * high, 0.92 * high), board, -1.0),
        panel(x, (-0.56 * half, 0.56 * half), (0.27 * high, 0.40 * high), TRIM, -1.0),
    ]
    lamps = [
        panel(x, (0.72 * half, 0.92 * half), (0.345 * high, 0.405 * high), BRAKE_LAMP, -1.0),
        panel(x, (0.72 * half, 0.92 * half), (0.275 * high, 0.335 * high), TAIL_LAMP, -1.0),
        panel(x, (0.72 * half, 0.92 * half), (0.225 * high, 0.265 * high), INDICATOR, -1.0),
        panel(x, (0.60 * half, 0.90 * half), (0.945 * high, 0.965 * high), BRAKE_LAMP, -1.0),
    ]
    parts.append(both_sides(join(lamps)))
    if fine:
        parts += [
            panel(x - 0.004, (-0.56 * half, 0.56 * half), (z * high, (z + 0.008) * high), GAP, -1.0)
            for z in (0.285, 0.31, 0.335, 0.36, 0.385)
        ]
    return parts


def _tall(model: VehicleModel, look: TallShape, fine: bool) -> list[Faces]:
    body = _tall_body(model, look)
    top = _tall_cabin(model, look, body)
    covered = (body.nose - top.base_front - top.bow - 0.1, -body.nose + 0.2)
    half = [
        lower_shell(body, fine, look.front, look.rear, covered=covered),
        cabin(top, body.nose, fine),
        _tall_mirror(model, look, body, top),
    ]
    plate = body.clearance + 0.30 * (body.shoulder[0][1] - body.clearance)
    return [
        both_sides(join(half)),
        number_plate(body.nose + 0.008, plate, 1.0),
        number_plate(-body.nose - 0.006, plate + 0.35, -1.0),
        *_rear_doors(model, body, fine),
        axle_wheels(
            list(body.axles), 0.5 * body.width - 0.05, body.wheel_radius, look.tyre_width, fine, RIM, 5
        ),
    ]


def _tall_body(model: VehicleModel, look: TallShape) -> BodyShape:
    length = model.length - 0.02
    arch_top = 2.0 * model.wheel_radius + 0.065
    nose, cowl, tail = (share * model.height for share in look.shoulder)
    overhang = look.overhang * length
    cowl = max(cowl, arch_top + 0.05)
    return BodyShape(
        length=length,
        width=model.width * look.body_width,
        wheelbase=model.wheelbase,
        wheel_radius=model.wheel_radius,
        front_overhang=overhang,
        clearance=look.clearance,
        shoulder=(
            (0.0, nose),
            (0.10, nose + 0.02),
            (max(look.windscreen[0] * length, 0.12), cowl),
            (length, max(tail, arch_top + 0.06)),
        ),
        nose_round=look.rounding[0],
        tail_round=look.rounding[1],
        nose_lean=min(0.9 * look.windscreen[0] * length, 0.18),
        tail_lean=0.02,
        side_lean=0.03,
        crown=0.04,
    )


def _tall_cabin(model: VehicleModel, look: TallShape, body: BodyShape) -> CabinShape:
    length = body.length
    return CabinShape(
        base_front=look.windscreen[0] * length,
        roof_front=look.windscreen[1] * length,
        roof_rear=look.rear_window[0] * length,
        base_rear=look.rear_window[1] * length,
        base_height=look.sill(body),
        roof_height=model.height,
        base_width=body.width - 2.0 * body.side_lean,
        roof_width=look.roof_width * body.width,
        pillars=look.panes,
        bow=min(look.rounding[0], 0.28),
        rear_bow=0.5 * look.rounding[1],
        roof_drop=(0.06, 0.01),
        crown=0.07,
        rear=look.rear_glass,
    )


def _tall_mirror(model: VehicleModel, look: TallShape, body: BodyShape, top: CabinShape) -> Faces:
    """A mirror beside the windscreen's lower corner."""
    x = body.nose - top.base_front - top.bow + 0.02
    low = top.base_height[-1][1] + (0.45 if model.kind == "bus" else 0.10)
    return large_mirror(x, 0.5 * body.width, 0.5 * model.width, low, low + 0.14 * model.height)


def _rear_doors(model: VehicleModel, body: BodyShape, fine: bool) -> list[Faces]:
    """The seam between the two rear doors of a van."""
    if not fine or model.kind != "van" or model.height < 2.2:
        return []
    x = -body.nose - 0.004
    return [
        panel(x, (-0.015, 0.015), (0.55, 0.93 * model.height), GAP, -1.0),
        panel(x - 0.01, (0.06, 0.24), (0.41 * model.height, 0.425 * model.height), TRIM, -1.0),
        panel(
            -body.nose - 0.002, (-0.10, 0.10), (0.95 * model.height, 0.97 * model.height), BRAKE_LAMP, -1.0
        ),
        panel(x, (0.72, 0.80), (0.34, 0.40), REVERSE_LAMP, -1.0),
    ]


def _ambulance_marks(model: VehicleModel) -> list[Faces]:
    """Stripes along the sides and light bars at the roof's ends."""
    half, high = 0.5 * AMBULANCE.body_width * model.width, model.height
    orange, blue = finish(Material.SIGN, 0xD8480E), finish(Material.SIGN, 0x1A3FC4)
    stripe = side_panel(
        half + 0.006, (-0.46 * model.length, 0.30 * model.length), (0.36 * high, 0.43 * high), orange
    )
    nose = 0.5 * model.length
    return [
        both_sides(stripe),
        box((0.26 * nose, -0.55, high - 0.03), (0.34 * nose, 0.55, high + 0.11), blue),
        box((-0.93 * nose, -0.55, high - 0.02), (-0.86 * nose, 0.55, high + 0.09), blue),
    ]
