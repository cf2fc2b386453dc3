"""A FHIR server to try the hook against: HAPI FHIR, loaded with the demonstration patients.

``python -m sandbox`` (``make sandbox``) starts it; the tests under ``tests/servers`` use the same functions.
The Java side, the server and a validator, is under ``src``; ``pom.xml`` pins what it is made of.
"""
