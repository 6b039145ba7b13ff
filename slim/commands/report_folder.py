"""The report of an image that was slimmed: found by the image's name or its own, read without an engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from probes.watch.trace import Trace
from probes.watch.traces_file import load_trace
from slim.closure.plan_file import SavedPlan, read_plan
from slim.errors import UsageError
from slim.explain.saved import Saved
from slim.oci.reference import DEFAULT_TAG, parse_reference

ENDING = ".slim"


@dataclass(frozen=True)
class ReportFolder:
    """What a report folder says, or a plan alone."""

    folder: Path
    """The plan's file, where there is nothing else."""
    saved: Saved
    reference: str
    """The fat image, as the user called it; empty of a plan alone."""
    tag: str
    """The slim image's name; empty where it was not tagged."""


@dataclass(frozen=True)
class _Names:
    """Whose report a report.json is."""

    ids: tuple[str, ...]
    references: tuple[str, ...]

    def fit(self, image: str) -> bool:
        """Whether `image` is a name or an id, or the beginning of an id, of the fat or the slim image."""
        digits = image.removeprefix("sha256:")
        begins = len(digits) >= 6 and any(one.removeprefix("sha256:").startswith(digits) for one in self.ids)
        return begins or _full(image) in map(_full, self.references)


def read_report_folder(image: str, given: Path | None) -> ReportFolder:
    """The report of `image`, in the folder `given` or, without, in NAME.slim here, or in whichever folder
    here that ends so has a report of it. `image` may also be a report folder itself, or the file of a
    plan, which tells nothing of uses.

    Raises UsageError where there is none, where it is of another image, and where it cannot be read.
    """
    folder = given or _found(image)
    if folder.is_file():
        return _plan_alone(folder, given)
    names, reference, tag = _names(folder)
    if folder != _itself(image) and not names.fit(image):
        raise UsageError(
            f"{folder} is not the report of {image}",
            cause=f"it is of {reference} ({names.ids[0]}), slimmed to {tag or 'an image without a name'}",
            remedy=f"name that one, or another folder with --report FOLDER, or make one: slim run {image}",
        )
    plan = _plan(folder / "plan.json")
    trace = load_trace(_there(folder / "trace.json"))
    for what, of in (("plan.json", plan.plan.image), ("trace.json", trace.image)):
        if of != names.ids[0]:
            raise UsageError(
                f"the files in {folder} do not belong together",
                cause=f"report.json is of {names.ids[0]}, {what} of {of}",
                remedy=f"make them again: slim run {reference} -o {folder}",
            )
    return ReportFolder(folder, Saved(plan.plan, plan.tree, trace), reference, tag)


def _plan_alone(file: Path, given: Path | None) -> ReportFolder:
    if given is not None:
        raise UsageError(
            f"{file} is a file, not a report folder",
            cause="a plan does not say what its image is called, so it cannot be compared with IMAGE",
            remedy=f"name the plan in the place of the image: slim explain {file} PATH",
        )
    read = _plan(file)
    return ReportFolder(file, Saved(read.plan, read.tree, Trace(read.plan.image, complete=True)), "", "")


def _found(image: str) -> Path:
    if (itself := _itself(image)) is not None:
        return itself
    expected = Path(parse_reference(image).path.rpartition("/")[2] + ENDING)
    if expected.is_dir() and _names(expected)[0].fit(image):
        return expected
    others = sorted(path.parent for path in Path().glob(f"*{ENDING}/report.json"))
    fitting = [folder for folder in others if _fits(folder, image)]
    if fitting:
        return fitting[0]
    if expected.is_dir():
        return expected  # what is wrong with it is told by whoever reads it
    here = f"; there are reports in {', '.join(map(str, others))}" if others else ""
    remedy = f"name its folder with --report FOLDER, or make one: slim run {image}"
    if Path(image).is_dir():
        remedy = f"if the folder of that name is meant: slim explain ./{image}; else " + remedy
    raise UsageError(
        f"there is no report of {image} here", cause=f"{expected} does not exist{here}", remedy=remedy
    )


def _itself(image: str) -> Path | None:
    """The report folder or the plan that stands in the place of an image's name: what begins with a dot or a
    slash, as no name does, or is there and is called as only reports and plans are."""
    path = Path(image).parent if image.endswith("/report.json") else Path(image)
    if image.startswith((".", "/")):
        return path
    called_so = image.endswith(("/", ENDING, ".json")) and path.exists()
    return path if called_so and not Path(f"{image}{ENDING}").exists() else None


def _fits(folder: Path, image: str) -> bool:
    try:
        return _names(folder)[0].fit(image)
    except UsageError:
        return False  # whatever it is, it is not asked for


def _names(folder: Path) -> tuple[_Names, str, str]:
    """Whose report is in `folder`, the fat image's name, and the slim one's."""
    file = _there(folder / "report.json")
    try:
        report: dict[str, Any] = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
        fat, slim, tag = report["fat"], report["slim"], str(report["tag"])
        names = _Names((str(fat["id"]), str(slim["id"])), (str(fat["reference"]), tag))
    except (OSError, msgspec.MsgspecError, KeyError, TypeError) as error:
        # as of slim verify, whose report has a form of its own
        lacks = (
            f"it has no {error}, as reports of slim run have" if isinstance(error, KeyError) else str(error)
        )
        raise UsageError(
            f"{file} cannot be read as a report of slim run",
            cause=lacks,
            remedy="name the folder that slim run wrote with --report FOLDER, or make it again with slim run",
        ) from error
    return names, names.references[0], tag


def _plan(file: Path) -> SavedPlan:
    try:
        text = _there(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read", cause=str(error), remedy="make it readable") from error
    return read_plan(text, str(file))


def _there(file: Path) -> Path:
    if not file.is_file():
        raise UsageError(
            f"{file.parent} is not a report folder",
            cause=f"it has no {file.name}" if file.parent.is_dir() else "there is no such folder",
            remedy="name the folder that slim run wrote: --report FOLDER",
        )
    return file


def _full(reference: str) -> str:
    """The name with its tag, as engines complete it; what is no legal name, as it stands."""
    try:
        parsed = parse_reference(reference)
    except UsageError:
        return reference
    return reference if parsed.tag or parsed.digest else f"{reference}:{DEFAULT_TAG}"
