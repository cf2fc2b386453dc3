"""The product: settings, wiring, routes, cards, pages and the command line."""

__version__ = "0.1.0"
