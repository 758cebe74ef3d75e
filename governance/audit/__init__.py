"""The log: insert-only events under a Merkle tree whose signed heads leave the house."""
