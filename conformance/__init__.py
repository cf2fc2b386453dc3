"""A conformance suite for CDS Hooks services, against any base URL.

It knows the protocol alone: nothing of what a service decides, and nothing of the service that it came with.
"""

from conformance.caller import Unreachable
from conformance.keys import SigningKey, UnusableKeyError, read_key
from conformance.report import Report, Result
from conformance.suite import Plan, run

__all__ = ["Plan", "Report", "Result", "SigningKey", "Unreachable", "UnusableKeyError", "read_key", "run"]
