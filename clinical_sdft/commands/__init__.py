"""The command line's commands, grouped as the life of an update goes. Heavy packages load only when needed."""
