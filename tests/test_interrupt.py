"""Ctrl-C: all listeners hear the first, the second ends at once, and afterwards the handler is the one before."""

import os
import signal

import pytest

from hwsim.interrupt import CtrlC


@pytest.fixture(autouse=True)
def python_listens():
    """Python's own handler, whatever was inherited: a job that a shell starts in the background ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press():
    os.kill(os.getpid(), signal.SIGINT)


def test_a_note_reaches_every_listener_around():
    with CtrlC() as outer:
        with CtrlC() as middle, CtrlC() as inner:
            press()
        assert outer.heard and middle.heard and inner.heard
        with pytest.raises(KeyboardInterrupt):
            press()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_one_that_heard_nothing_leaves_the_outer_one_listening():
    with CtrlC() as outer:
        with CtrlC():
            pass
        press()
        assert outer.heard
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
