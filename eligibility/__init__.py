"""The criterion language: facts × protocol × as-of date → screening. It never sees a FHIR resource."""
