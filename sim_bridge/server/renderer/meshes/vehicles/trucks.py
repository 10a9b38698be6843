"""Box trucks and fire engines: a cab over the front axle, a body on a frame."""

import numpy as np

from sim_bridge.server.renderer.meshes.catalogue import VehicleModel
from sim_bridge.server.renderer.meshes.faces import (
    Faces,
    Finish,
    both_sides,
    finish,
    fitted_to_size,
    join,
    moved,
)
from sim_bridge.server.renderer.meshes.solids import box, extruded, rod
from sim_bridge.server.renderer.meshes.vehicles.body import BodyShape, CabinShape, Face, cabin, lower_shell
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
    UNDERBODY,
)
from sim_bridge.server.renderer.meshes.vehicles.trimmings import large_mirror, number_plate, panel, side_panel
from sim_bridge.server.renderer.meshes.vehicles.wheels import axle_wheels
from sim_bridge.server.renderer.scene import Material

TRUCK_FRONT = Face(
    cells=(
        (PAINT, PAINT, PAINT, PAINT, PAINT),
        (GAP, GAP, GAP, PAINT, PAINT),
        (GAP, GAP, GAP, PAINT, PAINT),
        (TRIM, TRIM, HEAD_LAMP, HEAD_LAMP, INDICATOR),
        (TRIM, TRIM, TRIM, TRIM, TRIM),
    ),
    wrap=(PAINT, PAINT, PAINT, TRIM, TRIM),
)
PLAIN_REAR = Face(cells=((PAINT,) * 5,) * 5, wrap=(PAINT,) * 5)
SIDING = finish(Material.MATTE, 0xE2E3E0)
FRAME = finish(Material.CHROME, 0xB4B8BB)
SHUTTER = finish(Material.CHROME, 0x9EA3A8)
MARKER = finish(Material.SIGN, 0xE08A1A)
SAFETY_WHITE = finish(Material.SIGN, 0xEDEBE4)
SAFETY_RED = finish(Material.SIGN, 0xB0161A)
BODY_SHARE = 0.885
"""Width of a truck's body as a share of the width with mirrors."""
CAB_SHARE = 0.90
"""Width of the cab as a share of the body's: from the front the body shows on both sides of it."""


def box_truck(model: VehicleModel, fine: bool) -> Faces:
    """A truck with a closed box.

    Args:
        model: of kind ``box_truck``.
        fine: near level of detail or far.
    """
    cab_length = 1.75 + 0.02 * model.length
    painted = model.variation % 2 == 0
    parts = _chassis(model, cab_length, fine)
    parts += _cargo_box(model, cab_length, PAINT if painted else SIDING, fine)
    parts.append(_fairing(model, cab_length))
    return fitted_to_size(join(parts), (model.length, model.width, model.height))


def fire_truck(model: VehicleModel, fine: bool) -> Faces:
    """A fire engine: crew cab, shutters, light bars, a ladder on the roof.

    Args:
        model: of kind ``fire_truck``.
        fine: near level of detail or far.
    """
    cab_length = 2.9
    parts = _chassis(model, cab_length, fine)
    half, tail, front = _body_half(model), -0.5 * model.length, 0.5 * model.length - cab_length - 0.05
    top = 0.88 * model.height
    parts.append(box((tail + 0.05, -half, 0.80), (front, half, top), PAINT, ("+x",)))
    parts += _shutters(half, tail + 0.2, front - 0.1, 1.10, top - 0.3, fine)
    band = finish(Material.SIGN, 0xE8E4C8)
    parts.append(both_sides(side_panel(half + 0.010, (tail + 0.05, front), (0.84, 1.0), band)))
    parts.append(panel(tail + 0.04, (-0.62 * half, 0.62 * half), (1.0, top - 0.3), SHUTTER, -1.0))
    parts += _rear_lamps(model, half, tail + 0.035, 0.78, fine)
    parts += _ladder(model, tail, front, top, fine)
    blue = finish(Material.SIGN, 0x1A3FC4)
    nose = 0.5 * model.length
    cab_top = 0.88 * model.height
    parts.append(box((nose - 1.1, -0.85, cab_top - 0.05), (nose - 0.8, 0.85, cab_top + 0.16), blue))
    return fitted_to_size(join(parts), (model.length, model.width, model.height))


