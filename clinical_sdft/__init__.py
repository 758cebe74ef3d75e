"""The update engine: guideline and records in, a candidate adapter with its scores out."""
