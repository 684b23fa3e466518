"""Starting Hearth on one machine: the supervisor behind `make demo` and `make run`."""
