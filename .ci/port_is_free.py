"""Say in one line whether a port can be used: python port_is_free.py HOST PORT."""

import socket
import sys

host, port = sys.argv[1], sys.argv[2]
if not port.isdigit() or not 0 < int(port) < 65536:
    sys.exit(f"PORT is {port!r}. Use a number from 1 to 65535, for example: make run PORT=8001")
family = socket.AF_INET6 if ":" in host else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM) as probe:
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((host, int(port)))
    except OSError as error:
        sys.exit(f"Port {port} on {host} cannot be used ({error.strerror}). Try another: make run PORT={int(port) + 1}")
