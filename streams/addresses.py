"""Addresses people give us, checked before anything waits for a server that cannot exist."""

from urllib.parse import urlsplit


def checked_url(url: str) -> str:
    """The URL, if it is http or https and names a host; else ValueError says what it must look like."""
    try:
        parts = urlsplit(url)
        well_formed = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, an unfinished IPv6 address
        well_formed = False
    if not well_formed:
        raise ValueError(f"{url!r} is not a URL like http://127.0.0.1:8086")
    return url


def broker_list(brokers: str) -> list[str]:
    """The brokers of a list with commas, at least one; else ValueError. Each is ``host:port`` or a host."""
    found = [broker.strip() for broker in brokers.split(",") if broker.strip()]
    if not found:
        raise ValueError("no broker is named: give host:port, several with commas")
    for broker in found:
        host, colon, port = broker.rpartition(":")
        if colon and not (host and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError(f"broker {broker!r}: give host:port, the port from 1 to 65535")
    return found
