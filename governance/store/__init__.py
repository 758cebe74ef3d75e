"""What governance keeps: content-addressed objects and one database."""