def _body_half(model: VehicleModel) -> float:
    return 0.5 * BODY_SHARE * model.width


def _chassis(model: VehicleModel, cab_length: float, fine: bool) -> list[Faces]:
    """Cab, frame, wheels and what hangs on the frame."""
    nose, half = 0.5 * model.length, _body_half(model)
    overhang = 0.62 * cab_length if model.kind == "box_truck" else 0.45 * cab_length
    axles = [nose - overhang, nose - overhang - model.wheelbase]
    tail = -nose
    parts = [
        moved(_cab(model, cab_length, overhang, fine), (nose - 0.5 * cab_length, 0.0, 0.0)),
        box((tail + 0.1, -0.42, 0.55), (nose - cab_length, 0.42, 1.0), UNDERBODY),
        axle_wheels(axles[:1], half - 0.03, model.wheel_radius, 0.30, fine, RIM, 6),
        axle_wheels(axles[1:], half - 0.03, model.wheel_radius, 0.56, fine, RIM, 6),
    ]
    if fine:
        parts += _frame_parts(axles, half, tail, model.wheel_radius)
    return parts


def _cab(model: VehicleModel, length: float, overhang: float, fine: bool) -> Faces:
    """The cab about its own middle."""
    half = _body_half(model)
    arch_top = 2.0 * model.wheel_radius + 0.065
    roof = min(0.80 * model.height, 2.75) if model.kind == "box_truck" else 0.88 * model.height
    belt = max(0.60 * roof, arch_top + 0.20)
    body = BodyShape(
        length=length,
        width=2.0 * half * CAB_SHARE,
        wheelbase=100.0,
        wheel_radius=model.wheel_radius,
        front_overhang=overhang,
        clearance=0.38,
        shoulder=((0.0, belt - 0.05), (0.15, belt), (length, belt)),
        nose_round=0.22,
        tail_round=0.04,
        nose_lean=0.06,
        tail_lean=0.0,
        side_lean=0.02,
        crown=0.02,
    )
    doors = ((0.10, 0.62, GLASS), (0.70, 0.90, PAINT))
    if model.kind == "fire_truck":
        doors = ((0.06, 0.42, GLASS), (0.52, 0.92, GLASS))
    top = CabinShape(
        base_front=0.06,
        roof_front=0.26,
        roof_rear=length - 0.02,
        base_rear=length - 0.01,
        base_height=((0.0, belt - 0.03), (1.0, belt - 0.03)),
        roof_height=roof,
        base_width=body.width - 0.04,
        roof_width=0.93 * body.width,
        pillars=doors,
        bow=0.20,
        rear_bow=0.02,
        roof_drop=(0.06, 0.0),
        crown=0.05,
        rear=PAINT,
    )
    right = [lower_shell(body, fine, TRUCK_FRONT, PLAIN_REAR), cabin(top, body.nose, fine)]
    right.append(
        large_mirror(body.nose - 0.10, 0.5 * body.width - 0.05, 0.5 * model.width, belt + 0.05, roof - 0.15)
    )
    plate = number_plate(body.nose + 0.008, 0.62, 1.0)
    return join([both_sides(join(right)), plate, *_cab_front(body, belt, roof, fine)])


