"""Which rules take part, by what the user wants kept."""

from __future__ import annotations

from slim.closure.application.named import NamedRule
from slim.closure.java.rule import JavaRule
from slim.closure.links import LinksToKept
from slim.closure.native.charsets import CharsetRule
from slim.closure.native.dlopen import DlopenRule
from slim.closure.native.foreign import ForeignRule
from slim.closure.native.ldso import LibrarySearch
from slim.closure.native.libraries import ElfRule
from slim.closure.native.locales import LocaleRule
from slim.closure.native.logins import LoginRule
from slim.closure.native.nss import NssRule
from slim.closure.node.rule import NodeRule
from slim.closure.options import PlanOptions
from slim.closure.packages.whole import SystemPackages
from slim.closure.perl.rule import PerlRule
from slim.closure.php.rule import PhpRule
from slim.closure.python.rule import PythonRule
from slim.closure.ruby.rule import RubyRule
from slim.closure.rule import Rule, SettlingRule
from slim.closure.shell.rule import ScriptRule
from slim.closure.shell.shebang import ShebangRule
from slim.closure.shell.tables import ShellTables
from slim.oci.tree import Tree


def rules(options: PlanOptions, search: LibrarySearch, python: PythonRule) -> tuple[Rule, ...]:
    """The rules that each kept path is offered to, in the order in which their reasons are to be found."""
    found: tuple[Rule, ...] = (ElfRule(search), ShebangRule())
    if options.keep != "traced":
        found += (
            NssRule(search),
            CharsetRule(),
            LocaleRule(),
            LoginRule(),
            ForeignRule(search),
            ScriptRule(),
            NamedRule(),
            NodeRule(whole=options.keep == "package"),
            python,
            JavaRule(),
            PerlRule(),
            RubyRule(),
            PhpRule(),
        )
        if options.soname_strings:
            found += (DlopenRule(search),)
    if options.keep == "package":
        found += (SystemPackages(),)
    return found


def settling_rules(options: PlanOptions, tree: Tree, python: PythonRule) -> tuple[SettlingRule, ...]:
    """The rules that are asked whenever the others have come to rest, beside the profiles."""
    if options.keep == "traced":
        return ()
    return (python, LinksToKept(tree), ShellTables())
