"""One scorer, one file: how a reply, or a choice, becomes a score."""
