"""Ask the site in this container whether it is alive; exit with 1 if it is not."""

import http.client
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4)
try:
    connection.request("GET", "/healthz")
    status = connection.getresponse().status
except OSError as error:
    sys.exit(f"no answer: {type(error).__name__}")
finally:
    connection.close()
if status != http.client.OK:
    sys.exit(f"answered with {status}")
