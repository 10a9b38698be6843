"""How many targets a network finds, by what they are, how far, and from which side."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from tests.recognition import networks
from tests.recognition.street_views import (
    BUS,
    CAR,
    CYCLIST,
    LIGHT,
    MOTORCYCLIST,
    PEDESTRIAN,
    SIDES,
    TRUCK,
    VAN,
)

SURE = 0.25
OVERLAP = 0.5
# What may be said of each group; COCO's photographs have vans as cars, trucks and buses.
SAID = {
    CAR: (networks.CAR,),
    VAN: (networks.CAR, networks.TRUCK, networks.BUS),
    TRUCK: (networks.TRUCK,),
    BUS: (networks.BUS,),
    CYCLIST: (networks.BICYCLE, networks.PERSON),
    MOTORCYCLIST: (networks.MOTORCYCLE, networks.PERSON),
    PEDESTRIAN: (networks.PERSON,),
    LIGHT: (networks.TRAFFIC_LIGHT,),
}
FOUR_WHEELED = (CAR, VAN, TRUCK, BUS)
ANY_VEHICLE = (networks.CAR, networks.TRUCK, networks.BUS)
STEP_M = {CAR: 10.0, VAN: 10.0}


@dataclass(frozen=True)
class Outcome:
    """What a network said of one target.

    Attributes:
        target: the target.
        score: best score of a box over it with an accepted class, 0 for none.
        as_any_vehicle: the same when any class of four-wheeled vehicle is accepted.
        picture: number of the picture.
    """

    target: object
    score: float
    as_any_vehicle: float
    picture: int


def outcomes(view, found):
    """What was `found` of each target of a street view."""
    results = []
    for target in view.targets:
        overlap = np.max([overlaps(found.boxes_px, box) for box in target.boxes_px], axis=0)
        best = []
        for said in (SAID[target.group], ANY_VEHICLE if target.group in FOUR_WHEELED else ()):
            fits = np.isin(found.classes, said) & (overlap >= OVERLAP)
            best.append(float(found.scores[fits].max(initial=0.0)))
        results.append(Outcome(target, best[0], max(best), view.number))
    return results


def overlaps(boxes, box):
    """(n,) intersection over union of (n, 4) boxes with one box (4,)."""
    shared = np.clip(np.minimum(boxes[:, 2:], box[2:]) - np.maximum(boxes[:, :2], box[:2]), 0.0, None)
    common = shared.prod(axis=1)
    return common / ((boxes[:, 2:] - boxes[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod() - common)


def recall(results, score="score"):
    """Share of outcomes that are sure; nan of none."""
    return float(np.mean([getattr(r, score) >= SURE for r in results])) if results else float("nan")


def table(by_network):
    """Lines that say each network's recall: in all, by distance, by side, by model."""
    names = list(by_network)
    lines = ["".join([f"{'':34}{'n':>5}", *(f"{name:>13}" for name in names)])]
    first = by_network[names[0]]
    groups = [group for group in SAID if any(r.target.group == group for r in first)]

    def row(title, chosen, score="score"):
        count = sum(map(chosen, first))
        cells = [f"{recall([r for r in by_network[n] if chosen(r)], score):13.2f}" for n in names]
        lines.append(f"{title:34}{count:5d}{''.join(cells)}")

    for group in groups:
        row(group.upper(), lambda r, g=group: r.target.group == g)
        if group in FOUR_WHEELED:
            row("  as any vehicle", lambda r, g=group: r.target.group == g, "as_any_vehicle")
        for title, low, high in (("nothing before it", 0.97, 1.01), ("partly hidden", 0.0, 0.97)):
            row(
                f"  {title}",
                lambda r, g=group, a=low, b=high: r.target.group == g and a <= r.target.visible < b,
            )
        step = STEP_M.get(group, 5.0)
        bins = defaultdict(list)
        for r in first:
            if r.target.group == group:
                bins[int(r.target.distance_m // step)].append(r)
        for number in sorted(bins):
            row(
                f"  {number * step:.0f}-{(number + 1) * step:.0f} m",
                lambda r, g=group, b=number, s=step: r.target.group == g and r.target.distance_m // s == b,
            )
        for side in SIDES:
            if any(r.target.group == group and r.target.view == side for r in first):
                row(f"  {side}", lambda r, g=group, v=side: r.target.group == g and r.target.view == v)
        models = sorted({r.target.model for r in first if r.target.group == group})
        if group not in (PEDESTRIAN, LIGHT):
            for model in models:
                row(
                    f"    {model.removeprefix('vehicle.')}",
                    lambda r, g=group, m=model: r.target.group == g and r.target.model == m,
                )
    return lines
