"""Runs on disk: a SQLite index and one folder of artefacts for each run."""
