"""The playground: an EHR that is played, so that the hooks can be seen at work before anything is connected.

``ehr`` plays the EHR's own FHIR server, ``uploaded`` reads a Bundle that somebody brings, ``chosen`` what is
to be tried, ``firing`` puts the request together and sends it through the service's own route.
"""
