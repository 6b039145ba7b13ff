"""What kept Ruby sources load, and what goes with their gems."""

RULE = "ruby"
