"""The CDS Hooks protocol and nothing else; it could be lifted into another product unchanged."""
