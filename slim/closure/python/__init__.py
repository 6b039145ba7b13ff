"""What kept Python code imports, and what goes with its distributions."""

RULE = "import"
