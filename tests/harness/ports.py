"""TCP ports for servers under test."""
import socket


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago. The kernel hands them out in turn, so it stays so."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
