"""The only door to governance for the app and the command line: commands change, queries read."""
