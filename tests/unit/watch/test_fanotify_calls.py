"""What the kernel says is taken as it says it."""

import errno
import os
import struct

import pytest

from probes.watch.fanotify_calls import FAN_OPEN, FAN_Q_OVERFLOW, Event, fanotify_mark, read_events


def told(*events: tuple[int, int, int], version: int = 3) -> int:
    """A descriptor to read `events` (mask, descriptor, process) from, as from a group."""
    ours, theirs = os.pipe()
    for mask, descriptor, pid in events:
        os.write(theirs, struct.pack("=IBBHQii", 24, version, 0, 24, mask, descriptor, pid))
    os.close(theirs)
    return ours


def test_events_come_in_order_with_their_descriptor_and_process():
    group = told((FAN_OPEN, 7, 100), (FAN_Q_OVERFLOW, -1, 0))
    try:
        assert read_events(group, 8) == [Event(FAN_OPEN, 7, 100), Event(FAN_Q_OVERFLOW, -1, 0)]
    finally:
        os.close(group)


def test_no_more_events_are_read_than_asked_for():
    group = told((FAN_OPEN, 7, 100), (FAN_OPEN, 8, 100))
    try:
        assert len(read_events(group, 1)) == 1
    finally:
        os.close(group)


def test_another_version_of_the_protocol_is_refused():
    group = told((FAN_OPEN, 7, 100), version=4)
    try:
        with pytest.raises(ValueError, match="version 4"):
            read_events(group, 8)
    finally:
        os.close(group)


def test_a_failed_call_is_an_error_with_its_number():
    with pytest.raises(OSError) as failed:
        fanotify_mark(-1, 0, FAN_OPEN, -1)
    assert failed.value.errno in (errno.EBADF, errno.EINVAL, errno.EPERM)
