"""Whole populations: lines of FHIR bulk data, grouped by patient and screened by the same engine.

Nothing here speaks HTTP. What a run is asked is a ``Plan``; whose a line is, ``route`` tells; what comes of
the lines of one patient, a ``Judge``. The engines differ only in how they bring the lines of a patient
together: ``local`` by files and processes of one machine, ``spark`` on a cluster.
"""
