"""Two-wheelers with their riders: bicycles, motorcycles, scooters."""

from dataclasses import replace
from typing import Final

import numpy as np

from sim_bridge.server.renderer.meshes.catalogue import VehicleModel
from sim_bridge.server.renderer.meshes.faces import (
    Faces,
    Finish,
    Floats,
    both_sides,
    finish,
    fitted,
    join,
    moved,
    stretched,
)
from sim_bridge.server.renderer.meshes.pedestrians import Look, person, posed
from sim_bridge.server.renderer.meshes.skeleton import HIP, Bone, Pose
from sim_bridge.server.renderer.meshes.solids import box, disc, ellipsoid, extruded, grid, polygon, rod, tube
from sim_bridge.server.renderer.meshes.vehicles.finishes import (
    BRAKE_LAMP,
    CHROME,
    GAP,
    GLASS,
    HEAD_LAMP,
    INDICATOR,
    PAINT,
    RIM,
    TRIM,
    TYRE,
)
from sim_bridge.server.renderer.meshes.vehicles.trimmings import number_plate
from sim_bridge.server.renderer.meshes.vehicles.wheels import revolved
from sim_bridge.server.renderer.scene import Material, Tag

SADDLE: Final = finish(Material.MATTE, 0x18181A)
ENGINE: Final = finish(Material.CHROME, 0x4A4D50)
_JACKETS: Final = (0x2C3E66, 0xB8402C, 0x2E2F33, 0x4F7058, 0xC9C4B6, 0x8A3350)

CYCLING: Final = Pose(
    lean=0.50,
    nod=-0.35,
    arm=(0.92, 0.92),
    spread=(0.10, 0.10),
    elbow=(0.22, 0.22),
    thigh=(1.20, 0.45),
    splay=(0.05, 0.05),
    knee=(1.42, 0.62),
    ankle=(0.05, -0.15),
)
UPRIGHT_CYCLING: Final = replace(CYCLING, lean=0.16, nod=-0.10, arm=(0.62, 0.62), elbow=(0.42, 0.42))
MOTORCYCLING: Final = Pose(
    lean=0.38,
    nod=-0.30,
    arm=(0.78, 0.78),
    spread=(0.26, 0.26),
    elbow=(0.34, 0.34),
    thigh=(1.10, 1.10),
    splay=(0.34, 0.34),
    knee=(1.50, 1.50),
    ankle=(0.20, 0.20),
)
SCOOTING: Final = replace(
    MOTORCYCLING,
    lean=0.08,
    nod=0.0,
    arm=(0.70, 0.70),
    thigh=(1.25, 1.25),
    splay=(0.14, 0.14),
    knee=(1.25, 1.25),
)


def bicycle(model: VehicleModel, fine: bool) -> Faces:
    """A bicycle and its rider.

    Args:
        model: of kind ``bicycle``.
        fine: near level of detail or far.
    """
    upright = model.variation % 3 == 1
    radius, front = model.wheel_radius, 0.5 * model.wheelbase
    rear = -front
    saddle = np.array([rear + 0.28, 0.0, 0.94])
    crank = np.array([rear + 0.42, 0.0, 0.29])
    head = np.array([front - 0.17, 0.0, 0.86])
    parts = [moved(thin_wheel(radius, 0.040, fine), (x, 0.0, radius)) for x in (front, rear)]
    parts += _bicycle_frame(rear, front, radius, saddle, crank, head, fine)
    parts += _handlebar(head + np.array([-0.02, 0.0, 0.16]), 0.27, upright)
    parts.append(box(np.add(saddle, (-0.14, -0.07, 0.0)), np.add(saddle, (0.13, 0.07, 0.05)), SADDLE))
    parts.append(disc((rear - 0.02, 0.0, radius + 0.38), 0.04, BRAKE_LAMP, (-1.0, 0.0, 0.0), 6))
    pose = UPRIGHT_CYCLING if upright else CYCLING
    parts.append(_rider(model, pose, saddle + np.array([0.0, 0.0, 0.10]), fine, helmet=not upright))
    return _fitted(join(parts), model)


