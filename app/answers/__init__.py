"""What persons answer on the evidence page: read from a form, kept for later calls, told as FHIR.

Each answer is a QuestionnaireResponse like those that an EHR sends; ``fhir_mappings.reading.questionnaires``
reads it, and ``eligibility.judgement`` says whether it holds.
"""
