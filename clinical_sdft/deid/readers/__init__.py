"""The formats in which hospitals export records; each reader turns one document into patient records."""