def motorcycle(model: VehicleModel, fine: bool) -> Faces:
    """A motorcycle and its rider.

    Args:
        model: of kind ``motorcycle``.
        fine: near level of detail or far.
    """
    radius, front = model.wheel_radius, 0.5 * model.wheelbase
    rear = -front
    sporty = model.length < 2.2
    parts = [
        moved(thin_wheel(radius, 0.12, fine, spokes=5), (front, 0.0, radius)),
        moved(thin_wheel(radius, 0.17, fine, spokes=5), (rear, 0.0, radius)),
        box((rear + 0.46, -0.14, 0.24), (front - 0.46, 0.14, 0.50), ENGINE),
        _wedge(
            ((rear + 0.62, 0.50), (front - 0.52, 0.48), (front - 0.44, 0.70), (rear + 0.70, 0.70)), 0.12, GAP
        ),
        _wedge(
            ((rear + 0.16, 0.72), (rear + 0.50, 0.40), (rear + 0.72, 0.40), (rear + 0.80, 0.74)), 0.10, TRIM
        ),
        ellipsoid((0.12, 0.0, 0.82), (0.30, 0.16, 0.13), PAINT, 8 if fine else 6, 5 if fine else 4),
        _wedge(
            ((rear - 0.30, 0.82), (rear + 0.10, 0.70), (0.05, 0.70), (-0.02, 0.80), (rear + 0.15, 0.82)),
            0.13,
            SADDLE,
        ),
        _wedge(
            ((rear - 0.42, 0.88), (rear - 0.36, 0.78), (rear + 0.2, 0.68), (rear + 0.1, 0.83)), 0.10, PAINT
        ),
        _wedge(
            ((rear - 0.30, 0.70), (rear - 0.34, 0.70), (rear - 0.46, 0.42), (rear - 0.42, 0.42)), 0.09, TRIM
        ),
        box((rear - 0.45, -0.09, 0.76), (rear - 0.41, 0.09, 0.83), BRAKE_LAMP),
        number_plate(rear - 0.475, 0.54, -1.0, 0.20, 0.16),
        both_sides(rod((front, 0.08, radius), (front - 0.26, 0.09, 0.90), 0.028, CHROME, 5)),
        both_sides(
            tube(
                [(front - 0.5, 0.2, 0.4), (rear + 0.1, 0.22, 0.36), (rear - 0.22, 0.22, 0.48)],
                [0.04, 0.05, 0.055],
                CHROME,
                6,
            )
        ),
        _mudguard(front, radius),
    ]
    steering = np.array([front - 0.30, 0.0, 0.98])
    parts += _handlebar(steering, 0.5 * model.width - 0.01, upright=not sporty)
    parts += _front_of_motorcycle(front, sporty)
    parts.append(both_sides(box((rear - 0.36, 0.10, 0.72), (rear - 0.31, 0.20, 0.77), INDICATOR)))
    seat = np.array([-0.26, 0.0, 0.92])
    pose = (
        MOTORCYCLING
        if sporty
        else replace(
            MOTORCYCLING, lean=0.10, nod=-0.05, arm=(0.72, 0.72), thigh=(1.2, 1.2), knee=(1.25, 1.25)
        )
    )
    parts.append(_rider(model, pose, seat, fine, helmet=True))
    return _fitted(join(parts), model)


