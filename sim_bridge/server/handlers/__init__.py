"""What each remote call does, one module a subject. `registry` puts them together."""
