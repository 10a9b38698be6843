"""Lofted car bodies: a lower shell with wheel arches, a lid over it, and a glazed cabin on top.

Every shell is built for the right-hand half (y >= 0) as one grid of points whose columns run along the
outline from the middle of the front round the corner and the side to the middle of the rear, and whose rows
climb from the sill to the shoulder; lamps, grille, bumpers, glass and pillars are cells of these grids.
"""

from dataclasses import dataclass

import numpy as np

from sim_bridge.server.renderer.meshes.faces import Faces, Finish, Floats, join
from sim_bridge.server.renderer.meshes.solids import box, grid
from sim_bridge.server.renderer.meshes.vehicles.finishes import (
    BRAKE_LAMP,
    GAP,
    GLASS,
    HEAD_LAMP,
    INDICATOR,
    PAINT,
    PILLAR,
    REVERSE_LAMP,
    TAIL_LAMP,
    TRIM,
    UNDERBODY,
)


@dataclass(frozen=True)
class BodyShape:
    """The lower shell.

    Attributes:
        length: bumper to bumper, metres.
        width: without mirrors, metres.
        wheelbase: metres.
        wheel_radius: of the tyres, metres.
        front_overhang: from the nose to the front axle, metres.
        clearance: height of the sill, metres.
        shoulder: (n, 2) metres: distance behind the nose and height of the upper edge there.
        nose_round: how far the front corners lie behind the nose, metres.
        tail_round: the same at the rear.
        nose_lean: how far the upper edge of the front lies behind the bumper, metres.
        tail_lean: the same at the rear.
        crown: how much higher than its edges the middle of bonnet and boot lid is, metres.
        side_lean: how far the shoulder lies inside the widest line, metres.
    """

    length: float
    width: float
    wheelbase: float
    wheel_radius: float
    front_overhang: float
    clearance: float
    shoulder: tuple[tuple[float, float], ...]
    nose_round: float = 0.42
    tail_round: float = 0.30
    nose_lean: float = 0.26
    tail_lean: float = 0.12
    crown: float = 0.06
    side_lean: float = 0.05

    @property
    def nose(self) -> float:
        """The x of the foremost point, origin in the middle of the length."""
        return 0.5 * self.length

    @property
    def axles(self) -> tuple[float, float]:
        """The x of the front and the rear axle."""
        front = self.nose - self.front_overhang
        return front, front - self.wheelbase

    @property
    def arch_radius(self) -> float:
        """Radius of the wheel arches."""
        return 1.0 * self.wheel_radius + 0.065

    def shoulder_height(self, x: Floats) -> Floats:
        """Height of the upper edge at x."""
        behind, height = np.array(self.shoulder).T
        interpolated: Floats = np.interp(self.nose - x, behind, height)
        return interpolated


@dataclass(frozen=True)
class Face:
    """How the front or the rear of a body is divided among its cells.

    Attributes:
        cells: for each row from the shoulder down to the sill, the finishes from the middle to the corner.
        wrap: for each row, the finish of the cell round the corner.
    """

    cells: tuple[tuple[Finish, ...], ...]
    wrap: tuple[Finish, ...]


FRONT_STATIONS = (0.0, 0.30, 0.56, 0.80, 0.94, 1.0)
COARSE_STATIONS = (0.0, 0.56, 1.0)

