"""Training: the compiled loop and what it says while it runs."""
