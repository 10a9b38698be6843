"""Follows road users over frames: ByteTrack in the image, a Kalman filter each on the ground."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from data.arrays import Array
from data.camera import Camera
from data.types import Detections, EgoState, ObjectClass, Objects, SensorFrame
from perception.distance import PRIORS, measure
from perception.tracking.byte_track import LOST_NS, NOT_CONFIRMED, ByteTracker
from perception.tracking.ground_filter import EgoMotion, GroundState

# Classes that a detector may take for one another share tracks; the others must not steal them.
FAMILIES: tuple[tuple[ObjectClass, ...], ...] = (
    (ObjectClass.CAR, ObjectClass.TRUCK, ObjectClass.BUS),
    (ObjectClass.MOTORCYCLE, ObjectClass.BICYCLE),
    (ObjectClass.PEDESTRIAN,),
    (ObjectClass.STOP_SIGN,),
)
_FAMILY_OF = np.array([next((i for i, f in enumerate(FAMILIES) if c in f), -1) for c in ObjectClass])
COAST_S = 0.4  # how long a track is still reported without being seen
VELOCITY_AFTER_S = 0.25  # the age at which a velocity is better than none


@dataclass(frozen=True, eq=False)
class Track:
    """One followed thing.

    Attributes:
        track_id: number over all families.
        state: on the ground, present vehicle axes; None while it could not be measured.
        box_px: (4,) last seen.
        score: last seen.
        votes: (classes,) sum of the scores with which each class was seen.
        born_ns: first confirmed.
        seen_ns: last matched.
    """

    track_id: int
    state: GroundState | None
    box_px: Array
    score: float
    votes: Array
    born_ns: int
    seen_ns: int

    @property
    def object_class(self) -> ObjectClass:
        """What it was most often taken for."""
        return ObjectClass(int(np.argmax(self.votes)))


class GroundTracker:
    """ByteTrack decides which box continues which track; each track is filtered on the ground.

    Args:
        camera: the front camera.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._boxes = ByteTracker()
        self._tracks: dict[int, Track] = {}
        self._t_ns: int | None = None

    def track(self, frame: SensorFrame, detections: Detections, ego: EgoState) -> Objects:
        """The confirmed road users and stop signs at `frame.t_ns`, nearest first.

        A frame that is not later than the one before is taken for the same moment.
        """
        t_ns = frame.t_ns if self._t_ns is None else max(frame.t_ns, self._t_ns)
        dt = 0.0 if self._t_ns is None else 1e-9 * (t_ns - self._t_ns)
        self._t_ns = t_ns
        motion = EgoMotion.driven(ego.speed_mps, ego.yaw_rate_radps, dt)
        seen = _without_own_bonnet(detections, self._camera)
        ids = self._associate(seen, t_ns)
        self._tracks = _predicted(self._tracks, motion)
        self._update(seen, ids, t_ns)
        return _objects(self._tracks.values(), t_ns)

    def _associate(self, detections: Detections, t_ns: int) -> Array:
        """(n,) track id of each detection, `NOT_CONFIRMED` where it has none (yet)."""
        ids = np.full(len(detections), NOT_CONFIRMED, np.int64)
        families = _FAMILY_OF[detections.classes]
        members = families >= 0
        boxes, scores = detections.boxes_px[members], detections.scores[members]
        ids[members] = self._boxes.update(boxes, scores, families[members], t_ns)
        return ids

    def _update(self, detections: Detections, ids: Array, t_ns: int) -> None:
        """Takes the measurements in and drops what was lost for long."""
        measured = measure(detections.boxes_px, self._settled_classes(detections, ids), self._camera)
        for index in np.flatnonzero(ids != NOT_CONFIRMED):
            track_id, score = int(ids[index]), float(detections.scores[index])
            old = self._tracks.get(track_id) or _new_track(track_id, t_ns)
            votes = old.votes.copy()
            votes[detections.classes[index]] += score
            state = _filtered(old, measured.positions_m[index], measured.covariances_m2[index], votes)
            box = np.array(detections.boxes_px[index])
            self._tracks[track_id] = replace(
                old, state=state, box_px=box, score=score, votes=votes, seen_ns=t_ns
            )
        self._tracks = {i: track for i, track in self._tracks.items() if t_ns - track.seen_ns <= LOST_NS}

    def _settled_classes(self, detections: Detections, ids: Array) -> Array:
        """(n,) classes, taken from the track where there is one: one wrong frame must not move a car."""
        classes = np.array(detections.classes)
        for index in np.flatnonzero(ids != NOT_CONFIRMED):
            track = self._tracks.get(int(ids[index]))
            if track is not None:
                classes[index] = track.object_class
        return classes


def _without_own_bonnet(detections: Detections, camera: Camera) -> Detections:
    """Leaves out the ego's own bonnet, a wide flat box on the lower edge that detectors take for a car."""
    boxes = detections.boxes_px
    wide = boxes[:, 2] - boxes[:, 0] > 0.6 * camera.width
    flat = (boxes[:, 1] > 0.6 * camera.height) & (boxes[:, 3] > camera.height - 3.0)
    keep = ~(wide & flat)
    return Detections(boxes[keep], detections.scores[keep], detections.classes[keep])


def _predicted(tracks: Mapping[int, Track], motion: EgoMotion) -> dict[int, Track]:
    """Every track at the present time, in the present vehicle axes."""
    return {
        i: replace(track, state=track.state and track.state.predicted(motion, track.object_class))
        for i, track in tracks.items()
    }


def _new_track(track_id: int, t_ns: int) -> Track:
    """A track of which nothing was measured yet."""
    return Track(track_id, None, np.zeros(4), 0.0, np.zeros(len(ObjectClass)), t_ns, t_ns)


def _filtered(track: Track, position: Array, covariance: Array, votes: Array) -> GroundState | None:
    """The track's state with one measurement, or without it where there is none."""
    if not np.isfinite(position).all():
        return track.state
    if track.state is None:
        return GroundState.born(position, covariance, ObjectClass(int(np.argmax(votes))))
    return track.state.updated(position, covariance)


def _objects(tracks: Iterable[Track], t_ns: int) -> Objects:
    """The tracks that were seen just now or a moment ago, nearest first."""
    shown = [track for track in tracks if t_ns - track.seen_ns <= 1e9 * COAST_S]
    shown.sort(key=lambda track: (float(np.hypot(*_position(track))), track.track_id))
    if not shown:
        return Objects.empty()
    priors = [PRIORS[track.object_class] for track in shown]
    return Objects(
        boxes_px=np.array([track.box_px for track in shown]),
        scores=np.array([track.score * (1.0 - 1e-9 * (t_ns - track.seen_ns) / COAST_S) for track in shown]),
        classes=np.array([track.object_class for track in shown]),
        track_ids=np.array([track.track_id for track in shown]),
        positions_m=np.array([_position(track) for track in shown]),
        velocities_mps=np.array([_velocity(track, t_ns) for track in shown]),
        extents_m=np.array([(prior.length_m, prior.width_m) for prior in priors]),
    )


def _position(track: Track) -> Array:
    """(2,) vehicle axes, `inf` while unmeasured."""
    return np.full(2, np.inf) if track.state is None else track.state.mean[:2]


def _velocity(track: Track, t_ns: int) -> Array:
    """(2,) over ground, vehicle axes; 0 while the track is too young to tell."""
    if track.state is None or t_ns - track.born_ns < 1e9 * VELOCITY_AFTER_S:
        return np.zeros(2)
    return track.state.mean[2:]
