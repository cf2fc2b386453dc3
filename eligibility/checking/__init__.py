"""What is wrong with a protocol although it could be evaluated: contradictions, dead ends, gaps.

``check.check_text`` is the entry; each other module looks for one family of faults. Loading a protocol finds
what makes it unusable (form, names, units); these find what makes it say something that its author cannot
mean. All of them only read the models, which are walked without regard to their kinds.
"""
