"""`slim doctor`: what slim needs, what of it is here, and the one command that mends the rest."""

from __future__ import annotations

import os
from dataclasses import dataclass

import click

from slim.commands.needs import Finding, State, examine
from slim.commands.options import engine_options
from slim.errors import EngineError, HostError
from slim.report.write import json_text

JSON_VERSION = 1


@dataclass(frozen=True)
class Findings:
    """What `slim doctor --json` prints."""

    version: int
    ready: bool
    """Nothing is missing."""
    findings: tuple[Finding, ...]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--clean", is_flag=True, help="Remove what killed runs left behind.")
@engine_options
@click.pass_context
def doctor(context: click.Context, as_json: bool, clean: bool, host: str | None) -> None:
    """Is everything there that slim needs? What mends it if not?

    \b
    Exit codes:
      0  all that is needed is there
      4  no engine
      7  this machine lacks something
    """
    path = os.environ.get("PATH", os.defpath)
    findings = tuple(examine(host, path, clean=clean))
    missing = [finding.name for finding in findings if finding.state is State.MISSING]
    report = Findings(JSON_VERSION, not missing, findings)
    click.echo(json_text(report) if as_json else text_of(findings), nl=False)
    if missing:
        context.exit(EngineError.exit_code if "engine" in missing else HostError.exit_code)


def text_of(findings: tuple[Finding, ...]) -> str:
    """One line a finding, its command below it, and a closing line."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.state.value:<9} {finding.name:<13} {finding.detail}")
        if finding.mend:
            lines.append(f"{'':<24}$ {finding.mend}")
    missing = sum(finding.state is State.MISSING for finding in findings)
    lines.append("slim is ready" if not missing else f"{missing} missing: run what stands below each")
    return "\n".join(lines) + "\n"
