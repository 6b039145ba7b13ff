"""Signals end a block once and never its cleanup."""

import os
import signal
import threading
from contextlib import ExitStack, suppress

import pytest

from slim.engine.interrupts import SIGNALS, interruptible, shielded
from slim.errors import Interrupted


@pytest.mark.parametrize("number", SIGNALS)
def test_each_signal_becomes_one_error_with_its_exit_code(number: int):
    with pytest.raises(Interrupted) as caught, interruptible():
        signal.raise_signal(number)
    assert caught.value.exit_code == 128 + number


def test_handlers_are_as_before_afterwards():
    before = [signal.getsignal(number) for number in SIGNALS]
    with interruptible(), shielded():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_code_that_swallows_every_exception_does_not_stop_it():
    reached = []
    with pytest.raises(Interrupted), interruptible():
        try:
            signal.raise_signal(signal.SIGTERM)
        except Exception:
            reached.append("swallowed")
        reached.append("went on")
    assert reached == []


def test_one_that_is_swallowed_all_the_same_is_raised_at_the_end():
    with pytest.raises(Interrupted), interruptible(), suppress(BaseException):
        signal.raise_signal(signal.SIGINT)


def test_a_second_signal_does_not_abort_the_cleanup():
    steps = []
    with pytest.raises(Interrupted) as caught, interruptible():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
            steps.append("cleaned up")
    assert steps == ["cleaned up"]
    assert caught.value.signal_number == signal.SIGINT


def test_after_a_first_signal_that_was_swallowed_the_second_one_unwinds():
    reached = []
    with pytest.raises(Interrupted) as caught, interruptible():
        with suppress(BaseException):
            signal.raise_signal(signal.SIGTERM)
        reached.append("went on")
        signal.raise_signal(signal.SIGINT)
        reached.append("went on again")
    assert reached == ["went on"]
    assert caught.value.signal_number == signal.SIGTERM


def test_nor_does_a_second_signal_abort_a_cleanup_that_handles_errors_of_its_own():
    steps = []
    with pytest.raises(Interrupted), interruptible(), ExitStack() as stack:
        stack.callback(lambda: steps.append("last"))

        def clean_up() -> None:
            try:
                raise OSError
            except OSError:
                signal.raise_signal(signal.SIGINT)
            steps.append("first")

        stack.callback(clean_up)
        signal.raise_signal(signal.SIGINT)
    assert steps == ["first", "last"]


def test_an_error_of_the_cleanup_goes_before_the_interruption():
    with pytest.raises(RuntimeError), interruptible():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            raise RuntimeError("something is left")


def test_a_shield_holds_signals_back_until_its_end():
    steps = []
    with pytest.raises(Interrupted), interruptible():
        with shielded():
            os.kill(os.getpid(), signal.SIGTERM)
            steps.append("still here")
        steps.append("not here")
    assert steps == ["still here"]


def test_a_shield_within_a_shield_gives_the_signal_on():
    steps = []
    with pytest.raises(Interrupted), interruptible(), shielded():
        with shielded():
            signal.raise_signal(signal.SIGHUP)
        steps.append("still here")
    assert steps == ["still here"]


def test_in_another_thread_both_do_nothing():
    seen = []

    def run() -> None:
        with interruptible(), shielded():
            seen.append([signal.getsignal(number) for number in SIGNALS])

    before = [signal.getsignal(number) for number in SIGNALS]
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [before]
