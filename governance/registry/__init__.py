"""Which model is in force, which suites judge it, and how often they were spent."""
