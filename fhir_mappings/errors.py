"""What can be wrong with input as a whole.

::

    InputError                 nothing can be read for a patient; one line says what, where, how to mend
    ├── UnreadableInputError   not JSON, not FHIR, empty, nested too deeply
    ├── NoPatientError         FHIR, but no patient in it
    ├── SeveralPatientsError   one Bundle with resources of several patients
    └── PatientMismatchError   the resources are of another patient than the one asked for

A single bad resource or element never raises one of these: it is reported in ``unread``. Messages name
resources by type and position, never by what they hold.
"""

from __future__ import annotations


class InputError(ValueError):
    """Nothing can be read for a patient. Its text is one line, fit to be shown."""


class UnreadableInputError(InputError):
    """Not JSON, not FHIR, or empty."""


class NoPatientError(InputError):
    """No patient in the input."""


class SeveralPatientsError(InputError):
    """Resources of several patients in one Bundle."""


class PatientMismatchError(InputError):
    """Resources of another patient than the one asked for."""
