"""Where a dynamic loader finds a library, worked out from the image alone.

Source of the rules: ld.so(8) and glibc's elf/dl-load.c for glibc, ldso/dynlink.c for musl.
Neither the loader's configuration nor its cache is ever taken from this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from slim.closure.launch import Launch
from slim.closure.native.elf import ElfFacts
from slim.closure.native.ldcache import read_cache, read_conf, read_musl_path
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, name, parent
from slim.oci.tree import Outcome, Tree


class Libc(Enum):
    """Whose loader it is."""

    GLIBC = "glibc"
    MUSL = "musl"


TRIPLETS = {
    ("X86_64", 64): ("x86_64-linux-gnu",),
    ("X86_64", 32): ("x86_64-linux-gnux32",),
    ("386", 32): ("i386-linux-gnu", "i686-linux-gnu"),
    ("AARCH64", 64): ("aarch64-linux-gnu",),
    ("ARM", 32): ("arm-linux-gnueabihf", "arm-linux-gnueabi"),
    ("PPC64", 64): ("powerpc64le-linux-gnu", "powerpc64-linux-gnu"),
    ("S390", 64): ("s390x-linux-gnu",),
    ("RISCV", 64): ("riscv64-linux-gnu",),
    ("MIPS", 64): ("mips64el-linux-gnuabi64",),
    ("LOONGARCH", 64): ("loongarch64-linux-gnu",),
}
"""Debian's multiarch folders; https://wiki.debian.org/Multiarch/Tuples."""

PLATFORMS = {
    "X86_64": ("x86_64", "haswell", "xeon_phi"),
    "386": ("i686", "i586", "i486", "i386"),
    "AARCH64": ("aarch64",),
    "ARM": ("v7l", "v6l"),
    "PPC64": ("power10", "power9", "power8"),
    "S390": ("z16", "z15", "z14", "z13"),
}
"""Values of $PLATFORM, which depends on the processor: all are tried."""

_MUSL_NAMES = {"X86_64": "x86_64", "386": "i386", "AARCH64": "aarch64", "ARM": "armhf", "RISCV": "riscv64"}
_MUSL_OWN = ("libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet.")
"""Names that musl's loader serves itself, whatever follows; `reserved` in dynlink.c."""

_LEGACY_HWCAPS = frozenset(
    {"tls", "x86_64", "haswell", "xeon_phi", "avx512_1", "i386", "i486", "i586", "i686", "sse2", "cmov",
     "nosegneg", "neon", "vfp", "vfpv3", "atomics", "power8", "power9", "power10", "z13", "z14", "z15"}
)  # fmt: skip
"""Subfolders that glibc before 2.37 preferred on processors that have the feature; ld.so(8)."""


@dataclass(frozen=True, slots=True)
class Requester:
    """A loaded object that asks for a library."""

    facts: ElfFacts
    origin: str
    """The folder that $ORIGIN stands for: where the object was found, links unresolved."""
    inherited: tuple[str, ...] = ()
    """DT_RPATH of the objects that loaded it, nearest first, expanded."""
    libc: Libc = Libc.GLIBC


@dataclass(frozen=True, slots=True)
class Found:
    """Every file that a loader may take for one name: one, and its variants for other processors."""

    paths: tuple[str, ...]
    """As the loader looks them up; symlinks unresolved."""
    via: str
    """Which rule found it, for people."""


