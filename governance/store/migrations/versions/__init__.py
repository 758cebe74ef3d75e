"""One file per schema revision, named `vNNNN_what.py`."""
