"""Who is at the other end: loopback or not, the host a request names, the key that limits count under."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any

__all__ = ["LOOPBACK_NAMES", "client_key", "host_name", "is_loopback", "is_loopback_peer"]

#: The names under which a server on this machine is called.
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

_IPV6_SITE_BITS = 64


@lru_cache(maxsize=1024)
def is_loopback(address: str) -> bool:
    """Whether an IP address is this machine's own; a name, even "localhost", is no address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped.is_loopback
    return parsed.is_loopback


def is_loopback_peer(scope: Mapping[str, Any]) -> bool:
    """Whether the connection comes from this machine; one without an address does not."""
    client = scope.get("client")
    return client is not None and is_loopback(client[0])


@lru_cache(maxsize=1024)
def _site_of(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        # One subscriber owns at least a /64, so single addresses in it count as one client.
        site = int(parsed) >> (128 - _IPV6_SITE_BITS) << (128 - _IPV6_SITE_BITS)
        return f"{IPv6Address(site)}/{_IPV6_SITE_BITS}"
    return str(parsed)


def client_key(scope: Mapping[str, Any]) -> str:
    """Return what limits count a client under: its IPv4 address, or the /64 of its IPv6 address."""
    client = scope.get("client")
    return "unknown" if client is None else _site_of(client[0])


@lru_cache(maxsize=1024)
def host_name(header: bytes) -> str:
    """Return the name in a Host header, lower case, without port or brackets; "" if it is none."""
    try:
        text = header.decode("ascii").lower()
    except UnicodeDecodeError:
        return ""
    if text.startswith("["):
        name, bracket, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
        well_formed = bool(bracket) and (not rest or (rest.startswith(":") and port.isdigit()))
        return name if well_formed else ""
    name, colon, port = text.partition(":")
    if colon and not port.isdigit():
        return ""
    return name
