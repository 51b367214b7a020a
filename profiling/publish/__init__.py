"""Publish: what a library receives. Tables first; documents are made of them in `reporting`."""
