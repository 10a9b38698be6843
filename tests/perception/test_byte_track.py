import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perception.tracking.box_filter import BoxStates
from perception.tracking.byte_track import LOST_NS, NOT_CONFIRMED, ByteTracker

DT_NS = 50_000_000


def box(x, y=100.0, width=40.0, height=30.0):
    return [x, y, x + width, y + height]


def feed(tracker, boxes, t_ns, scores=0.8, kinds=0):
    """One frame of boxes; `scores` and `kinds` may be one for all."""
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    n = len(boxes)
    kinds = np.broadcast_to(np.asarray(kinds, np.int64), n)
    return tracker.update(boxes, np.broadcast_to(np.float32(scores), n), kinds, t_ns).tolist()


def settled(*starts, frames=10, speed_px=0.0):
    """A tracker that has followed boxes for some frames, and the time of the last."""
    tracker = ByteTracker()
    for frame in range(frames):
        ids = feed(tracker, [box(x + speed_px * frame) for x in starts], frame * DT_NS)
    assert ids == list(range(1, len(starts) + 1))
    return tracker, (frames - 1) * DT_NS


def test_a_box_has_its_number_from_the_third_frame_in_a_row():
    tracker = ByteTracker()
    seen = [feed(tracker, [box(10.0 * frame)], frame * DT_NS) for frame in range(5)]
    assert seen == [[NOT_CONFIRMED], [NOT_CONFIRMED], [1], [1], [1]]


def test_what_flickers_is_never_confirmed():
    tracker = ByteTracker()
    for frame in range(30):
        boxes = [] if frame % 3 == 2 else [box(50.0)]
        assert set(feed(tracker, boxes, frame * DT_NS)) <= {NOT_CONFIRMED}


def test_a_box_of_low_score_continues_a_track_but_starts_none():
    tracker, t_ns = settled(100.0)
    for step in range(1, 6):
        ids = feed(tracker, [box(100.0), box(300.0)], t_ns + step * DT_NS, scores=0.2)
        assert ids == [1, NOT_CONFIRMED]


def test_boxes_of_high_score_choose_before_those_of_low_score():
    tracker, t_ns = settled(100.0)
    assert feed(tracker, [box(101.0), box(110.0)], t_ns + DT_NS, scores=[0.2, 0.8]) == [NOT_CONFIRMED, 1]


def test_the_pairs_overlap_best_together_and_not_one_by_one():
    tracker, t_ns = settled(100.0, 120.0)
    # The first box lies best on the second track, but only so would the other track go without a box.
    assert feed(tracker, [box(112.0), box(140.0)], t_ns + DT_NS) == [1, 2]


def test_a_box_that_hardly_overlaps_is_something_else():
    tracker, t_ns = settled(100.0)
    assert feed(tracker, [box(135.0)], t_ns + DT_NS) == [NOT_CONFIRMED]


def test_things_that_pass_one_another_keep_their_numbers():
    tracker = ByteTracker()
    for frame in range(60):
        right, left = box(50.0 + 8.0 * frame), box(500.0 - 8.0 * frame, y=104.0)
        ids = feed(tracker, [right, left], frame * DT_NS)
    assert ids == [1, 2]


