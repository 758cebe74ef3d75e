"""Guidelines in, demonstrations out."""
