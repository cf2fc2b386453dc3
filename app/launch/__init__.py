"""SMART App Launch: a user opens the evidence from within the EHR, which vouches for user and patient."""
