"""sdft."""