class LibrarySearch:
    """The search of both loaders in one image. Folder look-ups are cached."""

    def __init__(self, tree: Tree, launch: Launch, facts: Callable[[ImagePath], ElfFacts | None]) -> None:
        self._tree = tree
        self._base = launch.workdir
        self._facts = facts
        self._library_path = _split(launch.environment.get("LD_LIBRARY_PATH", ""), ":;")
        self._cache = read_cache(tree)
        self._conf = read_conf(tree)
        self._musl: dict[str, tuple[str, ...]] = {}
        self._folders: dict[str, ImagePath | None] = {}
        self._variants: dict[ImagePath, tuple[str, ...]] = {}
        self.default_libc = self._default_libc()

    def _default_libc(self) -> Libc:
        """For a library that names no libc of its own."""
        loaders = [name(path) for path in self._tree.glob("/lib/ld-*")]
        musl = any(loader.startswith("ld-musl-") for loader in loaders)
        return Libc.MUSL if musl and not self._cache else Libc.GLIBC

    def find(self, wanted: str, by: Requester) -> Found | None:
        """The files that `wanted` (a DT_NEEDED or dlopen(3) name) comes to; None where there is none."""
        if "/" in wanted:
            for raw in expand(wanted, by):
                if self._loadable(raw, by.facts):
                    return Found((raw,), "its path")
            return None
        if by.libc is Libc.MUSL and wanted.startswith(_MUSL_OWN):
            own = self._musl_loader(by.facts)
            return Found((own,), "musl's loader itself") if own else None
        for folder, via in self._search(by):
            if folder is None:
                found = self._in_cache(wanted, by.facts)
            else:
                found = self._in_folder(folder, wanted, by.facts, variants=by.libc is Libc.GLIBC)
            if found:
                return Found(found, via)
        return None

    def own_rpath(self, by: Requester) -> tuple[str, ...]:
        """DT_RPATH of `by`, expanded, that what it loads inherits; of musl DT_RUNPATH too."""
        paths = by.facts.rpath or (by.facts.runpath if by.libc is Libc.MUSL else ())
        return tuple(folder for path in paths for folder in expand(path, by))

    def _search(self, by: Requester) -> Iterator[tuple[str | None, str]]:
        """Folders in search order, with the rule; None stands for the cache."""
        own = self.own_rpath(by)
        if by.libc is Libc.MUSL:
            yield from ((folder, "LD_LIBRARY_PATH") for folder in self._library_path)
            yield from ((folder, "RPATH") for folder in (*own, *by.inherited))
            yield from ((folder, "musl's default folders") for folder in self._musl_folders(by.facts))
            return
        if not by.facts.runpath:
            yield from ((folder, "RPATH") for folder in (*own, *by.inherited))
        for path in self._library_path:
            yield from ((folder, "LD_LIBRARY_PATH") for folder in expand(path, by))
        for path in by.facts.runpath:
            yield from ((folder, "RUNPATH") for folder in expand(path, by))
        if not by.facts.no_default_folders:
            yield None, "ld.so.cache"
            # Not in the cache: the loader itself would miss these, but a cache that is out of
            # date is no reason to lose a library that the image holds.
            yield from ((folder, "ld.so.conf") for folder in self._conf)
            yield from ((folder, "the default folders") for folder in default_folders(by.facts))

    def names(self, stem: str) -> tuple[str, ...]:
        """The names that begin like `libfoo.so`, in ld.so.cache and in the loaders' usual folders: what
        `ldconfig -p` or a compiler would tell of -lfoo; sorted."""
        folders = ("/lib", "/usr/lib", "/usr/local/lib")
        found = {known for known in self._cache if known == stem or known.startswith(f"{stem}.")}
        found |= {name(path) for folder in folders for path in self._tree.glob(f"{folder}/{stem}*")}
        return tuple(sorted(each for each in found if each == stem or each.startswith(f"{stem}.")))

    def _in_cache(self, wanted: str, facts: ElfFacts) -> tuple[str, ...]:
        """All entries of the name that fit: the base and what ldconfig noted for other processors."""
        found = [path for path in self._cache.get(wanted, ()) if self._loadable(path, facts)]
        for path in list(found):
            folder = self._folder(parent(path))
            if folder is not None:
                found += [ImagePath(p) for p in self._in_folder(parent(path), wanted, facts, variants=True)]
        return tuple(dict.fromkeys(found))

    def _in_folder(self, raw: str, wanted: str, facts: ElfFacts, *, variants: bool) -> tuple[str, ...]:
        folder = self._folder(raw)
        if folder is None:
            return ()
        subfolders = self._hwcaps(folder) if variants else ()
        candidates = [f"{raw}/{wanted}", *(f"{raw}/{sub}/{wanted}" for sub in subfolders)]
        return tuple(candidate for candidate in candidates if self._loadable(candidate, facts))

    def _folder(self, raw: str) -> ImagePath | None:
        if raw not in self._folders:
            found = self._tree.resolve(raw or ".", base=self._base)
            good = found.outcome is Outcome.FOUND and self._tree[found.path].kind is Kind.DIRECTORY
            self._folders[raw] = found.path if good else None
        return self._folders[raw]

    def _hwcaps(self, folder: ImagePath) -> tuple[str, ...]:
        """Subfolders for processor features: glibc-hwcaps and what came before it."""
        if folder not in self._variants:
            found = []
            for child in self._tree.children(folder):
                if name(child) == "glibc-hwcaps":
                    found += [f"glibc-hwcaps/{name(sub)}" for sub in self._tree.children(child)]
                elif name(child) in _LEGACY_HWCAPS:
                    found.append(name(child))
                    found += [
                        f"{name(child)}/{name(sub)}"
                        for sub in self._tree.children(child)
                        if name(sub) in _LEGACY_HWCAPS
                    ]
            self._variants[folder] = tuple(found)
        return self._variants[folder]

    def _loadable(self, raw: str, facts: ElfFacts) -> bool:
        """Whether `raw` is a library for the same class and machine; others are passed over."""
        found = self._tree.resolve(raw, base=self._base)
        if found.outcome is not Outcome.FOUND:
            return False
        candidate = self._facts(found.path)
        return candidate is not None and candidate.is_loadable_by(facts)

    def _musl_folders(self, facts: ElfFacts) -> tuple[str, ...]:
        architecture = _MUSL_NAMES.get(facts.machine, facts.machine.lower())
        if architecture not in self._musl:
            self._musl[architecture] = read_musl_path(self._tree, architecture)
        return self._musl[architecture]

    def _musl_loader(self, facts: ElfFacts) -> str | None:
        for path in self._tree.glob("/lib/ld-musl-*.so.1"):
            if self._loadable(path, facts):
                return f"/lib/{name(path)}"
        return None


