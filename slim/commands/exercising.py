"""How an image is run and exercised, as one value: what `slim run` and `slim trace` share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from probes.exercise.session import Options
from probes.hold import Hold
from probes.life import Around, Life
from probes.observe import Setting, Watch
from slim.commands.known_secrets import learn_stack, secrets_of
from slim.commands.options import spec_from
from slim.commands.options_compose import image_from, notes_of, placed, service_lives, stack_from
from slim.commands.options_crawl import crawl_from
from slim.commands.options_files import with_probe_files
from slim.commands.options_http import headers_from
from slim.commands.options_lives import all_lives, further_lives
from slim.commands.options_openapi import openapi_from
from slim.commands.options_probes import hold_from, probes_from
from slim.commands.options_ready import ready_from
from slim.engine.compose import Stack, around
from slim.engine.interface import Engine
from slim.engine.runs import Run
from slim.report.masking import Secrets


@dataclass(frozen=True)
class Exercising:
    """What the user asked of the runs."""

    image: str
    """As the user called it."""
    lives: tuple[Life, ...]
    """In the order in which they run, at least one; each has a name where there are several."""
    options: Options
    watch: Watch
    settle: float
    """Seconds."""
    held: Hold | None
    """Keep the first life's container up after the probes; no replay is held."""
    environment: Mapping[str, str]
    """slim's own."""
    accept_incomplete: bool
    portable: bool
    stack: Stack | None = None
    """Services that must be up around each run."""
    secrets: Secrets = field(default_factory=Secrets)
    """What no output tells; it grows as probes capture values."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What to tell though it is no error."""
        return notes_of(self.stack, self.lives) if self.stack is not None else ()

    @property
    def container_environment(self) -> tuple[tuple[str, str], ...]:
        """The variables of all lives' containers; of two values of one name the first life's."""
        found: dict[str, str] = {}
        for life in self.lives:
            for name, value in life.spec.environment:
                found.setdefault(name, value)
        return tuple(found.items())

    def setting(self, engine: Engine, owner: Run) -> Setting:
        """What stays the same for all runs."""
        beside: Around | None = None
        if self.stack is not None:
            beside = around(self.stack, engine, owner, start_timeout=self.options.start_timeout)
        return Setting(
            engine,
            owner.labels,
            owner.id,
            self.options,
            self.environment,
            self.watch,
            self.settle,
            beside,
        )


def exercising_from(given: Mapping[str, Any], environment: Mapping[str, str]) -> Exercising:
    """What the user gave; UsageError for an option that is wrong. `environment` is slim's own."""
    stack = stack_from(given, environment)
    spec = spec_from({**given, "image": image_from(given, stack)}, environment)
    headers = headers_from(given)
    main = Life(
        spec,
        probes_from(given),
        ready=ready_from(given),
        port=given["port"] or 0,
        exit_code=given["exit_code"],
        generators=tuple(one for one in (crawl_from(given), openapi_from(given)) if one is not None),
    )
    further = (*service_lives(given, spec), *further_lives(given["runs"], spec))
    given, main, further = with_probe_files(given, environment, main, further)
    lives = placed(all_lives(given, main, further), stack)
    secrets = secrets_of(lives, environment, headers)
    if stack is not None:
        learn_stack(secrets, stack)
    return Exercising(
        image=spec.image,
        lives=lives,
        secrets=secrets,
        options=Options(
            start_timeout=given["start_timeout"],
            probe_timeout=given["probe_timeout"],
            run_timeout=given["run_timeout"],
            allow_unexercised=given["allow_unexercised"],
            headers=headers,
        ),
        watch=given["tracer"],
        settle=given["settle"],
        held=hold_from(given),
        environment=environment,
        accept_incomplete=given["accept_incomplete"],
        portable=given["portable"],
        stack=stack,
    )
