"""What slim found, for people and machines."""
