"""Image data: what a set is, which ones there are, where they come from."""
