"""Reference groups: example households, from one kind of source per file. The only room that sees a loan."""