def scooter(model: VehicleModel, fine: bool) -> Faces:
    """A motor scooter and its rider.

    Args:
        model: of kind ``scooter``.
        fine: near level of detail or far.
    """
    radius, front = model.wheel_radius, 0.5 * model.wheelbase
    rear = -front
    sides = 10 if fine else 6
    shield = ((front - 0.10, 0.30), (front - 0.34, 0.28), (front - 0.36, 0.88), (front - 0.26, 0.92))
    body = (
        (rear - 0.24, 0.62),
        (rear - 0.12, 0.34),
        (rear + 0.42, 0.30),
        (rear + 0.50, 0.66),
        (rear + 0.1, 0.72),
    )
    parts = [moved(thin_wheel(radius, 0.10, fine, spokes=5), (x, 0.0, radius)) for x in (front, rear)]
    parts += [
        _wedge(shield, 0.20, PAINT),
        _wedge(body, 0.12, PAINT),
        both_sides(ellipsoid((rear + 0.08, 0.10, 0.50), (0.36, 0.12, 0.24), PAINT, sides, 6)),
        box((rear + 0.40, -0.18, 0.24), (front - 0.28, 0.18, 0.32), PAINT),
        box((rear - 0.20, -0.14, 0.70), (rear + 0.50, 0.14, 0.80), SADDLE),
        ellipsoid((rear - 0.12, 0.0, 0.60), (0.18, 0.15, 0.16), PAINT, sides, 5),
        ellipsoid((front - 0.02, 0.0, 0.36), (0.22, 0.10, 0.14), PAINT, sides, 5),
        ellipsoid((front - 0.24, 0.0, 0.98), (0.13, 0.14, 0.10), PAINT, 6, 5),
        disc((front - 0.105, 0.0, 0.98), 0.075, HEAD_LAMP, (1.0, 0.0, 0.1), 8),
        box((rear - 0.27, -0.07, 0.54), (rear - 0.20, 0.07, 0.62), BRAKE_LAMP),
        number_plate(rear - 0.275, 0.42, -1.0, 0.20, 0.14),
        _mudguard(front, radius),
    ]
    parts += _handlebar(np.array([front - 0.30, 0.0, 1.02]), 0.5 * model.width - 0.01, upright=True)
    parts.append(_rider(model, SCOOTING, np.array([rear + 0.24, 0.0, 0.86]), fine, helmet=True))
    return _fitted(join(parts), model)


def _fitted(faces: Faces, model: VehicleModel) -> Faces:
    half_length, half_width, _ = model.extent
    return fitted(faces, (-half_length, -half_width, 0.0), (half_length, half_width, model.height))


def thin_wheel(radius: float, width: float, fine: bool, spokes: int = 0) -> Faces:
    """The wheel of a two-wheeler in the plane y = 0, seen from both sides.

    Args:
        radius: of the tyre, metres.
        width: of the tyre, metres.
        fine: level of detail.
        spokes: cast spokes; none draws thin wire spokes.
    """
    sides = 16 if fine else 8
    inner = 0.72 if spokes else 0.88
    half = 0.5 * width
    ring = [
        (inner * radius, half * 0.7),
        (0.94 * radius, half),
        (radius, 0.0),
        (0.94 * radius, -half),
        (inner * radius, -half * 0.7),
    ]
    if not fine:
        ring = [
            (inner * radius, half * 0.7),
            (radius, half * 0.7),
            (radius, -half * 0.7),
            (inner * radius, -half * 0.7),
        ]
    points = revolved(ring, sides)
    tyre = _tyre(points)
    rim = _tyre(
        revolved([(inner * radius, -half * 0.7), (inner * radius, half * 0.7)], sides), RIM, inwards=True
    )
    count = spokes or (6 if fine else 3)
    thickness = 0.03 * (radius / 0.31) if spokes else 0.006
    hub = radius * 0.16 if spokes else radius * 0.09
    angles = np.arange(count) * (2.0 * np.pi / count if spokes else np.pi / count)
    spoke_faces = [_spoke(a, inner * radius, thickness, half * 0.5, through=not spokes) for a in angles]
    hub_sides = [disc((0.0, s * half * 0.8, 0.0), hub, RIM, (0.0, s, 0.0), 6) for s in (-1.0, 1.0)]
    return join([tyre, rim, *spoke_faces, *hub_sides])


