"""How a request proves who sends it: the document's security schemes, with what the user's variables hold.

OpenAPI 3.1.0, 4.8.27 and 4.8.30: a variable that is called as a security scheme is holds its token, its key,
or, for basic authentication (RFC 7617), `user:password`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from probes.openapi.document import Json
from probes.openapi.operations import Declared, description
from probes.openapi.references import follow


@dataclass(frozen=True)
class Credentials:
    """What is added to a request."""

    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    """Names of the schemes of the first alternative, where for no alternative all are known."""


def credentials(
    document: dict[str, Json], one: Declared, variables: Mapping[str, str], given: frozenset[str]
) -> Credentials:
    """What the first security requirement that can be met adds to a request for `one`; `given` are the
    names, in lower case, of headers that the user sends anyway, which meet every scheme of that header."""
    requirements = description(document, one).get("security", document.get("security"))
    if not isinstance(requirements, list) or not requirements:
        return Credentials()
    missing: tuple[str, ...] = ()
    for requirement in requirements:
        if not isinstance(requirement, dict):
            continue
        found = [_scheme(document, name, variables, given) for name in requirement]
        if all(one is not None for one in found):
            met = [one for one in found if one is not None]
            return Credentials(
                tuple(header for one in met for header in one.headers),
                tuple(pair for one in met for pair in one.query),
            )
        missing = missing or tuple(name for name, one in zip(requirement, found, strict=True) if one is None)
    return Credentials(missing=missing)


def _scheme(
    document: dict[str, Json], name: str, variables: Mapping[str, str], given: frozenset[str]
) -> Credentials | None:
    """What the scheme adds; None where its secret is not known."""
    holder = document.get("components") if "openapi" in document else None
    schemes = (
        holder.get("securitySchemes") if isinstance(holder, dict) else document.get("securityDefinitions")
    )
    scheme = follow(document, schemes.get(name)) if isinstance(schemes, dict) else {}
    kind = scheme.get("type")
    where, field = scheme.get("in"), str(scheme.get("name"))
    if kind == "apiKey" and where in ("header", "cookie"):
        header = field if where == "header" else "Cookie"
    else:
        header = "Authorization"
    if header.lower() in given and not (kind == "apiKey" and where == "query"):
        return Credentials()
    secret = variables.get(name)
    if secret is None:
        return None
    if kind == "apiKey" and where == "query":
        return Credentials(query=((field, f"${{{name}}}"),))
    if kind == "apiKey":
        value = f"${{{name}}}" if where == "header" else f"{field}=${{{name}}}"
    elif kind == "basic" or (kind == "http" and str(scheme.get("scheme")).lower() == "basic"):
        value = "Basic " + base64.b64encode(secret.encode()).decode()
    else:
        value = f"Bearer ${{{name}}}"
    return Credentials(headers=((header, value),))
