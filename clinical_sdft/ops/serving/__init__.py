"""Hands the model in force to the servers that answer, and mirrors it where others look. Loads no model itself."""
