"""What is known of Ruby itself: what the interpreter loads, and which parts are for developers only."""

from __future__ import annotations

import re

IMPLIED = ("rubygems", "rbconfig", "monitor", "did_you_mean", "error_highlight", "syntax_suggest/core_ext",
           "enc/encdb", "enc/trans/transdb", "unicode_normalize/normalize",
           "rubygems/defaults/operating_system")  # fmt: skip
"""What the interpreter itself loads: gem_prelude.rb, the tables of encodings, String#unicode_normalize."""

BUILT_IN = frozenset({"complex", "enumerator", "fiber", "rational", "ruby2_keywords", "thread"})
"""Features that the interpreter provides without a file."""

_RUBYGEMS = (
    "available_set|command|commands|command_manager|dependency_installer|dependency_list|doctor|ext|gem_runner"
    r"|gemcutter_utilities|indexer|installer\w*|install_\w+|local_remote_options|mock_gem_ui|package|package_task"
    "|query_utils|rdoc|remote_fetcher|request|request_set|resolver|s3_uri_signer|security|security_option|source"
    "|source_list|spec_fetcher|uninstaller|validator|version_option"
)
"""Parts of the command `gem`; the rest finds and activates what is installed."""

DEVELOPER = re.compile(
    r"(irb|rdoc|debug|readline|reline|minitest|test/unit|test-unit|rbs|typeprof|mkmf|bundler|un|power_assert|pry"
    r"|byebug|profile|rspec|ruby-prof|stackprof|simplecov|racc(?=/(?!parser|info|cparse))"
    rf"|rubygems/({_RUBYGEMS}))($|[/.*].*)"
)
"""Features that only the application's own files ask for in earnest."""

TOOLS = re.compile(r"\b(bundle|gem|git|yarn|npm|npx|irb|ldd|rubocop|rspec|open|xdg-open)\b")
"""Programs by which tools inside gems help developers; an application that names one keeps it."""

SOURCES = (".builder", ".gemspec", ".jbuilder", ".rabl", ".rake", ".rb", ".ru", ".ruby", ".thor")

TESTS = re.compile(r"/(test|tests|spec|features|benchmarks?|examples?|samples?)/")
"""Folders of which nothing is run but what was seen in use."""
