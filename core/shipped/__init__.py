"""The network that comes with Inkling: trained by Inkling on MNIST, so that there is something to draw for before anything was trained."""
