"""What kept Perl sources load."""

RULE = "perl"
