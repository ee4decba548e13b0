"""How the configuration and the output of single programs are read."""
