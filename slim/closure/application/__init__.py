"""What the application is, which is kept whole, and what its files name."""

RULE = "application"
"""Reasons of this rule are what tells the application in a plan."""
