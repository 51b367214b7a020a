"""The analysis tool in the browser: it parses, calls the verbs of `publish`, and shows."""
