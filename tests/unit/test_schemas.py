"""The shipped schemas are those of the types."""

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from probes.files.schema import schema_text as probe_file_schema
from slim.commands.profiles import profiles
from slim.report.explain_model import ExplainReport
from slim.report.model import Report
from slim.report.probes_model import ProbesCheck
from slim.report.profile_model import Profiles
from slim.report.schemas.__main__ import __file__ as main
from slim.report.schemas.__main__ import schema_text
from slim.report.trace_model import PlanReport, TraceReport
from slim.report.transcript_model import TranscriptFile
from slim.report.verify_model import VerifyReport


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("report", Report),
        ("trace", TraceReport),
        ("plan", PlanReport),
        ("explain", ExplainReport),
        ("profiles", Profiles),
        ("probes-check", ProbesCheck),
        ("transcript", TranscriptFile),
        ("verify", VerifyReport),
    ],
)
def test_the_shipped_schema_is_that_of_the_types(name, of):
    shipped = (Path(main).parent / f"{name}.schema.json").read_text(encoding="utf-8")
    assert shipped == schema_text(of), "run python -m slim.report.schemas"


def test_the_shipped_schema_of_probe_files_is_that_of_the_types():
    shipped = (Path(main).parent / "probes.schema.json").read_text(encoding="utf-8")
    assert shipped == probe_file_schema(), "run python -m slim.report.schemas"


def test_what_slim_profiles_prints_follows_its_schema():
    printed = json.loads(CliRunner().invoke(profiles, ["--json"]).stdout)
    jsonschema.validate(printed, json.loads(schema_text(Profiles)))
