"""A gold set of invented notes, written anew from a seed: people, numbers and places are invented."""
