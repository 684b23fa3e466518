"""News from the mail servers to the pages that are open."""