def _cab_front(body: BodyShape, belt: float, roof: float, fine: bool) -> list[Faces]:
    """A visor over the windscreen, marker lamps, the bars of the grille, wipers."""
    nose, half = body.nose, 0.5 * body.width
    low, high = body.clearance + 0.18 * (belt - body.clearance), belt - 0.12
    parts = [box((nose - 0.34, -0.86 * half, roof - 0.34), (nose - 0.10, 0.86 * half, roof - 0.22), TRIM)]
    rows = np.linspace(0.5 * (low + high), high, 4 if fine else 2)
    parts += [
        box(
            (nose - 0.10, -0.56 * half, float(z) - 0.03), (nose + 0.006, 0.56 * half, float(z) + 0.03), CHROME
        )
        for z in rows
    ]
    if fine:
        parts += [
            box((nose - 0.42, y - 0.07, roof - 0.03), (nose - 0.34, y + 0.07, roof + 0.03), MARKER)
            for y in (-0.6 * half, 0.0, 0.6 * half)
        ]
        parts.append(
            box((nose - 0.06, -0.7 * half, belt + 0.02), (nose - 0.03, 0.7 * half, belt + 0.05), GAP)
        )
    return parts


def _fairing(model: VehicleModel, cab_length: float) -> Faces:
    """The wind deflector on the cab's roof."""
    nose, half = 0.5 * model.length, 0.86 * _body_half(model)
    low, high = min(0.80 * model.height, 2.75) - 0.06, model.height - 0.12
    profile = np.array(
        [(nose - 0.55, low), (nose - cab_length + 0.05, low), (nose - cab_length + 0.05, high)]
    )
    return extruded(profile, -half, half, PAINT)


def _cargo_box(model: VehicleModel, cab_length: float, skin: Finish, fine: bool) -> list[Faces]:
    """The box with its aluminium edges, rear doors and rear lamps."""
    half, tail = _body_half(model), -0.5 * model.length
    front, low, high = 0.5 * model.length - cab_length - 0.12, 1.02, model.height
    edge = 0.09
    parts = [box((tail + 0.03, -half, low), (front, half, high), skin)]
    rails = [
        side_panel(half + 0.008, (tail + 0.03, front), (low, low + edge), FRAME),
        side_panel(half + 0.008, (tail + 0.03, front), (high - edge, high), FRAME),
    ]
    if fine:
        rails += [
            side_panel(half + 0.010, (x, x + 0.08), (low, high), FRAME) for x in (tail + 0.03, front - 0.08)
        ]
    parts.append(both_sides(join(rails)))
    parts += _rear_doors(half, tail + 0.03, low, high, fine)
    parts += _rear_lamps(model, half, tail + 0.02, 0.80, fine)
    return parts


def _rear_doors(half: float, x: float, low: float, high: float, fine: bool) -> list[Faces]:
    """Frame, seam, locking rods and hinges on the rear of a box whose rear wall is at `x`."""
    edge = 0.11
    parts = [
        panel(x - 0.004, (-half, half), (high - edge, high), FRAME, -1.0),
        panel(x - 0.004, (-half, half), (low, low + edge), FRAME, -1.0),
        panel(x - 0.005, (-half, -half + edge), (low, high), FRAME, -1.0),
        panel(x - 0.005, (half - edge, half), (low, high), FRAME, -1.0),
        panel(x - 0.006, (-0.018, 0.018), (low + edge, high - edge), GAP, -1.0),
    ]
    if fine:
        for y in (-0.42 * half, -0.16 * half, 0.16 * half, 0.42 * half):
            parts.append(rod((x - 0.03, y, low + 0.04), (x - 0.03, y, high - 0.04), 0.022, FRAME, 4))
            parts.append(panel(x - 0.05, (y - 0.10, y + 0.10), (low + 0.42, low + 0.47), TRIM, -1.0))
        parts += [
            panel(
                x - 0.02,
                (side * (half - 0.06) - 0.05, side * (half - 0.06) + 0.05),
                (z, z + 0.05),
                TRIM,
                -1.0,
            )
            for side in (-1.0, 1.0)
            for z in np.linspace(low + 0.25, high - 0.3, 4)
        ]
    return parts


