"""Write the schemas anew from the types: `python -m slim.report.schemas`."""

import json
from pathlib import Path

import msgspec

from probes.files.schema import schema_text as probe_file_schema
from slim.report import diff_json
from slim.report.explain_model import ExplainReport
from slim.report.model import Report
from slim.report.probes_model import ProbesCheck
from slim.report.profile_model import Profiles
from slim.report.trace_model import PlanReport, TraceReport
from slim.report.transcript_model import TranscriptFile
from slim.report.verify_model import VerifyReport


def schema_text(of: type = Report) -> str:
    """The JSON Schema of a kind of report."""
    return json.dumps(msgspec.json.schema(of), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    folder = Path(__file__).parent
    (folder / "report.schema.json").write_text(schema_text(), encoding="utf-8")
    (folder / "diff.schema.json").write_text(diff_json.schema_text(), encoding="utf-8")
    (folder / "trace.schema.json").write_text(schema_text(TraceReport), encoding="utf-8")
    (folder / "plan.schema.json").write_text(schema_text(PlanReport), encoding="utf-8")
    (folder / "explain.schema.json").write_text(schema_text(ExplainReport), encoding="utf-8")
    (folder / "profiles.schema.json").write_text(schema_text(Profiles), encoding="utf-8")
    (folder / "transcript.schema.json").write_text(schema_text(TranscriptFile), encoding="utf-8")
    (folder / "verify.schema.json").write_text(schema_text(VerifyReport), encoding="utf-8")
    (folder / "probes.schema.json").write_text(probe_file_schema(), encoding="utf-8")
    (folder / "probes-check.schema.json").write_text(schema_text(ProbesCheck), encoding="utf-8")
