"""One file a page; `app/main.py` runs them."""
