"""Documents as data → HTML and Markdown: pages, charts and maps made from tables that are finished already."""
