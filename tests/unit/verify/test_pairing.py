"""Lines that come in another order, in another number, or with others: which of them stands for which."""

import random
import time

import pytest
from runs import answer, differing, judged, output

from slim.verify.pairing import widened
from slim.verify.patterns import Line
from slim.verify.shapes import shape_of
from slim.verify.volatile import learn


def pool(*jobs, chance, ok="ok"):
    done = (f"[pool-{chance.randrange(3)}_{chance.randrange(9)}] job {n} {ok} ({chance.randrange(40)}ms)\n"
            for n in jobs)  # fmt: skip
    return output("begin\n" + "".join(done) + "end\n")


@pytest.mark.parametrize(
    ("first", "second", "slim"),
    [
        ((3, 1, 0, 2, 4), (3, 0, 1, 4, 2), (1, 3, 4, 0, 2)),
        ((3, 1, 0, 2, 4), (1, 3, 2, 0, 4), (4, 3, 1, 0, 2)),
        ((0, 1, 2, 3, 4), (0, 1, 3, 2, 4), (4, 2, 3, 1, 0)),
    ],
)
def test_a_job_that_is_first_or_last_in_both_runs_is_so_by_chance(first, second, slim):
    chance = random.Random(f"{first}")
    fats = pool(*first, chance=chance), pool(*second, chance=chance)
    assert judged(*fats, slim=pool(*slim, chance=chance)).verified
    for less in (slim[:-1], (*slim[:-1], slim[0]), (*slim, slim[0])):
        assert not judged(*fats, slim=pool(*less, chance=chance)).verified, less
    assert not judged(*fats, slim=pool(*slim, chance=chance, ok="gone")).verified


def test_items_in_another_order():
    def told(*items):
        return output("first of all\n" + "".join(f"item {one}\n" for one in items) + "last of all\n")

    assert judged(told(1, 2, 3, 4, 5), told(1, 3, 2, 4, 5), slim=told(5, 4, 3, 2, 1)).verified
    assert not judged(told(1, 2, 3, 4, 5), told(1, 3, 2, 4, 5), slim=told(5, 4, 3, 2, 2)).verified


def test_other_lines_beside_keep_their_order():
    lines = [Line(one) for one in ("begin", "job 1", "job 2", "job 3", "end")]
    assert widened({2}, lines) == {1, 2, 3}
    assert widened(set(), lines) == set()


def products(*numbers):
    return output("Shop\n" + "".join(f"Product {one}\n" for one in numbers) + "Bye\n")


def test_stable_lines_among_volatile_ones_that_look_alike():
    fats = products(2, 3, 41), products(2, 3, 17, 88)
    assert judged(*fats, slim=products(2, 3, 55)).verified
    assert judged(*fats, slim=products(2, 3, 55, 61, 2)).verified
    assert differing(*fats, slim=products(17, 88, 55)) == [
        ("standard output", "", "1 line like: Product 2", ""),
        ("standard output", "", "1 line like: Product 3", ""),
    ]
    last = products(41, 7), products(17, 88, 7)
    assert judged(*last, slim=products(3, 7)).verified
    assert not judged(*last, slim=products(3, 8)).verified


def test_a_counter_has_no_stable_lines():
    assert judged(products(1, 2, 3), products(1, 2, 3, 4, 5), slim=products(1)).verified
    assert judged(products(7, 8, 9), products(8, 9, 10, 11), slim=products(20, 21)).verified


def test_a_number_of_lines_is_told_in_words():
    fats = products(1, 2, 3), products(2, 1, 3)
    assert differing(*fats, slim=products(1, 2, 2, 3))[0][2:] == ("1 line like: Product 2", "2 lines like it")


def metrics(p50="0.5", retries="", depth=1, pid=7, name="rt"):
    lines = (
        f'requests_total{{path="/",pid="{pid}"}} 3',
        f'{name}{{quantile="0.5"}} {p50}',
        f'{name}{{quantile="0.9"}} 0.25',
        f"{retries}queue_depth {depth}",
        'build_info{python="3.11"} 1\n',
    )
    return answer("\n".join(lines), "Content-Type: text/plain; version=0.0.4")


RETRIES = 'retries_total{reason="timeout"} 1\n'


@pytest.mark.parametrize(
    ("first", "second", "slim"),
    [
        ({"p50": "NaN"}, {"p50": "NaN", "pid": 8}, {"p50": "0.001"}),
        ({"p50": "0.1"}, {"p50": "0.2", "pid": 8}, {"p50": "NaN", "pid": 9}),
        ({"p50": "NaN", "retries": RETRIES}, {"p50": "0.2", "depth": 2}, {"p50": "0.7", "retries": RETRIES}),
        ({"p50": "0.1", "depth": 2}, {"p50": "NaN", "retries": RETRIES}, {"p50": "0.7", "depth": 1}),
    ],
)  # fmt: skip
def test_samples_are_told_by_name_and_labels(first, second, slim):
    fats = metrics(**first), metrics(**second)
    assert judged(*fats, slim=metrics(**slim)).verified
    for other in ({"p50": "oops"}, {"depth": "NaN"}, {"name": "ms"}):
        assert not judged(*fats, slim=metrics(**{**slim, **other})).verified, other
    body = metrics(**slim).body.decode()
    for gone in ('rt{quantile="0.5"}', 'rt{quantile="0.9"}', "queue_depth", "build_info"):
        less = "".join(line for line in body.splitlines(keepends=True) if not line.startswith(gone))
        assert not judged(*fats, slim=answer(less, "Content-Type: text/plain; version=0.0.4")).verified, gone


def test_other_labels_are_another_sample():
    assert shape_of(Line('rt{quantile="0.5"} NaN')) == shape_of(Line('rt{quantile="0.5"} 2e-05'))
    assert shape_of(Line('rt{quantile="0.5"} 1')) != shape_of(Line('rt{quantile="0.9"} 1'))


def test_it_costs_no_more_than_its_length():
    begin = time.monotonic()
    for bait in ("a{" * 50_000, 'a{b="' + " " * 100_000, "a{} " + "1" * 100_000, "a{} 1" + " 1" * 50_000):
        shape_of(Line(bait))
    chance = random.Random(1)
    jobs = [Line(f"job {n} ok ({n}ms)") for n in range(2000)]
    shuffled = [Line(f"job {n} ok ({n + 1}ms)") for n in chance.sample(range(2000), 2000)]
    learn([jobs, shuffled])
    assert time.monotonic() - begin < 5
