"""The stages of `slim run` that plan the slim image and build it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from probes.watch.trace import Trace
from slim.build import BuiltImage, Layers, build_archive
from slim.closure.options import PlanOptions
from slim.closure.solve import make_plan
from slim.commands.fact_store import remembered_facts
from slim.commands.observing import Seen
from slim.commands.planning import Planning
from slim.engine.interface import Engine
from slim.engine.runs import Run
from slim.oci.image import Image
from slim.plan import Plan
from slim.progress import Stages
from slim.repair import repair, with_repairs
from slim.report.sizes import change_text, count_text, size_text
from slim.verify.model import LookupDifference

Altered = Callable[[Plan], Plan]


def as_planned(plan: Plan) -> Plan:
    """`plan` itself."""
    return plan


@dataclass(frozen=True)
class Maker:
    """What slim images of one fat image are made with."""

    engine: Engine
    owner: Run
    image: Image
    """The fat one."""
    trace: Trace
    options: PlanOptions
    layers: Layers
    facts: Path | None = None
    """Where facts are remembered; None for nowhere."""
    altered: Altered = as_planned
    """Has the last word on each plan: for tests that break one."""

    def plan(self, stages: Stages) -> Plan:
        """What is kept, and why."""
        with stages.stage("plan") as stage:
            stage.say("following what was used to what it needs")
            with remembered_facts(self.facts) as store:
                plan = make_plan(self.image.tree, self.image.config, self.trace, self.options, store)
            if store is not None and store.trouble:
                stage.say(f"nothing is remembered of parsed files: {store.trouble}")
            plan = self.altered(plan)
            size = sum(self.image.tree[path].size for path in plan.kept)
            stage.summary = f"{count_text(len(plan.kept), 'file')}, {size_text(size)} kept"
        return plan

    def repaired(self, plan: Plan, missing: tuple[LookupDifference, ...]) -> tuple[Maker, Plan]:
        """`plan` with what is missing, and the maker of further ones."""
        image = self.image
        with remembered_facts(self.facts) as store:
            made = repair(plan, image.tree, image.config, self.trace, self.options, missing, store)
        return replace(self, options=with_repairs(self.options, missing)), self.altered(made)

    def build(self, plan: Plan, stages: Stages) -> BuiltImage:
        """The slim image, loaded into the engine under the run's own pending tag; an image that has that
        tag already is removed, unless it has a name of its own."""
        with stages.stage("build") as stage:
            self.engine.remove_image(self.owner.pending_reference)
            archive = self.owner.folder / "slim.tar"
            stage.say("writing layers")
            built = build_archive(
                self.image, plan, archive, layers=self.layers, reference=self.owner.pending_reference
            )
            stage.say(f"loading {size_text(built.size)}")
            loaded = self.engine.load_image(archive)
            archive.unlink()
            if loaded != built.id:
                built = replace(built, id=loaded)
            change = change_text(self.image.tree.size, built.size)
            stage.summary = f"{size_text(built.size)} ({change}), {count_text(len(built.layers), 'layer')}"
        return built


def options_of(seen: tuple[Seen, ...], planning: Planning) -> PlanOptions:
    """What the user asked of the plan, and what the containers started."""
    return replace(planning.options, commands=tuple(dict.fromkeys(one.argv for one in seen)))
