"""FHIR subscriptions: a server tells that something is new, and whom it is about is screened again."""
