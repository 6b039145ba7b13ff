"""Follow the links of the site that a container serves, as a visitor would."""
