"""People who sign in: who they are, what they may do, and how long their sessions last.

Nothing here knows of HTTP; the routes and what pages depend on are in ``app/web/sign_in.py`` and
``app/web/signed_in.py``.
"""
