"""Small renderers; none of them decides anything."""
