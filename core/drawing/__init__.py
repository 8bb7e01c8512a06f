"""From a drawing's pixels to an image like those a network was trained on. Pure NumPy and Pillow."""
