"""Inkling without a user interface: anything a page does, a 20-line script can do with this package.

Nothing here imports Streamlit. TensorFlow and Keras are imported only inside the functions that need them,
because loading them takes seconds and the page server must never pay for that.
"""
