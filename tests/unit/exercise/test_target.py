import queue
import time

from listening import listening, refused

from probes.exercise.listeners import Listener
from probes.exercise.model import ExecProbe, HttpProbe, TcpProbe, Together, UntilProbe
from probes.exercise.parts import Until
from probes.exercise.target import Target, accepts, choose, named_ports

HTTP = Listener("0.0.0.0", 8000)
METRICS = Listener("0.0.0.0", 9090)
LOCAL = Listener("127.0.0.1", 5000)


def test_the_users_port_is_taken_at_once():
    assert choose((HTTP, METRICS), 9090, (8000,), shared=False).ports == (9090,)
    assert choose((HTTP, METRICS), 9090, (8000,), shared=False).settle == 0


def test_the_users_port_is_waited_for():
    assert choose((HTTP,), 9090, (), shared=False).ports == ()


def test_exposed_ports_that_listen_come_before_others():
    choice = choose((HTTP, METRICS), 0, (9090,), shared=False)
    assert (choice.ports, choice.settle) == ((9090,), 0)


def test_other_exposed_ports_get_time_to_listen():
    choice = choose((HTTP,), 0, (80, 8000), shared=False)
    assert choice.ports == (8000,)
    assert choice.settle > 0


def test_what_listens_is_taken_where_nothing_is_exposed_lowest_first():
    assert choose((HTTP, METRICS), 0, (), shared=False).ports == (8000, 9090)


def test_a_wrong_expose_is_believed_for_a_while_only():
    choice = choose((HTTP,), 0, (80,), shared=False)
    assert (choice.ports, choice.settle > 1) == ((8000,), True)


def test_a_loopback_listener_is_out_of_reach():
    choice = choose((LOCAL,), 0, (5000,), shared=False)
    assert (choice.ports, choice.unreachable) == ((), (LOCAL,))
    assert choose((LOCAL,), 5000, (), shared=False).unreachable == (LOCAL,)


def test_a_loopback_listener_beside_a_public_one_is_no_trouble():
    choice = choose((LOCAL, HTTP), 0, (), shared=False)
    assert (choice.ports, choice.unreachable) == ((8000,), ())


def test_loopback_is_reachable_in_the_hosts_own_network():
    assert choose((LOCAL,), 0, (), shared=True).ports == (5000,)


def test_urls_put_ipv6_addresses_in_brackets():
    assert Target("::1", 8000, 8000).url == "http://[::1]:8000"
    assert Target("172.17.0.2", 8000, 8000).address == "172.17.0.2:8000"


def test_the_ports_that_probes_name_are_known_before_the_container_is_made():
    until = UntilProbe(Until(port=6379))
    probes = (
        HttpProbe("GET", "/"),
        Together((HttpProbe("GET", "/", 81), TcpProbe(7))),
        ExecProbe("x"),
        until,
    )
    assert named_ports(probes, Until(port=9)) == {7, 9, 81, 6379}
    assert named_ports((), Until(log="x")) == named_ports(()) == frozenset()


def test_a_server_that_greets_is_not_reset():
    """RFC 9293, 3.5.2: what comes to a closed connection resets it."""
    heard = queue.Queue()

    def serve(connection):
        time.sleep(0.02)
        connection.sendall(b"220 ready\r\n")
        time.sleep(0.02)
        try:
            heard.put(connection.recv(10))
        except OSError as error:
            heard.put(error)

    with listening(serve) as target:
        assert accepts(target.host, target.port)
        assert heard.get(timeout=10) == b""


def test_a_server_that_says_nothing_is_left_soon():
    with listening(lambda _: time.sleep(30)) as target:
        began = time.monotonic()
        assert accepts(target.host, target.port)
        assert time.monotonic() - began < 5
    gone = refused()
    assert not accepts(gone.host, gone.port)
