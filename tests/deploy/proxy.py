"""An nginx with a configuration of its own, in a folder that is thrown away."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")

BEGINNING = """\
daemon off; worker_processes 1; pid {folder}/pid; error_log /dev/null emerg;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
"""


@contextmanager
def nginx(http: str, port: int, **values: object) -> Iterator[None]:
    """Run nginx with these lines within `http`, which name {port}, {folder} and the values. Give it when it answers."""
    assert NGINX
    folder = Path(tempfile.mkdtemp(prefix="privacycheck-proxy-"))
    folder.chmod(0o755)  # its workers are another user
    config = (BEGINNING + http + "}}\n").format(folder=folder, port=port, **values)
    (folder / "nginx.conf").write_text(config)
    process = subprocess.Popen([NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
