"""Bringing one's own images: survey what is there, choose what becomes of it, then read it into an `ImageSet`."""
