"""Requests and runs that the user did not write, to exercise error paths."""
