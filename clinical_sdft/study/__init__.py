"""The study: what arms of training learn and forget over several updates in a row."""
