"""The model hub: reachable or not."""

from __future__ import annotations

import socket
from urllib.parse import urlparse
from urllib.request import getproxies

from huggingface_hub import constants


def is_offline() -> bool:
    """Tell whether the hub's host name cannot be resolved; then only cached files are used.

    Without this, a machine without network would retry for a minute before it says so. Behind a proxy, which resolves
    names itself, the hub is asked.
    """
    if getproxies():
        return False
    try:
        socket.getaddrinfo(urlparse(constants.ENDPOINT).hostname, 443)
    except socket.gaierror:
        return True
    return False