CAR_FRONT = Face(
    cells=(
        (PAINT, PAINT, PAINT, PAINT, PAINT),
        (TRIM, TRIM, HEAD_LAMP, HEAD_LAMP, HEAD_LAMP),
        (PAINT, PAINT, PAINT, PAINT, PAINT),
        (GAP, GAP, GAP, PAINT, PAINT),
        (TRIM, TRIM, TRIM, PAINT, PAINT),
    ),
    wrap=(PAINT, INDICATOR, PAINT, PAINT, PAINT),
)
CAR_REAR = Face(
    cells=(
        (PAINT, PAINT, PAINT, PAINT, PAINT),
        (PAINT, PAINT, TAIL_LAMP, BRAKE_LAMP, INDICATOR),
        (PAINT, PAINT, PAINT, REVERSE_LAMP, BRAKE_LAMP),
        (PAINT, PAINT, PAINT, PAINT, PAINT),
        (TRIM, TRIM, TRIM, PAINT, PAINT),
    ),
    wrap=(PAINT, BRAKE_LAMP, PAINT, PAINT, PAINT),
)
WIDE_FRONT = Face(
    cells=(
        (PAINT, PAINT, PAINT, PAINT, PAINT),
        (TRIM, TRIM, TRIM, HEAD_LAMP, HEAD_LAMP),
        (TRIM, TRIM, TRIM, PAINT, PAINT),
        (PAINT, PAINT, PAINT, GAP, PAINT),
        (TRIM, TRIM, TRIM, PAINT, PAINT),
    ),
    wrap=(PAINT, INDICATOR, PAINT, PAINT, PAINT),
)
SLIM_FRONT = Face(
    cells=(
        (PAINT, PAINT, PAINT, PAINT, PAINT),
        (GAP, GAP, HEAD_LAMP, HEAD_LAMP, HEAD_LAMP),
        (PAINT, PAINT, PAINT, PAINT, INDICATOR),
        (TRIM, TRIM, TRIM, PAINT, PAINT),
        (TRIM, TRIM, TRIM, PAINT, PAINT),
    ),
    wrap=(PAINT, INDICATOR, PAINT, PAINT, PAINT),
)
WIDE_REAR = Face(
    cells=(
        (PAINT, PAINT, PAINT, PAINT, PAINT),
        (TRIM, TAIL_LAMP, TAIL_LAMP, BRAKE_LAMP, BRAKE_LAMP),
        (PAINT, PAINT, PAINT, REVERSE_LAMP, INDICATOR),
        (PAINT, PAINT, PAINT, PAINT, PAINT),
        (TRIM, TRIM, TRIM, PAINT, PAINT),
    ),
    wrap=(PAINT, BRAKE_LAMP, PAINT, PAINT, PAINT),
)


@dataclass(frozen=True)
class Outline:
    """Columns of a shell: points along the half outline from the front's middle to the rear's.

    Attributes:
        x: (n,) metres.
        y: (n,) metres, >= 0.
        facing: (n, 2) unit outward direction in plan.
        arch: (n,) lowest height left by the wheel arch, metres; zero away from the arches.
        cells_front: number of cells of the front face.
        cells_rear: number of cells of the rear face.
    """

    x: Floats
    y: Floats
    facing: Floats
    arch: Floats
    cells_front: int
    cells_rear: int


def outline(shape: BodyShape, fine: bool) -> Outline:
    """The columns of the lower shell."""
    stations = np.array(FRONT_STATIONS if fine else COARSE_STATIONS)
    half = 0.5 * shape.width
    front_x = shape.nose - shape.nose_round * stations**4
    rear_x = -shape.nose + shape.tail_round * stations**4
    side_x, side_arch = _side_columns(shape, fine)
    inside = (side_x < front_x[-1] - 0.02) & (side_x > rear_x[-1] + 0.02)
    side_x, side_arch = side_x[inside], side_arch[inside]
    x = np.concatenate([front_x, side_x, rear_x[::-1]])
    y = half * np.concatenate([stations, np.ones(len(side_x)), stations[::-1]])
    y -= _barrel(x, shape)
    facing = np.zeros((len(x), 2))
    tangent = np.gradient(np.stack([x, y], axis=1), axis=0)
    facing[:, 0], facing[:, 1] = tangent[:, 1], -tangent[:, 0]
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    facing[0], facing[-1] = (1.0, 0.0), (-1.0, 0.0)
    arch = np.concatenate([np.zeros(len(stations)), side_arch, np.zeros(len(stations))])
    return Outline(x, y, facing, arch, len(stations) - 1, len(stations) - 1)


def _barrel(x: Floats, shape: BodyShape) -> Floats:
    """How much narrower than at its middle the body is at x: it bulges by two per cent."""
    return 0.02 * shape.width * (x / shape.nose) ** 4


