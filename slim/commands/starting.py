"""What the engine missed of the fat image when it started a life on the slim one."""

from __future__ import annotations

from dataclasses import replace

from probes.exercise.model import HealthProbe
from probes.observe import Observation
from slim.closure.launch import Launch
from slim.commands.observing import Seen, argv
from slim.oci.image import Image
from slim.oci.path import image_path
from slim.verify.model import LookupDifference
from slim.verify.oracle import Held
from slim.verify.starting import missed_by_the_engine


def missed_at_start(
    seen: Seen, slim: Image, replayed: Observation | None, held: Held
) -> tuple[LookupDifference, ...]:
    """Of `seen`, a life of the fat image, and what came of it on `slim`: None where it did not start. Raises
    ImageError where a file of the fat image cannot be read."""
    spec, name = seen.life.spec, seen.life.name
    launch = Launch.from_config(slim.config, environment=spec.environment)
    if spec.user:
        launch = replace(launch, user=spec.user)
    if spec.workdir:
        launch = replace(launch, workdir=image_path(spec.workdir))
    refused = _failed_checks(seen, replayed)
    if replayed is None:
        refused.insert(0, argv(spec, slim))
    return missed_by_the_engine(launch, refused, held, f"{name}: start" if name else "start")


def _failed_checks(seen: Seen, replayed: Observation | None) -> list[tuple[str, ...]]:
    """HEALTHCHECK is the one command that the engine starts as it stands, without a shell of slim's. It may
    be what a life waits for that did not start."""
    exchanges = replayed.transcript.exchanges if replayed else ()
    failed = replayed is None or any(one.kind == "health" and not one.passed for one in exchanges)
    return [one.argv for one in seen.found.probes if failed and isinstance(one, HealthProbe)]
