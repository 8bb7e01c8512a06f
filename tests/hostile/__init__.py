"""Files made to do harm, each from a seed, and the ways by which a file gets into Inkling."""
