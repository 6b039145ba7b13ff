"""Knowledge as data: one TOML file a profile; read by slim.closure.profiles."""
