"""What a wheel, an sdist and a container of Recurra hold, and whether they work in empty environments."""
