"""docker-py's exceptions as slim's own, with the engine's own words as the cause."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import requests
import urllib3
from docker.errors import APIError, DockerException

from slim.errors import EngineError, ExerciseError, HostError, SlimError, UsageError

_RUNTIME_REFUSALS = (
    "oci runtime",
    "runtime create failed",
    "failed to create task",
    "failed to create shim task",
    "exec format error",
    "executable file not found",
    "unable to find user",
    "unable to find group",
    "no matching entries in passwd",
    "no matching entries in group",
    "crun:",
    "runc:",
)
"""What engines say when a container's own program, user or folder cannot be started."""
_NO_NETWORK = re.compile(r"network (?:with name or id )?(\S+?):? (?:network )?not found", re.IGNORECASE)
"""Docker's words, and Podman's."""


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Turn every failure of an API call inside the block into a `SlimError`.

    `action` is the message, worded as what could not be done: `cannot save image x`.
    """
    try:
        yield
    except APIError as error:
        raise _from_api(action, error) from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise from_message(action, _innermost(error)) from error
    except DockerException as error:
        raise EngineError(action, cause=str(error)) from error


def explanation(error: APIError) -> str:
    """The engine's own message, on one line."""
    return " ".join(str(error.explanation or error).split())


def not_running(error: APIError) -> bool:
    """Whether the engine refused because the container does not run: Docker's words, or Podman's."""
    text = explanation(error).lower()
    return "not running" in text or "container state improper" in text


def from_message(action: str, cause: str) -> SlimError:
    """The error that an engine's message `cause` stands for.

    HostError where the engine's disk is full, UsageError where it has no such network,
    ExerciseError where the container's own program cannot be started, EngineError otherwise.
    """
    text = cause.lower()
    if "no space left on device" in text or "disk quota exceeded" in text:
        return HostError(
            action,
            cause=cause,
            remedy="free space on the engine's disk (docker system df shows what uses it) and try again",
        )
    if "port is already allocated" in text or "address already in use" in text:
        return EngineError(action, cause=cause, remedy="choose another host port with -p, or free that one")
    if (network := _NO_NETWORK.search(cause)) is not None:
        return UsageError(
            f"the engine has no network {network[1]!r}",
            cause=cause,
            remedy=f"name one of docker network ls, or make it: docker network create {network[1]}",
        )
    if any(refusal in text for refusal in _RUNTIME_REFUSALS):
        return ExerciseError(
            action,
            cause=cause,
            remedy="check that docker run starts the image with the same options (entrypoint, user, workdir)",
        )
    return EngineError(action, cause=cause)


def _from_api(action: str, error: APIError) -> SlimError:
    cause = explanation(error)
    if error.status_code == 403:
        return EngineError(action, cause=cause, remedy="ask for the right to do this on that engine")
    return from_message(action, cause)


def _innermost(error: BaseException) -> str:
    """The first cause of a chain of wrapped transport errors, which is the one that tells."""
    seen: set[int] = set()
    current = error
    while id(current) not in seen:
        seen.add(id(current))
        inner = current.__cause__ or current.__context__
        if inner is None:
            break
        current = inner
    return str(current) or str(error) or type(error).__name__
