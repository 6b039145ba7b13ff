"""Write the schemas anew from the types: `python -m slim.report.schemas`."""

import json
from pathlib import Path

import msgspec

from slim.report import diff_json
from slim.report.model import Report


def schema_text() -> str:
    """The report's JSON Schema."""
    return json.dumps(msgspec.json.schema(Report), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    folder = Path(__file__).parent
    (folder / "report.schema.json").write_text(schema_text(), encoding="utf-8")
    (folder / "diff.schema.json").write_text(diff_json.schema_text(), encoding="utf-8")