def _side_columns(shape: BodyShape, fine: bool) -> tuple[Floats, Floats]:
    """The x and the lowest height of the columns along the side, from front to rear."""
    angles = np.linspace(0.0, np.pi, 6) if fine else np.array([0.85, np.pi - 0.85])
    across, up = shape.arch_radius * np.cos(angles), shape.arch_radius * np.sin(angles)
    columns: list[tuple[float, float]] = []
    for axle in shape.axles:
        ends = axle + (shape.arch_radius + 0.002) * np.array([1.0, -1.0])
        columns += [(float(x), 0.0) for x in ends]
        columns += [(float(axle + x), shape.wheel_radius + float(z)) for x, z in zip(across, up, strict=True)]
    if fine:
        front, rear = shape.axles
        for part in (0.40, 0.72):
            seam = front + part * (rear - front)
            columns += [(seam + 0.008, 0.0), (seam - 0.008, 0.0)]
    columns.sort(key=lambda column: -column[0])
    x, arch = np.array(columns).T
    return x, arch


def _rows(shape: BodyShape, x: Floats, fine: bool) -> tuple[Floats, Floats]:
    """Heights (rows, columns) from the sill up, and the tuck (rows, 3) at front, side and rear, metres."""
    top = shape.shoulder_height(x)
    sill = np.full_like(x, shape.clearance)
    depth = top - shape.clearance
    heights = [
        sill,
        sill + 0.15 * depth,
        sill + 0.48 * depth,
        sill + 0.72 * depth,
        sill + 0.93 * depth,
        top,
    ]
    tucks = np.array(
        [
            (0.09, 0.07, 0.08),
            (0.02, 0.012, 0.01),
            (0.0, 0.0, 0.0),
            (0.22 * shape.nose_lean, 0.008, 0.25 * shape.tail_lean),
            (0.62 * shape.nose_lean, 0.45 * shape.side_lean, 0.70 * shape.tail_lean),
            (1.0 * shape.nose_lean, 1.0 * shape.side_lean, 1.0 * shape.tail_lean),
        ]
    )
    kept = [0, 1, 2, 3, 4, 5] if fine else [0, 2, 3, 5]
    return np.stack([heights[k] for k in kept]), tucks[kept]


def shell_points(shape: BodyShape, edge: Outline, fine: bool) -> Floats:
    """Points (rows, columns, 3) of the right half of the lower shell."""
    heights, tucks = _rows(shape, edge.x, fine)
    lowest = np.where(edge.arch > 0.0, edge.arch, 0.0)
    heights = np.maximum(heights, lowest[None] + 0.012 * np.arange(len(heights))[:, None] * (lowest > 0.0))
    frontal = np.where(edge.facing[:, 0] > 0.0, tucks[:, :1], tucks[:, 2:])
    x = edge.x - edge.facing[:, 0] * np.abs(edge.facing[:, 0]) ** 0.5 * frontal
    y = edge.y - edge.facing[:, 1] * tucks[:, 1:2]
    y = np.maximum(y, 0.0)
    return np.stack([x, y, heights], axis=2)


def lower_shell(
    shape: BodyShape,
    fine: bool,
    front: Face = CAR_FRONT,
    rear: Face = CAR_REAR,
    side: Finish = PAINT,
    covered: tuple[float, float] | None = None,
) -> Faces:
    """The right half of the body below the shoulder, with its lid, wheel housings and underbody.

    Args:
        shape: what it looks like.
        fine: level of detail.
        front: finishes of the front.
        rear: finishes of the rear.
        side: finish of the rest.
        covered: see `lid`.
    """
    edge = outline(shape, fine)
    points = shell_points(shape, edge, fine)
    palette, index = _cells(edge, points.shape[0] - 1, front, rear, side, fine)
    middle = (0.0, 0.0, 0.5 * float(points[-1, :, 2].mean()))
    parts = [grid(points, (palette, index), middle, crease=0.55)]
    parts.append(lid(points[-1], shape.crown, fine, side, covered))
    parts.append(_underbody(shape))
    if fine:
        parts += [_housing(shape, axle) for axle in shape.axles if abs(axle) < shape.nose]
    return join(parts)