def default_folders(facts: ElfFacts) -> tuple[str, ...]:
    """glibc's built-in folders: of Debian (multiarch) and of other distributions, all of them."""
    multiarch = TRIPLETS.get((facts.machine, facts.bits), ())
    folders = [f"{top}/{triplet}" for triplet in multiarch for top in ("/lib", "/usr/lib")]
    folders += ["/lib64", "/usr/lib64"] if facts.bits == 64 else ["/lib32", "/usr/lib32"]
    return (*folders, "/lib", "/usr/lib")


def expand(text: str, by: Requester) -> tuple[str, ...]:
    """`text` with $ORIGIN, $LIB and $PLATFORM replaced by every value they may have; ld.so(8)."""
    texts = [text.replace("${ORIGIN}", by.origin).replace("$ORIGIN", by.origin)]
    key = (by.facts.machine, by.facts.bits)
    libs = (f"lib{64 if by.facts.bits == 64 else 32}", "lib", *(f"lib/{t}" for t in TRIPLETS.get(key, ())))
    for token, values in (("LIB", libs), ("PLATFORM", PLATFORMS.get(by.facts.machine, ()))):
        texts = [
            each.replace("${" + token + "}", value).replace("$" + token, value)
            for each in texts
            for value in (values if f"${token}" in each or f"${{{token}}}" in each else ("",))
        ]
    return tuple(texts)


def _split(text: str, separators: str) -> tuple[str, ...]:
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    return tuple(part for part in text.split(separators[0])) if text else ()
