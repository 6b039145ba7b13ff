import os
import socket
from pathlib import Path

import pytest

from probes.exercise.listeners import Listener, parse_tables, sort
from probes.exercise.processes import cpu_seconds, fellows, socket_inodes

TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 101 1 0 100
   1: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 102 1 0 100
   2: 020011AC:1F40 010011AC:D431 01 00000000:00000000 00:00000000 00000000     0        0 103 1 0 100
"""
TCP6 = """\
  sl  local_address                         remote_address                        st
   0: 00000000000000000000000000000000:1F41 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 104 1 0
   1: 00000000000000000000000001000000:1F42 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 105 1 0
   2: 0000000000000000FFFF00000100007F:1F43 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 106 1 0
"""
BIG_ENDIAN = "   0: 7F000001:0050 00000000:0000 0A 0:0 00:0 0 0 0 107 1 0\n"


def test_only_listening_sockets_count():
    found = parse_tables(TCP, "little")
    assert found == {101: Listener("0.0.0.0", 8000), 102: Listener("127.0.0.1", 3306)}
    assert [one.loopback for one in found.values()] == [False, True]


def test_ipv6_and_mapped_ipv4_addresses_are_read():
    found = parse_tables(TCP6, "little")
    assert list(found.values()) == [Listener("::", 8001), Listener("::1", 8002), Listener("127.0.0.1", 8003)]
    assert [one.loopback for one in found.values()] == [False, True, True]


def test_both_tables_may_be_in_one_text():
    assert len(parse_tables(TCP + TCP6, "little")) == 5


def test_addresses_are_in_the_machines_byte_order():
    assert parse_tables(BIG_ENDIAN, "big") == {107: Listener("127.0.0.1", 80)}


def test_an_ipv6_address_is_spelled_in_brackets():
    assert str(Listener("::1", 80)) == "[::1]:80"


def test_listeners_are_sorted_by_port_and_ipv4_comes_first():
    found = frozenset({Listener("::", 80), Listener("0.0.0.0", 80), Listener("10.0.0.1", 9)})
    assert [str(one) for one in sort(found)] == ["10.0.0.1:9", "0.0.0.0:80", "[::]:80"]


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_real_socket_is_found_with_the_inode_that_its_process_holds(family, address):
    with socket.create_server((address, 0), family=family) as server:
        port = server.getsockname()[1]
        tables = "".join(Path(f"/proc/self/net/{name}").read_text() for name in ("tcp", "tcp6"))
        found = parse_tables(tables)
        mine = {found[inode] for inode in found.keys() & socket_inodes(os.getpid())}
    assert Listener(address, port) in mine


def test_a_process_that_is_gone_holds_nothing():
    gone = os.fork()
    if not gone:
        os._exit(0)
    os.waitpid(gone, 0)
    assert (socket_inodes(gone), cpu_seconds(gone), fellows(gone)) == (None, None, frozenset())
