"""One module a command, with `main(argv) -> exit code`; imported when it is asked for."""