def _tyre(points: Floats, made_of: Finish = TYRE, inwards: bool = False) -> Faces:
    centre = np.array([0.0, 0.0, 0.0])
    faces = grid(points, made_of, centre, crease=1.1, closed=True)
    if not inwards:
        return faces
    return Faces(faces.corners, -faces.normals, faces.colours, faces.materials, faces.uvs, faces.tags)


def _spoke(angle: float, radius: float, thickness: float, half: float, through: bool) -> Faces:
    direction = np.array([np.cos(angle), 0.0, np.sin(angle)])
    across = np.array([-direction[2], 0.0, direction[0]]) * thickness
    start = -direction * radius if through else np.zeros(3)
    parts = []
    for side in (-1.0, 1.0):
        shift = np.array([0.0, side * half, 0.0])
        corners = np.array(
            [start - across, start + across, direction * radius + across, direction * radius - across]
        )
        parts.append(polygon(corners + shift, RIM, (0.0, side, 0.0)))
    return join(parts)


def _bicycle_frame(
    rear: float,
    front: float,
    radius: float,
    saddle: Floats,
    crank: Floats,
    head: Floats,
    fine: bool,
) -> list[Faces]:
    """Tubes, fork, crank and, near, mudguards and chain guard."""
    size, sides = 0.019, 6 if fine else 3
    seat_top = saddle - np.array([0.02, 0.0, 0.0])
    lug = seat_top + 0.30 * (crank - seat_top)
    head_low = head + np.array([0.05, 0.0, -0.14])
    rear_axle, front_axle = np.array([rear, 0.0, radius]), np.array([front, 0.0, radius])
    tubes = [(crank, seat_top), (lug, head), (crank, head_low), (np.add(head, (-0.03, 0, 0.14)), head_low)]
    parts = [rod(a, b, size, PAINT, sides) for a, b in tubes]
    stays = [(head_low, front_axle), (crank, rear_axle), (lug, rear_axle)]
    shift = np.array([0.0, 0.035, 0.0])
    parts += [both_sides(rod(a + shift, b + shift, 0.011, PAINT, sides)) for a, b in stays]
    crank_arm = np.array([0.155, 0.0, -0.06])
    parts.append(
        rod(np.add(crank, (0, 0.06, 0)), crank + crank_arm * (1, 0, 1) + (0, 0.06, 0), 0.012, CHROME, 3)
    )
    parts.append(rod(crank - (0, 0.06, 0), crank - crank_arm * (1, 0, 1) - (0, 0.06, 0), 0.012, CHROME, 3))
    parts.append(disc(np.add(crank, (0.0, 0.05, 0.0)), 0.09, TRIM, (0.0, 1.0, 0.0), 8))
    parts.append(disc(crank - (0.0, 0.05, 0.0), 0.09, TRIM, (0.0, -1.0, 0.0), 8))
    return parts


def _handlebar(middle: Floats, half: float, upright: bool) -> list[Faces]:
    """Bar with grips and a stem; an upright one sweeps back."""
    back = -0.16 if upright else 0.03
    path = [middle, np.add(middle, (0.02, 0.4 * half, 0.02)), np.add(middle, (back, half, 0.0))]
    bar = tube(np.array(path), [0.013, 0.013, 0.016], TRIM, 5)
    return [both_sides(bar), rod(middle, middle + np.array([0.04, 0.0, -0.2]), 0.018, TRIM, 5)]


def _mudguard(axle: float, radius: float) -> Faces:
    angles = np.linspace(0.25, np.pi - 0.5, 5)
    ring = np.stack(
        [axle + (radius + 0.03) * np.cos(angles), np.zeros(5), radius + (radius + 0.03) * np.sin(angles)],
        axis=1,
    )
    left, right = ring.copy(), ring.copy()
    left[:, 1], right[:, 1] = -0.07, 0.07
    return grid(np.stack([left, right]), PAINT, (axle, 0.0, radius), crease=1.0)


