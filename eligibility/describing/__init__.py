"""Protocols in plain words, made from the very models that are bound and evaluated.

``statements.describe`` has one function for each kind of statement; none of the words stands in a protocol
file beside its statement, so that they cannot say anything else than what is evaluated.
"""
