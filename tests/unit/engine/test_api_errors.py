"""An engine's words become the error that its user can act on."""

import pytest

from slim.engine.api_errors import from_message, translated
from slim.errors import EngineError, ExerciseError, HostError, UsageError


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("write /var/lib/docker/tmp/x: no space left on device", HostError),
        ("Bind for 0.0.0.0:80 failed: port is already allocated", EngineError),
        ('OCI runtime create failed: exec: "nope": executable file not found in $PATH', ExerciseError),
        ("unable to find user app: no matching entries in passwd file", ExerciseError),
        ("network nonet not found", UsageError),
        ("unable to find network with name or ID nonet: network not found", UsageError),
        ("something else", EngineError),
    ],
)
def test_each_message_has_its_kind(words: str, kind: type):
    error = from_message("cannot start", words)
    assert type(error) is kind
    assert error.cause == words


def test_a_full_disk_and_a_taken_port_have_remedies():
    assert "free space" in from_message("x", "no space left on device").remedy
    assert "-p" in from_message("x", "port is already allocated").remedy


def test_a_transport_error_tells_its_first_cause():
    with pytest.raises(EngineError) as caught, translated("cannot ask"):
        try:
            raise BrokenPipeError(32, "Broken pipe")
        except BrokenPipeError as inner:
            raise ConnectionError("wrapped in a long story") from inner
    assert caught.value.cause == "[Errno 32] Broken pipe"


def test_our_own_errors_pass_unchanged():
    error = HostError("full")
    with pytest.raises(HostError) as caught, translated("cannot ask"):
        raise error
    assert caught.value is error
