"""Language models: where they come from, their digests, their adapters, and how they write."""
