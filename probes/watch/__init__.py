"""The tracers, and the Trace that they make."""
