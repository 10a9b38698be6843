import signal

import pytest

from assistant.interrupts import Interrupts, held_back


def send(number):
    signal.raise_signal(number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupt_is_raised_at_once_and_remembered_if_somebody_swallows_it(number):
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):
            send(number)
        assert interrupts.came


def test_a_loop_that_looks_is_interrupted_by_the_second_one_only():
    with Interrupts() as interrupts:
        interrupts.noted_only = True
        assert not interrupts.came
        send(signal.SIGINT)
        assert interrupts.came
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGTERM)


def test_the_handlers_of_before_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with Interrupts():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_what_is_held_back_comes_at_the_end_of_the_block():
    passed = []

    def hold():
        with held_back():
            send(signal.SIGINT)
            passed.append("the block")

    with pytest.raises(KeyboardInterrupt):
        hold()
    assert passed == ["the block"]
