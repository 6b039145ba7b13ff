"""Exit code 0 when the server of this container answers."""

import sys
import urllib.request

with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/", timeout=5) as answer:
    sys.exit(answer.status != 200)
