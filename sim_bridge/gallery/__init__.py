"""The picture book: views of everything that a server can show."""
