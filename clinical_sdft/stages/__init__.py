"""The stages of an update, one module each, in the order in which `pipeline.py` calls them."""
