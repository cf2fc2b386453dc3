"""Who calls? Each call of a hook, of discovery and of feedback is one client's, or nobody's."""

from __future__ import annotations

from starlette.requests import Request

from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.errors import UnauthorizedError


class Authenticator:
    """Tells the client of a request."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    async def authenticate(self, request: Request) -> ClientProfile:
        """The client that calls.

        Raises:
            UnauthorizedError: nobody vouches for the call, and the operator did not open the service.
        """
        if self._clients.open_mode is None:
            raise UnauthorizedError
        return self._clients.open_mode
