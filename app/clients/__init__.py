"""The EHRs that call: who they are, what may be asked of them, and what they do otherwise than others."""
