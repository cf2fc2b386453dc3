"""The rules, by the part of the specification that they belong to."""
