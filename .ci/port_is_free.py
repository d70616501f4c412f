"""Say in one line what is wrong with a port, or nothing: python port_is_free.py HOST PORT."""

import errno
import socket
import sys

host, port = sys.argv[1].strip("[]"), sys.argv[2]
if not port.isdecimal() or not 0 < int(port) < 65536:
    sys.exit(f"PORT is {port!r}. Use a number from 1 to 65535, for example: make run PORT=8001")
another = int(port) + 1 if 1024 <= int(port) < 65535 else 8000
try:
    with socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
        pass
except PermissionError:
    sys.exit(f"Port {port} is for the system's own services. Run: make run PORT={another}")
except OSError as error:
    if error.errno == errno.EADDRINUSE:
        sys.exit(f"Port {port} is in use. Stop the other program or run: make run PORT={another}")
    sys.exit(f"HOST is {host!r}, which is no address of this machine. Leave it out, or use 127.0.0.1.")
