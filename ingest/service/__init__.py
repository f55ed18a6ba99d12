"""The daemon: start, stop, schedule, health."""