def _rear_lamps(model: VehicleModel, half: float, x: float, height: float, fine: bool) -> list[Faces]:
    """Lamp clusters, number plate, under-run bar and striped board below the body's rear edge."""
    right = [
        box((x - 0.02, 0.44 * half, height - 0.09), (x + 0.06, 0.99 * half, height + 0.11), TRIM),
        panel(x - 0.03, (0.84 * half, 0.97 * half), (height - 0.07, height + 0.09), BRAKE_LAMP, -1.0),
        panel(x - 0.03, (0.71 * half, 0.83 * half), (height - 0.07, height + 0.09), TAIL_LAMP, -1.0),
        panel(x - 0.03, (0.58 * half, 0.70 * half), (height - 0.07, height + 0.09), INDICATOR, -1.0),
    ]
    if fine:
        right.append(
            panel(x - 0.03, (0.46 * half, 0.57 * half), (height - 0.07, height + 0.09), REVERSE_LAMP, -1.0)
        )
    if fine and model.kind == "box_truck":
        right.append(
            panel(
                x - 0.01,
                (0.80 * half, 0.97 * half),
                (model.height - 0.10, model.height - 0.04),
                TAIL_LAMP,
                -1.0,
            )
        )
    bar = [
        panel(x + 0.10, (-0.96 * half, 0.96 * half), (0.56, 1.02), UNDERBODY, -1.0),
        box((x + 0.02, -0.94 * half, 0.42), (x + 0.14, 0.94 * half, 0.56), TRIM),
        number_plate(x - 0.006, height, -1.0),
    ]
    if fine:
        edges = np.linspace(-0.92 * half, 0.92 * half, 9)
        bar += [
            panel(x + 0.012, (edges[k], edges[k + 1]), (0.44, 0.54), (SAFETY_RED, SAFETY_WHITE)[k % 2], -1.0)
            for k in range(8)
        ]
    return [both_sides(join(right)), *bar]


def _frame_parts(axles: list[float], half: float, tail: float, radius: float) -> list[Faces]:
    """Mudguards, mud flaps, side guards and the tank."""
    front, rear = axles
    right = [
        box((rear - radius - 0.10, half - 0.60, 0.25), (rear - radius - 0.07, half - 0.02, 0.95), TRIM),
        box(
            (rear - radius - 0.08, half - 0.58, 2.0 * radius),
            (rear + radius + 0.08, half - 0.02, 2.0 * radius + 0.05),
            TRIM,
        ),
        box((rear + radius + 0.25, half - 0.09, 0.50), (front - radius - 0.9, half - 0.04, 0.60), CHROME),
        box((rear + radius + 0.25, half - 0.09, 0.76), (front - radius - 0.9, half - 0.04, 0.86), CHROME),
        box((front - radius - 0.85, half - 0.60, 0.42), (front - radius - 0.15, half - 0.05, 0.95), TRIM),
    ]
    return [both_sides(join(right))]


def _shutters(half: float, rear: float, front: float, low: float, high: float, fine: bool) -> list[Faces]:
    """Roller shutters along both sides."""
    count = 3
    edges = np.linspace(rear, front, count + 1)
    right = [
        side_panel(half + 0.008, (edges[k] + 0.06, edges[k + 1] - 0.06), (low, high), SHUTTER)
        for k in range(count)
    ]
    if fine:
        right += [
            side_panel(half + 0.012, (edges[k] + 0.06, edges[k + 1] - 0.06), (z, z + 0.015), GAP)
            for k in range(count)
            for z in np.linspace(low + 0.15, high - 0.15, 5)
        ]
    return [both_sides(join(right))]


def _ladder(model: VehicleModel, tail: float, front: float, top: float, fine: bool) -> list[Faces]:
    """A ladder lying on the roof."""
    high = model.height
    parts = [
        box((tail + 0.1, y - 0.04, high - 0.16), (front + 1.2, y + 0.04, high), FRAME) for y in (-0.32, 0.32)
    ]
    parts.append(box((tail + 0.6, -0.4, top - 0.02), (front - 0.3, 0.4, high - 0.15), TRIM))
    if fine:
        parts += [
            box((x - 0.02, -0.30, high - 0.10), (x + 0.02, 0.30, high - 0.06), FRAME)
            for x in np.linspace(tail + 0.4, front + 1.0, 14)
        ]
    return parts