def _front_of_motorcycle(front: float, sporty: bool) -> list[Faces]:
    """A fairing with screen, or a bare round lamp."""
    if not sporty:
        return [
            ellipsoid((front - 0.20, 0.0, 0.88), (0.09, 0.10, 0.10), CHROME, 6, 5),
            disc((front - 0.10, 0.0, 0.88), 0.085, HEAD_LAMP, (1.0, 0.0, 0.0), 8),
            both_sides(box((front - 0.2, 0.13, 0.84), (front - 0.14, 0.20, 0.90), INDICATOR)),
        ]
    side = (
        (front + 0.10, 0.78),
        (front - 0.05, 0.95),
        (front - 0.45, 0.88),
        (front - 0.82, 0.56),
        (front - 0.76, 0.27),
        (front - 0.42, 0.23),
    )
    return [
        _wedge(side, 0.17, PAINT, taper=0.35),
        _wedge(((front + 0.0, 0.92), (front - 0.24, 1.12), (front - 0.34, 0.90)), 0.13, GLASS),
        both_sides(box((front + 0.02, 0.02, 0.79), (front + 0.085, 0.10, 0.86), HEAD_LAMP)),
        box((front - 0.62, -0.172, 0.40), (front - 0.42, 0.172, 0.56), GAP),
    ]


def _wedge(
    outline: tuple[tuple[float, float], ...], half: float, made_of: Finish, taper: float = 1.0
) -> Faces:
    """A flat-sided body over a side view; `taper` narrows its front."""
    faces = extruded(outline, -half, half, made_of)
    if taper == 1.0:
        return faces
    x = faces.corners[:, :, 0]
    share = (x - x.min()) / (x.max() - x.min())
    corners = faces.corners.copy()
    corners[:, :, 1] *= 1.0 - (1.0 - taper) * share**2
    return Faces(corners, faces.normals, faces.colours, faces.materials, faces.uvs, faces.tags)


def _rider(model: VehicleModel, pose: Pose, hips: Floats, fine: bool, helmet: bool) -> Faces:
    """A rider whose hips are at `hips` (3,), metres."""
    jacket = finish(Material.MATTE, _JACKETS[model.variation % len(_JACKETS)])
    stature = 1.74
    motor = model.kind != "bicycle"
    look = Look(
        stature,
        girth=1.12 if motor else 1.0,
        trousers=0x24262C if motor else 0x33405A,
        top=jacket,
        hat=(0x1E2024, 0xC8C8C4, 0x8E1A1C)[model.variation % 3] if helmet else None,
    )
    body = posed(person(look, fine), pose, stature)
    if helmet and motor:
        body = join([body, posed(_helmet(look, fine), pose, stature)])
    tags = np.full_like(body.tags, Tag.RIDER)
    ridden = Faces(body.corners, body.normals, body.colours, body.materials, body.uvs, tags)
    return moved(ridden, hips - np.array([0.0, 0.0, HIP * stature]))


def _helmet(look: Look, fine: bool) -> Faces:
    """A full-face helmet on the rest pose, on the head's bone."""
    shell = finish(Material.MATTE, look.hat or 0)
    sides, rings = (8, 6) if fine else (6, 4)
    whole = stretched(
        join(
            [
                ellipsoid((0.004, 0.0, 0.930), (0.078, 0.068, 0.082), shell, sides, rings),
                ellipsoid((0.018, 0.0, 0.932), (0.070, 0.058, 0.034), GLASS, sides, 4),
            ]
        ),
        (look.stature,) * 3,
    )
    uvs = np.zeros_like(whole.uvs)
    uvs[:, :, 0] = float(Bone.HEAD)
    return Faces(whole.corners, whole.normals, whole.colours, whole.materials, uvs, whole.tags)
