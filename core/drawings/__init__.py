"""The drawings that somebody kept: their own handwriting, as a test set of their own. Pure NumPy and SQLite."""
