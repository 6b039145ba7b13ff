"""Where containers run: one interface, implemented on Docker's API."""