@pytest.mark.parametrize("between", [1, 16])
def test_a_moving_thing_is_found_again_where_it_must_be_by_then(between):
    tracker, t_ns = settled(50.0, frames=12, speed_px=6.0)
    for step in range(1, between):
        feed(tracker, [], t_ns + step * LOST_NS // between)
    assert feed(tracker, [box(50.0 + 6.0 * (11 + 16))], t_ns + LOST_NS) == [1]


@pytest.mark.parametrize("between", [1, 16])
def test_what_was_lost_for_longer_gets_a_new_number(between):
    tracker, t_ns = settled(50.0)
    for step in range(1, between):
        feed(tracker, [], t_ns + step * LOST_NS // between)
    ids = [feed(tracker, [box(50.0)], t_ns + LOST_NS + 1 + frame * DT_NS) for frame in range(3)]
    assert ids == [[NOT_CONFIRMED], [NOT_CONFIRMED], [2]]


def test_a_frame_of_the_same_time_changes_no_number():
    tracker, t_ns = settled(100.0, 300.0)
    for _ in range(20):
        assert feed(tracker, [box(300.0), box(100.0)], t_ns) == [2, 1]
    assert feed(tracker, [box(100.0), box(300.0)], t_ns + DT_NS) == [1, 2]


def test_a_track_is_continued_by_its_own_kind_only():
    tracker, t_ns = settled(100.0)
    assert feed(tracker, [box(100.0)], t_ns + DT_NS, kinds=1) == [NOT_CONFIRMED]
    assert feed(tracker, [box(103.0), box(100.0)], t_ns + 2 * DT_NS, kinds=[0, 1]) == [1, NOT_CONFIRMED]


def test_memory_does_not_grow_with_the_things_that_were_seen():
    tracker, rng, sizes = ByteTracker(), np.random.default_rng(0), []
    for frame in range(3000):
        # Every ten frames five others come, elsewhere; and false alarms all the time.
        passing = [box(10.0 * (frame % 10), 60.0 * row + 400.0 * (frame // 10 % 2)) for row in range(5)]
        ids = feed(tracker, [*passing, box(rng.uniform(500, 1000))], frame * DT_NS)
        sizes.append(len(pickle.dumps(tracker)))
    assert max(ids) > 500
    assert max(sizes[1500:]) <= max(sizes[:1500])


frames = st.lists(
    st.lists(st.tuples(*[st.integers(0, 60)] * 2, st.floats(0.0, 1.0), st.integers(0, 1)), max_size=6),
    max_size=12,
)


@given(frames)
def test_no_number_is_given_twice_in_a_frame_and_reruns_repeat(series):
    def run():
        tracker, found = ByteTracker(), []
        for frame, boxes in enumerate(series):
            scores, kinds = [b[2] for b in boxes], [b[3] for b in boxes]
            found.append(feed(tracker, [box(x, y) for x, y, _, _ in boxes], frame * DT_NS, scores, kinds))
        return found

    found = run()
    for ids in found:
        numbers = [i for i in ids if i != NOT_CONFIRMED]
        assert len(set(numbers)) == len(numbers)
    assert run() == found


def test_four_filters_of_two_states_are_the_filter_of_eight():
    rng = np.random.default_rng(1)
    states = BoxStates.born(np.array([box(0.0), box(50.0)]))
    mean = np.concatenate([states.boxes_px[1], np.zeros(4)])
    variance = states.covariances[1]
    covariance = np.kron([[variance[0], 0.0], [0.0, variance[2]]], np.eye(4))
    for dt in (0.05, 0.1, 0.0, 0.3):
        size = np.sqrt(np.prod(mean[2:4] - mean[:2]))
        step = np.eye(8) + np.kron([[0.0, dt], [0.0, 0.0]], np.eye(4))
        kick = np.kron([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]], np.eye(4)) * (4.0 * size) ** 2
        mean, covariance = step @ mean, step @ covariance @ step.T + kick
        seen = np.array(box(55.0)) + rng.normal(0.0, 2.0, 4)
        noise = 1.0 + 0.04**2 * np.prod(seen[2:] - seen[:2])
        gain = covariance[:, :4] @ np.linalg.inv(covariance[:4, :4] + noise * np.eye(4))
        mean = mean + gain @ (seen - mean[:4])
        covariance = covariance - gain @ covariance[:4]
        states = states.predicted(dt).updated(np.array([1]), seen[None])
    assert states.boxes_px[1] == pytest.approx(mean[:4])
    assert states.rates_pxps[1] == pytest.approx(mean[4:])
    assert states.covariances[1] == pytest.approx([covariance[0, 0], covariance[0, 4], covariance[4, 4]])


def test_what_is_not_seen_is_only_predicted():
    states = BoxStates.born(np.array([box(0.0), box(50.0)])).predicted(0.05)
    seen = states.updated(np.array([0]), np.array([box(3.0)]))
    assert (seen.boxes_px[1] == states.boxes_px[1]).all()
    assert (seen.covariances[1] == states.covariances[1]).all()
    assert seen.covariances[0, 0] < states.covariances[0, 0]
