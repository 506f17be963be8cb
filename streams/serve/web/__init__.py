"""HTTP of the API and the page: the one place that knows FastAPI."""
