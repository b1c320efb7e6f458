"""The way to a server: its address, its proxy, why it was lost, and how long it asks to wait."""

from __future__ import annotations

import errno
import re
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from lit_toolcall.json_values import clip
from lit_toolcall.types import UserError


def check_url(base_url: str) -> None:
    """Refuse an address that a server of an API cannot have, or that holds a password.

    Raises:
        UserError: it is one.
    """
    try:
        parts = urlsplit(base_url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.username or parts.password:
        shown = "base_url" if "@" in base_url else f"base_url={clip(base_url)!r}"
        raise UserError(
            f"{shown} must be an address such as http://localhost:8000/v1, without a name or a password: a key goes "
            "into an environment variable"
        )
    if parts.query or parts.fragment:
        raise UserError(f"base_url={clip(base_url)!r} must end where the API begins, without ? and #")


def find_proxy(base_url: str) -> str | None:
    """Return the proxy that the environment names for an address (`http_proxy`, `https_proxy`, `no_proxy`).

    Raises:
        UserError: it is no proxy of HTTP.
    """
    parts = urlsplit(base_url)
    proxy = getproxies().get(parts.scheme)
    if not proxy or proxy_bypass(parts.netloc):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    try:
        kind = urlsplit(proxy)
        is_http = kind.scheme in ("http", "https") and bool(kind.hostname) and kind.port != 0
    except ValueError:
        is_http = False
    if not is_http:
        raise UserError(
            f"the environment variable {parts.scheme}_proxy names no proxy of HTTP such as http://proxy:3128: correct "
            "it, or name the server's host in no_proxy"
        )
    return proxy


def name_cause(error: Exception) -> str:
    """Name the cause of a lost connection; else the kind of the error."""
    from aiohttp import (
        ClientConnectorDNSError,
        ClientConnectorError,
        ClientHttpProxyError,
        ClientProxyConnectionError,
        ClientSSLError,
    )

    if isinstance(error, ClientProxyConnectionError | ClientHttpProxyError):
        return "its proxy, which the environment names, fails"
    if isinstance(error, ClientConnectorDNSError | UnicodeError):
        return "its name is not known"
    if isinstance(error, ClientSSLError):
        return "its certificate is not accepted"
    if isinstance(error, ClientConnectorError) and error.os_error.errno == errno.ECONNREFUSED:
        return "connection refused"
    return type(error).__name__


def read_wait(retry_after: str) -> float:
    """Return the seconds that a server asks to wait, by a number or a date; 0 where it says neither.

    >>> read_wait("7"), read_wait("soon"), read_wait("Wed, 21 Oct 2015 07:28:00 GMT")
    (7.0, 0.0, 0.0)
    """
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", retry_after.strip()):
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
