"""Running EDU Twin: containers, and servers without containers for tests."""
