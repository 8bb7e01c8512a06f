"""The coach: rules over the real history of a run, each with the run's own numbers and one experiment to try."""
