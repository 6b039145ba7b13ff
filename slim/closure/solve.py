"""The plan: a worklist over the rules, from the seeds to a fixpoint.

    seeds ─▶ kept ─▶ rules ─▶ needs ─▶ kept … at rest ─▶ profiles, other names ─▶ needs ─▶ kept …

Nothing is ever taken back, so the order decides only which reason comes first, and it is fixed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property

from probes.watch.trace import Trace
from slim.closure.application import RULE as APPLICATION
from slim.closure.facts import FactStore
from slim.closure.launch import Launch
from slim.closure.native.ldso import LibrarySearch, Requester
from slim.closure.native.libraries import still_missing
from slim.closure.observed import Observed
from slim.closure.options import PlanOptions
from slim.closure.packages.by_name import named
from slim.closure.packages.package import Package, told
from slim.closure.profile.condition import watches
from slim.closure.profile.drops import Drops
from slim.closure.profile.glob import Globs
from slim.closure.profile.load import builtin_profiles
from slim.closure.profile.model import Profile
from slim.closure.profile.rule import ProfileRule
from slim.closure.profile.sight import Lens
from slim.closure.python.rule import PythonRule
from slim.closure.rule import Context, Need, Part, SettlingRule
from slim.closure.rules import rules, settling_rules
from slim.closure.seeds import all_seeds, missing_programs, repair_needs
from slim.oci.config import ImageConfig
from slim.oci.entry import Kind
from slim.oci.path import ROOT, ImagePath, ancestors, parent, printable
from slim.oci.tree import Outcome, Tree
from slim.plan import MAX_REASONS, Gap, Plan, Reason, Unresolved


def make_plan(
    tree: Tree,
    config: ImageConfig,
    trace: Trace,
    options: PlanOptions | None = None,
    store: FactStore | None = None,
) -> Plan:
    """Decide about every path of `tree`: kept, with its reasons, or dropped, and why.

    The same input gives the same plan, whatever `store` remembers of files that were parsed before. What a
    kept file asks for and the image does not hold is in `unresolved`; nothing is raised for files of the
    image, whatever they hold.
    Raises UsageError for an illegal glob, and for a package to keep that the image does not have.
    """
    options = options or PlanOptions()
    launch = Launch.from_config(config, commands=options.commands, environment=options.environment)
    solver = _Solver(tree, launch, Observed.from_trace(trace, tree), options, store)
    solver.run()
    return Plan(
        image=trace.image,
        kept={path: tuple(solver.kept[path]) for path in sorted(solver.kept)},
        dropped={path: solver.why_dropped(path) for path in tree if path not in solver.kept},
        unresolved=solver.unresolved(),
        warnings=tuple(solver.warnings()),
        on_purpose=frozenset(path for path in tree if solver.dropped_on_purpose(path)),
        owners=told(
            {path: one for path, one in solver.owners.items() if tree[path].kind is not Kind.DIRECTORY}
        ),
        options=options.words(),
    )


class _Solver:
    """The state of one solution."""

    def __init__(
        self,
        tree: Tree,
        launch: Launch,
        observed: Observed,
        options: PlanOptions,
        store: FactStore | None,
    ) -> None:
        self._tree = tree
        self._options = options
        self.kept: dict[ImagePath, list[Reason]] = {ROOT: [Reason("parent", "the root of the image")]}
        profiles = [profile for profile in _profiles(options) if options.keep in profile.modes]
        symbols = frozenset(name for profile in profiles for name in profile.symbols())
        self._context = Context(tree, launch, observed, self.kept, symbols, store)
        self._queue: deque[ImagePath] = deque()
        self._fresh: list[ImagePath] = [ROOT]
        self._excluded: dict[ImagePath, tuple[Reason, bool]] = {}
        """The best reason against it, and whether anything needs it for more than being a part of a whole."""
        self._withheld: dict[ImagePath, tuple[int, Need]] = {}
        self._unresolved: dict[Unresolved, None] = {}
        self._included: tuple[ImagePath, ...] = ()
        search = LibrarySearch(tree, launch, self._context.elf)
        self._search = search
        self._drops = Drops(profiles, self._context)
        python = PythonRule(self._context, whole=options.keep == "package")
        possible = (profile for profile in profiles if watches(profile.when, self._context))
        conditions = (condition for profile in possible for _, condition in profile.conditions())
        self._lens = Lens(conditions, self._context)
        asked = ProfileRule(profiles, self._lens, self._context, python.module_files)
        self._rules = rules(options, search, python)
        self._settling: tuple[SettlingRule, ...] = (asked, *settling_rules(options, tree, python))
        self._exclude = Globs(_with_content(options.exclude), tree)
        self._include = Globs(_with_content(options.include), tree)

    def run(self) -> None:
        """Keep everything that there is a reason for."""
        self._offer(self._include_needs())
        self._offer(repair_needs(self._options.repairs))
        self._offer(self._package_needs())
        self._offer(all_seeds(self._context, application=self._options.keep != "traced"))
        self._offer(self._library_needs())
        while True:
            self._follow()
            fresh = tuple(self._fresh)
            self._fresh.clear()
            if not fresh:
                return
            for number in self._drops.released(self._lens.look(fresh)):
                self._offer(need for by, need in list(self._withheld.values()) if by == number)
            for rule in self._settling:
                self._offer(rule.more(fresh, self._context))

    def _follow(self) -> None:
        """Ask every rule about every path in the queue, until it is empty."""
        while self._queue:
            path = self._queue.popleft()
            entry = self._tree[path]
            for rule in self._rules:
                self._offer(rule.needs(path, entry, self._context))

    def _offer(self, found: Iterable[Need | Unresolved]) -> None:
        for item in found:
            if isinstance(item, Unresolved):
                self._unresolved.setdefault(item)
            else:
                self._look_up(item)

    def _look_up(self, need: Need) -> None:
        """Keep what a look-up passes and reaches."""
        if need.part_of is not None and ImagePath(need.path) not in self.kept:
            number = self._drops.withheld_by(ImagePath(need.path), need.part_of)
            if number is not None:
                self._withheld.setdefault(ImagePath(need.path), (number, need))
                return
        found = self._tree.resolve(need.path, follow_last=need.follow, base=self._context.launch.workdir)
        if found.outcome is Outcome.FOUND:  # before its links: their reason leads to it
            self._keep(found.path, need.reason, need.part_of)
        why = f"on the way to {printable(found.path)}: {need.detail}"
        left = found.left if found.outcome is Outcome.FOUND else ()
        for rule, passed in (("link", found.links), ("parent", left)):
            for path in passed:
                self._keep(path, self._on_the_way(rule, why, found.path, need), need.part_of)

    def _on_the_way(self, rule: str, why: str, target: ImagePath, need: Need) -> Reason:
        """Its reason is who needs it; where that is nobody of the image, what it leads to."""
        if need.source is None and target not in self.kept:
            return Reason(need.rule, why)
        return Reason(rule, why, need.source or target)

    def _keep(self, path: ImagePath, reason: Reason, part_of: Part | None) -> None:
        reasons = self.kept.get(path)
        if reasons is not None:
            if len(reasons) < MAX_REASONS and reason not in reasons:
                reasons.append(reason)
            elif reason.rule == APPLICATION and all(one.rule != APPLICATION for one in reasons):
                reasons[-1] = reason  # what the application is must outlive the limit
            return
        if self._exclude.match(path) and not self._include.match(path):
            before, asked_for = self._excluded.get(path, (reason, False))
            if reason.rule == "observed" or (part_of is None and not asked_for):
                before = reason
            self._excluded[path] = (before, asked_for or part_of is None)
            return
        for folder in ancestors(path):
            if folder in self.kept:
                break
            self._add(folder, Reason("parent", f"it holds {printable(path)}", path))
        self._add(path, reason)

    def _add(self, path: ImagePath, reason: Reason) -> None:
        self.kept[path] = [reason]
        self._queue.append(path)
        self._fresh.append(path)

    def _include_needs(self) -> Iterator[Need]:
        found = []
        for pattern in self._options.include:
            for path in self._tree.glob(pattern):
                found.append(path)
                for each in (path, *self._tree.under(path)):
                    yield Need(each, "include", f"--include {pattern}")
        self._included = tuple(found)

    def _package_needs(self) -> Iterator[Need]:
        """The packages that the user names, whole."""
        for wanted in self._options.packages:
            for package in named(wanted, self._context.owners):
                why = f"--keep-package {wanted}: {package.ecosystem.value} package {printable(package.name)}"
                for path in self._context.owners.files(package):
                    yield Need(path, "include", why, follow=False)

    def _library_needs(self) -> Iterator[Need | Unresolved]:
        """The sonames that the user names, searched as each kept program would."""
        programs = [path for path in sorted(self.kept) if self._is_program(path)]
        for soname in self._options.libraries:
            for path in programs:
                facts = self._context.elf(path)
                hit = self._search.find(soname, Requester(facts, parent(path))) if facts else None
                if hit:
                    yield from (Need(raw, "include", f"library {soname}", path) for raw in hit.paths)
                    break
            else:
                yield Unresolved("include", ROOT, soname, "no kept program would find such a library")

    def _is_program(self, path: ImagePath) -> bool:
        facts = self._context.elf(path) if self._tree[path].kind is Kind.FILE else None
        return facts is not None and bool(facts.interpreter)

    # -- the account of it -----------------------------------------------------------------------

    def unresolved(self) -> tuple[Unresolved, ...]:
        """What stays unresolved, sorted."""
        faults = self._context.owners.faults
        damaged = (Unresolved("owner", one.path, "", one.detail, Gap.UNREADABLE) for one in faults)
        left = (*still_missing(tuple(self._unresolved), self._context), *damaged, *self._dropped_on_purpose())
        return tuple(sorted(left, key=lambda item: (item.source, item.rule, item.wanted, item.detail)))

    def _dropped_on_purpose(self) -> Iterator[Unresolved]:
        """What kept files need and --exclude drops; what was used is a warning of its own."""
        for path, (reason, asked_for) in self._excluded.items():
            if asked_for and reason.rule not in ("observed", "include"):
                source = ROOT if reason.source is None else reason.source
                yield Unresolved(reason.rule, source, path, f"--exclude: {reason.detail}", Gap.WITHHELD)

    def warnings(self) -> Iterator[str]:
        """What the user should know."""
        yield from missing_programs(self._context)
        for path, (reason, _) in sorted(self._excluded.items()):
            if reason.rule == "observed":
                yield f"--exclude drops {printable(path)}, which was used: {reason.detail}"
        for pattern in self._options.include:
            if next(self._tree.glob(pattern), None) is None:
                yield f"--include {pattern} matches nothing in the image"

    def why_dropped(self, path: ImagePath) -> str:
        """One sentence about a path that is not kept."""
        if path in self._excluded:
            return "dropped on purpose: --exclude"
        if self._exclude.match(path):
            return "dropped on purpose: --exclude (and nothing asked for it)"
        others = [other for other in self._tree.hard_links(path) if other in self.kept]
        if others:
            return (
                f"another name (hard link) of {printable(others[0])}, which is kept; nothing used this name"
            )
        if path in self._withheld:
            return self._drops.reason(self._withheld[path][0])
        package = self.owners.get(path)
        if package is None:
            return "not accessed, and nothing kept needs it"
        if package not in self._used_packages:
            return f"package {printable(package.name)}: none of its files was used"
        return f"package {printable(package.name)}: not accessed, and nothing kept needs it"

    def dropped_on_purpose(self, path: ImagePath) -> bool:
        """Whether --exclude or a profile's drop took `path` out."""
        if path in self.kept:
            return False
        return path in self._withheld or path in self._excluded or self._exclude.match(path)

    @cached_property
    def owners(self) -> dict[ImagePath, Package]:
        """The package of each path that one brought, in sorted order."""
        owner = self._context.owners.owner
        return {path: package for path in self._tree if (package := owner(path)) is not None}

    @cached_property
    def _used_packages(self) -> frozenset[Package]:
        return frozenset(self.owners[path] for path in self.kept if path in self.owners)


def _profiles(options: PlanOptions) -> list[Profile]:
    """The shipped profiles and the user's, which replace those of the same name; by name."""
    named = {profile.name: profile for profile in (*builtin_profiles(), *options.profiles)}
    return [named[name] for name in sorted(named.keys() - options.without_profiles)]


def _with_content(patterns: Iterable[str]) -> Iterator[str]:
    for pattern in patterns:
        yield pattern
        yield f"{pattern.rstrip('/')}/**"
