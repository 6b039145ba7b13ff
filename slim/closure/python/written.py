"""What is written in a Python source, as far as it may lead to other files: values, no behaviour."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

HOLE = "\0"
"""In a name that is made at run time: the part that is not known."""
OWN_PACKAGE = "\2"
"""In such a name: `__package__`, `__name__` and the like, the package of the source itself."""

IN_FUNCTION = 1
"""It happens when a function is called, if ever."""
IN_MAIN = 2
"""Under `if __name__ == "__main__"`."""
NEVER = 4
"""Under `if TYPE_CHECKING` (PEP 484), or for another operating system."""
OPTIONAL = 8
"""In a `try` that has an answer to its failure."""
IN_SELF_TEST = 16
"""In a function by the name of `test`, `_test`, `_demo` …, or a module's own `main`."""


class Import(msgspec.Struct, frozen=True, array_like=True):
    """One import statement, or one module of it."""

    module: str
    """Dotted; empty for `from . import x`."""
    names: tuple[str, ...] = ()
    """What `from MODULE import …` takes: attributes, or modules inside it."""
    level: int = 0
    """Leading dots."""
    where: int = 0
    """Of the flags above."""
    instead_of: tuple[str, ...] = ()
    """In the answer to a failure of importing these modules."""


class Written(msgspec.Struct, frozen=True, array_like=True):
    """The facts of one source; every tuple sorted, without repetition."""

    imports: tuple[Import, ...] = ()
    made: tuple[str, ...] = ()
    """Module names given to `import_module` and its like: literal, relative, or with HOLE and OWN_PACKAGE."""
    unknown: int = 0
    """The first line that imports a module by a name of which nothing is known; 0 for none."""
    dotted: tuple[str, ...] = ()
    """String literals in the form of a dotted name: `a.b`, `a.b:c`, `.a`."""
    words: tuple[str, ...] = ()
    """Other strings in the form of a name; only of a source that imports by names it holds somewhere."""
    lazy: bool = False
    """It answers for attributes that it loads when they are asked for (PEP 562), or says so otherwise."""
    lists_applications: bool = False
    """Its words are names of packages: Django's INSTALLED_APPS."""
    walked: tuple[str, ...] = ()
    """Packages of which all modules are loaded: pkgutil's iter_modules and walk_packages."""
    groups: tuple[str, ...] = ()
    """Groups of entry points that it loads; HOLE for one that is not known."""
    run: tuple[str, ...] = ()
    """Modules that it starts by `-m`."""
    programs: tuple[tuple[str, ...], ...] = ()
    """Argument lists that it starts, up to the first word that is not known."""
    lines: tuple[str, ...] = ()
    """Lines that it hands to a shell; what is not known in them left out."""
    exports: tuple[str, ...] = ()
    """Strings of its `__all__`."""
    codecs: tuple[str, ...] = ()
    """Strings in the form of a codec that is rare outside of files: `cp850`, `mac-roman`."""
    errors: bool = False
    """So much of it could not be read that facts may be missing."""


def merged(several: Iterable[Written]) -> Written:
    """What several sources import, of statements, by names that are made, and by strings."""
    imports: dict[Import, None] = {}
    made: set[str] = set()
    dotted: set[str] = set()
    for one in several:
        imports.update(dict.fromkeys(one.imports))
        made.update(one.made)
        dotted.update(one.dotted)
    return Written(imports=tuple(imports), made=tuple(sorted(made)), dotted=tuple(sorted(dotted)))
