"""From what was used to what is needed: rules and the solver."""
