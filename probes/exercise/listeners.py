"""Which TCP sockets really listen in a container.

Read from the kernel's tables, proc_net_tcp.txt of the kernel's documentation and proc_pid_net(5):
`local_address` is hexadecimal, each 32-bit word of the address in the byte order of the machine,
the port as a plain number; `st` 0A is TCP_LISTEN; the tenth field is the socket's inode.
"""

from __future__ import annotations

import ipaddress
import sys
from dataclasses import dataclass
from pathlib import Path

from probes.exercise.processes import socket_inodes
from probes.exercise.session import Session
from slim.errors import EngineError

_TABLES = ("/proc/self/net/tcp", "/proc/self/net/tcp6")
_LISTEN = "0A"
_BIG_ENDIAN = frozenset({"s390x", "ppc64", "ppc", "mips", "mips64"})
_ENGINE_RESOLVER = "127.0.0.11"
"""Docker's own DNS server listens here inside every container of a user-defined network."""


@dataclass(frozen=True)
class Listener:
    """One listening TCP socket."""

    address: str
    """IPv4 or IPv6, as `ipaddress` spells it; an IPv4-mapped IPv6 address as the IPv4 address."""
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only processes of the container itself can connect."""
        return ipaddress.ip_address(self.address).is_loopback

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def parse_tables(text: str, byteorder: str = sys.byteorder) -> dict[int, Listener]:
    """The listeners in the text of one or several tables, by socket inode; other lines are ignored."""
    found: dict[int, Listener] = {}
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 10 or fields[3] != _LISTEN:
            continue
        address, _, port = fields[1].partition(":")
        found[int(fields[9])] = Listener(_address(address, byteorder), int(port, 16))
    return found


def _address(text: str, byteorder: str) -> str:
    raw = bytes.fromhex(text)
    if byteorder == "little":
        raw = b"".join(raw[i : i + 4][::-1] for i in range(0, len(raw), 4))
    address = ipaddress.ip_address(raw)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def listeners(session: Session) -> tuple[Listener, ...]:
    """What listens in the session's container now, sorted by port and address.

    Where the network is shared with other processes (`--network host`, `container:`), only the
    sockets that the container's own processes hold count; where those cannot be seen from here,
    only those on the ports that the user or the image names. Where the tables cannot be read at all,
    the named ports are taken to listen: whoever connects will see. Nothing when the container does
    not run. Raises EngineError when there is no table and no named port.
    """
    pid = session.container.state().pid
    named = {session.options.port} if session.options.port else set(session.exposed)
    if not pid:
        return ()
    shared = session.network == "host" or session.network.startswith("container:")
    owned: frozenset[int] | None = None
    if session.engine.info.local and (text := _local_tables(pid)) is not None:
        found = parse_tables(text)
        if shared:
            owned = socket_inodes(pid)
    else:
        found = _tables_from_inside(session, named)
    if owned is not None:
        kept = {found[inode] for inode in found.keys() & owned}
    else:
        kept = {one for one in found.values() if not shared or one.port in named}
    return sort(frozenset(one for one in kept if one.address != _ENGINE_RESOLVER))


def sort(found: frozenset[Listener]) -> tuple[Listener, ...]:
    """By port, IPv4 before IPv6, then by address."""
    return tuple(sorted(found, key=lambda one: (one.port, ":" in one.address, one.address)))


def _local_tables(pid: int) -> str | None:
    """The tables of the network namespace of process `pid`; None when they cannot be read."""
    texts = []
    for name in ("tcp", "tcp6"):
        try:
            texts.append(Path(f"/proc/{pid}/net/{name}").read_text("ascii"))
        except FileNotFoundError:
            continue  # a kernel without IPv6, or the process has just ended
        except OSError:
            return None
    return "".join(texts)


def _tables_from_inside(session: Session, named: set[int]) -> dict[int, Listener]:
    # Without IPv6 the second file is missing and cat fails after printing the first.
    done = session.container.execute([*session.cat, *_TABLES], timeout=10.0)
    text = done.stdout.decode("ascii", "replace")
    if "local_address" not in text:
        if session.container.state().pid == 0:
            return {}
        if named:
            return {port: Listener("0.0.0.0", port) for port in named}  # noqa: S104 - nothing is bound
        raise EngineError(
            "the container's listening sockets cannot be read",
            cause=done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.exit_code}",
            remedy="give --port",
        )
    order = "big" if session.engine.info.architecture in _BIG_ENDIAN else "little"
    return parse_tables(text, order)
