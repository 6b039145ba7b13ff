"""What kept JavaScript loads, and what goes with its packages."""

PACKAGE = "package"
DEPENDENCY = "dependency"
"""Reasons for what comes with a package, and with those that it depends on."""