def _cells(
    edge: Outline, rows: int, front: Face, rear: Face, side: Finish, fine: bool
) -> tuple[list[Finish], np.ndarray]:
    """Palette and index (rows, columns - 1) of the shell's cells."""
    columns = len(edge.x) - 1
    names: list[Finish] = []
    index = np.zeros((rows, columns), np.intp)

    def number(made_of: Finish) -> int:
        if made_of not in names:
            names.append(made_of)
        return names.index(made_of)

    rows_of_face = [4, 3, 2, 1, 0] if fine else [3, 1, 0]
    for row in range(rows):
        face_row = rows_of_face[row]
        index[row] = number(side)
        for face, first, step in ((front, 0, 1), (rear, columns - 1, -1)):
            finishes = face.cells[face_row]
            chosen = finishes if fine else (finishes[0], finishes[3])
            for cell, made_of in enumerate((*chosen, face.wrap[face_row])):
                index[row, first + step * cell] = number(made_of)
        if fine:
            narrow = np.abs(np.diff(edge.x)) < 0.0165
            beside = np.minimum(edge.facing[:-1, 1], edge.facing[1:, 1]) > 0.9
            seams = narrow & beside & (edge.arch[:-1] == 0.0) & (edge.arch[1:] == 0.0) & (row > 0)
            index[row, seams] = number(GAP)
    return names, index


def lid(
    edge: Floats,
    crown: float,
    fine: bool,
    made_of: Finish = PAINT,
    covered: tuple[float, float] | None = None,
) -> Faces:
    """The surface between an upper edge (n, 3) of a right half and the middle plane, bulging by `crown`.

    Its inner parts are left out between the two x of `covered`, where a cabin stands on it.
    """
    shares = np.array([1.0, 0.86, 0.45, 0.0] if fine else [1.0, 0.0])
    points = np.repeat(edge[None], len(shares), axis=0)
    points[:, :, 1] *= shares[:, None]
    half = max(float(edge[:, 1].max()), 1e-6)
    points[:, :, 2] += crown * (edge[None, :, 1] ** 2 - points[:, :, 1] ** 2) / half**2
    index = np.zeros((len(shares) - 1, len(edge) - 1), np.intp)
    if covered is not None:
        x = edge[:, 0]
        hidden = (np.maximum(x[:-1], x[1:]) < covered[0]) & (np.minimum(x[:-1], x[1:]) > covered[1])
        index[1:] = np.where(hidden, -1, 0)
    middle = edge.mean(axis=0) - np.array([0.0, 0.0, 50.0])
    return grid(points, ((made_of,), index), middle, crease=0.7)


def _housing(shape: BodyShape, axle: float) -> Faces:
    """The dark lining of a wheel arch."""
    angles = np.linspace(0.0, np.pi, 6)
    radius = shape.arch_radius
    ring = np.stack(
        [axle + radius * np.cos(angles), np.zeros(6), shape.wheel_radius + radius * np.sin(angles)], axis=1
    )
    outer, inner = ring.copy(), ring.copy()
    outer[:, 1] = 0.5 * shape.width - _barrel(ring[:, 0], shape) - 0.005
    inner[:, 1] = 0.5 * shape.width - 0.32
    points = np.stack([outer, inner])
    top = (axle, 0.5 * shape.width - 0.15, shape.wheel_radius + 10.0)
    return grid(points, UNDERBODY, top, crease=2.0)


def _underbody(shape: BodyShape) -> Faces:
    """The dark right half of what is below the body, seen through the wheel arches and below the bumpers."""
    reach = shape.arch_radius + 0.04
    rear, front = max(shape.axles[1] - reach, -shape.nose + 0.05), shape.axles[0] + reach
    lowest_lid = float(shape.shoulder_height(np.array([rear, front])).min()) - 0.05
    high = min(shape.wheel_radius + shape.arch_radius + 0.02, lowest_lid)
    low, corner = (rear, 0.0, shape.clearance), (front, 0.5 * shape.width - 0.29, high)
    return box(low, corner, UNDERBODY, without=("-y", "+z"))


