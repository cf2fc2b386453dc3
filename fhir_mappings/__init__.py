"""FHIR R4 to facts: everything in this project that knows FHIR.

No trial and no HTTP server lives here. See ``docs/architecture.md``.
"""
