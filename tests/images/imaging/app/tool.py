"""Pictures, documents and secrets; each sub-command is a module's worth of them.

Only `thumbnail` ever runs while slim watches.
"""

import importlib
import sys


def main():
    module, _, function = {
        "thumbnail": "pictures.thumbnail",
        "formats": "pictures.formats",
        "text": "pictures.text",
        "filters": "pictures.filters",
        "drawn": "pictures.drawn",
        "profiles": "pictures.profiles",
        "broken": "pictures.broken",
        "xpath": "documents.xpath",
        "transform": "documents.transform",
        "schema": "documents.schema",
        "html": "documents.html",
        "objects": "documents.objects",
        "fernet": "secrets_.fernet",
        "certificate": "secrets_.certificate",
        "rsa": "secrets_.rsa",
        "ciphers": "secrets_.ciphers",
        "containers": "secrets_.containers",
        "foreign": "foreign.call",
    }[sys.argv[1]].partition(".")
    getattr(importlib.import_module(f"commands.{module}"), function)()


if __name__ == "__main__":
    main()
