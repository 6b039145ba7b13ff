"""`python -m slim`."""

from slim.cli import main

main()
