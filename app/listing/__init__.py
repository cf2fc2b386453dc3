"""The screening list: which patients stand where with which trial, for the coordinators who contact them."""
