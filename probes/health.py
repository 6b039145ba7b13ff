"""The HEALTHCHECK of an image, or of a container that Compose described, as a probe."""

from __future__ import annotations

from probes.exercise.model import HealthProbe
from slim.engine.interface import ContainerSpec
from slim.engine.template import Described, described
from slim.oci.config import Healthcheck, ImageConfig

_NANOSECONDS = 1e9


def health_probe(config: ImageConfig, spec: ContainerSpec) -> HealthProbe | None:
    """The HEALTHCHECK of a container of `spec`; None where it has none, or `NONE`.

    It speaks of the command that it stands beside, and may fail where another one runs: an image's
    beside a command of the user's, that of a Compose service beside a command that replaces the service's.
    """
    own = Described(config.entrypoint, config.cmd, config.healthcheck or Healthcheck(()))
    base = own if spec.template is None else described(spec.template)
    stands_beside = own if base.healthcheck == own.healthcheck else base
    may_fail = _started(base, spec) != (*stands_beside.entrypoint, *stands_beside.command)
    argv = _argv(base.healthcheck.test, config.shell or ("/bin/sh", "-c"))
    if not argv:
        return None
    return HealthProbe(
        argv,
        timeout=base.healthcheck.timeout / _NANOSECONDS,
        start_period=base.healthcheck.start_period / _NANOSECONDS,
        may_fail=may_fail,
    )


def _argv(test: tuple[str, ...], shell: tuple[str, ...]) -> tuple[str, ...]:
    match test[:1]:
        case ("CMD",):
            return test[1:]
        case ("CMD-SHELL",) if test[1:]:
            return (*shell, *test[1:])
        case _:
            return ()


def _started(base: Described, spec: ContainerSpec) -> tuple[str, ...]:
    """What `spec` starts; an entrypoint of its own drops the command, as docker does."""
    if spec.entrypoint is not None:
        return (*spec.entrypoint, *(spec.command or ()))
    return (*base.entrypoint, *(base.command if spec.command is None else spec.command))
