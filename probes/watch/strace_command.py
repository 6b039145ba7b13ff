"""The strace command line: what is traced, how it is printed, and with what rights. strace(1)."""

from __future__ import annotations

from collections.abc import Sequence

from probes.watch.toolkit import OUTPUT, carried

_CALLS = (
    "%file",  # every call that takes a path, openat2 and execveat included
    "?fchdir",
    "?clone,?clone3,?fork,?vfork,?exit,?exit_group",  # whose child has which folder, and its end
    "?unshare,?setns",
    "?dup,?dup2,?dup3",  # which folder a descriptor is, for /proc/self/fd: fcntl would cost too much
    "?bind,?connect",  # Unix sockets are paths too
    "?io_uring_setup,?ptrace",  # what strace would not see, what would not work
)


def traced(argv: Sequence[str], output: int, *, dropped: Sequence[str] = ()) -> tuple[str, ...]:
    """`argv` under the carried strace, which writes into file number `output`.

    -D: strace is a grandchild, so that the program keeps its process id and its parent.
    -q: no message of a process being attached to; the end of each is printed.
    --seccomp-bpf: calls that are not traced run at full speed; it sets no_new_privs (prctl(2)).
    -y: descriptors with the paths that the kernel has for them.
    verbose: structures are not read, but those that hold flags or a path.

    `dropped`: capabilities that strace has for itself: the program starts without them.
    """
    program = tuple(argv)
    if dropped:
        without = ",".join(f"-{name.lower()}" for name in dropped)
        program = carried("setpriv", "--bounding-set", without, "--inh-caps", without, "--", *argv)
    return carried(
        "strace",
        *("-D", "-f", "-q", "--seccomp-bpf", "-y", "-ttt"),
        *("-e", "verbose=?openat2,?clone3,?bind,?connect", "-e", "signal=none"),
        *("-e", f"trace={','.join(_CALLS)}", "-o", f"{OUTPUT}/{output}", "--", *program),
    )


def own_capabilities(user: str, added: Sequence[str], dropped: Sequence[str]) -> tuple[str, ...]:
    """The capabilities that strace needs beyond the container's own, none for a user but root.

    A program that root started and that then becomes another user closes its memory and its
    descriptors to a tracer without CAP_SYS_PTRACE (ptrace(2), access mode checks), although
    strace traces it already: of every call only the number would be known. CAP_SETPCAP is what
    takes a capability off the bounding set (capabilities(7)). `added`, `dropped`: as for docker
    run, which gives CAP_SETPCAP by default.
    """
    if user.partition(":")[0] not in ("", "0", "root"):
        return ()
    given = {_plain(name) for name in added}
    taken = {_plain(name) for name in dropped}
    if "ALL" in given:
        return tuple(name for name in ("SETPCAP", "SYS_PTRACE") if name in taken)
    needed = [] if "SYS_PTRACE" in given else ["SYS_PTRACE"]
    if needed and "SETPCAP" not in given and taken & {"ALL", "SETPCAP"}:
        needed.append("SETPCAP")
    return tuple(sorted(needed))


def _plain(name: str) -> str:
    return name.upper().removeprefix("CAP_")
