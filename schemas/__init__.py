"""What crosses a boundary of EDU Twin: typed, versioned, importing nothing else of the project."""