@dataclass(frozen=True)
class CabinShape:
    """The glazed upper part; distances are metres behind the nose, heights above the ground.

    Attributes:
        base_front: windscreen's lower edge, in the middle.
        roof_front: windscreen's upper edge.
        roof_rear: rear window's upper edge.
        base_rear: rear window's lower edge, in the middle.
        base_height: of the lower edge: (share of the way from front to rear, metres) pairs.
        roof_height: of the roof's middle.
        base_width: at the shoulder.
        roof_width: at the cant rail.
        pillars: shares of the side's length at which panes begin and end, with the pane's finish.
        bow: how far the windscreen's edges lie behind its middle.
        rear_bow: how far the rear window's edges lie before its middle.
        roof_drop: how much lower the cant rail is at the front and at the rear than in the middle.
        crown: how much higher than the cant rail the middle of the roof is.
        rear: finish of the rear window.
    """

    base_front: float
    roof_front: float
    roof_rear: float
    base_rear: float
    base_height: tuple[tuple[float, float], ...]
    roof_height: float
    base_width: float
    roof_width: float
    pillars: tuple[tuple[float, float, Finish], ...]
    bow: float = 0.30
    rear_bow: float = 0.16
    roof_drop: tuple[float, float] = (0.05, 0.05)
    crown: float = 0.05
    rear: Finish = GLASS


def cabin(shape: CabinShape, nose: float, fine: bool) -> Faces:
    """The right half of the cabin.

    Args:
        shape: what it looks like.
        nose: x of the vehicle's foremost point, metres.
        fine: level of detail.
    """
    base, roof, pane = _cabin_edges(shape, fine)
    base[:, 0], roof[:, 0] = nose - base[:, 0], nose - roof[:, 0]
    climbs = np.array([0.0, 0.10, 0.90, 1.0] if fine else [0.0, 0.94, 1.0])
    points = base[None] + (roof - base)[None] * climbs[:, None, None]
    points[:, :, 1] += 0.05 * (climbs * (1.0 - climbs))[:, None] * (base[:, 1] > 0.0)
    palette: list[Finish] = [PAINT]
    for made_of in pane:
        if made_of not in palette:
            palette.append(made_of)
    glazed = np.array([palette.index(made_of) for made_of in pane])
    rows = len(climbs) - 1
    index = np.zeros((rows, len(pane)), np.intp)
    index[1 if fine else 0 : 2 if fine else 1] = glazed
    middle = points.reshape(-1, 3).mean(axis=0) * (1.0, 0.0, 1.0)
    sides = grid(points, (palette, index), middle, crease=0.9)
    return join([sides, lid(points[-1], shape.crown, fine)])


def _cabin_edges(shape: CabinShape, fine: bool) -> tuple[Floats, Floats, list[Finish]]:
    """Lower and upper edge (n, 3) of the cabin, x as distance behind the nose; the finish between columns."""
    stations = np.array([0.0, 0.52, 0.90, 1.0] if fine else [0.0, 0.93, 1.0])
    front_panes = [GLASS] * (len(stations) - 2) + [PAINT]
    side = [
        (share, made_of)
        for begin, end, made_of in shape.pillars
        for share, made_of in ((begin, made_of), (end, PILLAR))
    ]
    shares = np.array([share for share, _ in side])
    rear_panes = [PAINT] + [shape.rear] * (len(stations) - 2)
    side_panes = [PAINT] + [made_of for _, made_of in side]
    side_panes[-1] = PAINT
    edges = []
    for front, rear, width, bow_front, bow_rear, high in (
        (shape.base_front, shape.base_rear, shape.base_width, shape.bow, shape.rear_bow, None),
        (
            shape.roof_front,
            shape.roof_rear,
            shape.roof_width,
            0.45 * shape.bow,
            0.45 * shape.rear_bow,
            shape.roof_height - shape.crown,
        ),
    ):
        front_x, rear_x = front + bow_front * stations**2, rear - bow_rear * stations[::-1] ** 2
        side_x = front_x[-1] + shares * (rear_x[0] - front_x[-1])
        x = np.concatenate([front_x, side_x, rear_x])
        y = 0.5 * width * np.concatenate([stations, np.ones(len(shares)), stations[::-1]])
        along = np.clip((x - front) / (rear - front), 0.0, 1.0)
        if high is None:
            z = np.interp(along, *np.array(shape.base_height).T)
        else:
            z = high - shape.roof_drop[0] * (1.0 - along) ** 3 - shape.roof_drop[1] * along**3
        edges.append(np.stack([x, y, z], axis=1))
    return edges[0], edges[1], front_panes + side_panes + rear_panes
