"""Training and answering in other processes. The only package that knows Dask."""
