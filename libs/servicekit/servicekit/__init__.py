"""What every service needs and none owns: settings, database, keys, sign-in, probes, live updates."""
