"""What further runs of both images make of a difference that may be chance."""

from dataclasses import replace

from runs import answer, output, run, wrote

from slim.oci.path import image_path
from slim.verify.further import among, came_out_otherwise, is_unsteady, may_be_chance, settled
from slim.verify.model import LookupDifference
from slim.verify.verdict import THE_RUN, verdict_of

MISSING = LookupDifference(image_path("/srv/a"), "/srv/a", "/bin/app", "probe", "ENOENT")


def verdicts(fats, slims):
    """Each of `slims` against all of `fats`."""
    return [verdict_of(fats[0], tuple(fats[1:]), one) for one in slims]


def of(fats, *slims):
    return settled(verdicts(fats, slims), among(fats), ["probe"])


A, B = run(output("one\n")), run(output("one\ntwo\n"))
RESET = run(answer("x"), errors=("ConnectionResetError: reset by peer",))
QUIET = run(answer("x"))


def test_another_answer_may_be_chance_and_another_outcome_may_not():
    (verdict,) = verdicts([A, A], [B])
    assert may_be_chance(verdict)
    assert not came_out_otherwise(verdict)
    for broken in (
        run(output("one\n", exit_code=1)),
        run(),
        replace(A, transcript=replace(A.transcript, container_exit_code=9)),
    ):
        (verdict,) = verdicts([A, A], [broken])
        assert came_out_otherwise(verdict)
        assert not may_be_chance(verdict)


def test_nothing_is_chance_where_something_was_looked_up_in_vain():
    (verdict,) = verdicts([A, A], [B])
    assert not may_be_chance(replace(verdict, lookups=(MISSING,)))


def test_what_agrees_needs_no_chance():
    assert not may_be_chance(verdicts([A, A], [A])[0])


def test_what_one_of_two_replays_shows_is_told_and_fails_nothing():
    for slims in ((B, A), (A, B)):
        verdict = of([A, A], *slims)
        assert (verdict.verified, verdict.agreed) == (True, 1)
        assert [(one.aspect, one.slim) for one in verdict.noted] == [("standard output", "two")]
        assert verdict.noted[0].why == "not in each run of the slim image: chance"


def test_what_each_replay_shows_fails():
    verdict = of([A, A], B, B, B)
    assert [one.aspect for one in verdict.differences] == ["standard output"]
    assert (verdict.verified, verdict.agreed, verdict.noted) == (False, 0, ())


def test_what_a_later_fat_run_shows_too_is_volatile():
    verdict = of([A, A, B], B, B)
    assert (verdict.verified, verdict.agreed) == (True, 1)


def test_an_error_that_is_logged_once_is_told():
    verdict = of([QUIET, QUIET], RESET, QUIET)
    assert verdict.verified
    assert [(one.probe, one.aspect) for one in verdict.noted] == [(THE_RUN, "error in the log")]
    assert not of([QUIET, QUIET, QUIET], RESET, RESET).verified


def test_another_outcome_in_a_later_replay_counts():
    died = run(output("one\n", exit_code=1))
    verdict = of([A, A], B, died)
    assert [one.aspect for one in verdict.differences] == ["exit code"]


def test_what_a_later_replay_misses_counts():
    first, second = verdicts([A, A], [B, A])
    verdict = settled([first, replace(second, lookups=(MISSING,))], (), ["probe"])
    assert (verdict.verified, verdict.lookups) == (False, (MISSING,))


def test_one_replay_is_what_it_is():
    (verdict,) = verdicts([A, A], [B])
    assert settled([verdict], (), ["probe"]) == verdict


def wrote_one(*names):
    return run(answer("x"), accesses=wrote(*(f"/tmp/{name}" for name in names)))


def test_another_file_each_time_is_chance_where_it_is_so_in_the_fat_image():
    fats = [wrote_one("red", "green"), wrote_one("red", "green"), wrote_one("red")]
    verdict = of([*fats[:2], wrote_one("red", "green")], wrote_one("green"), wrote_one("red"), wrote_one())
    assert not verdict.verified  # no run of the fat image lacks one
    assert [one.fat for one in verdict.differences] == ["/tmp/red"]
    verdict = of(fats, wrote_one("green"), wrote_one("green"))
    assert [one.fat for one in verdict.differences] == ["/tmp/red"]
    once = [wrote_one("red")] * 3
    extra = [wrote_one("red", name) for name in ("a/x.txt", "b/y.log", "c/z.db")]
    assert [one.slim for one in of([*once, *once[:1]], *extra).differences] == ["/tmp/a/x.txt"]
    unsteady = of([*once, wrote_one("red", "d/u.out")], *extra)
    assert unsteady.verified
    whys = {one.why for one in unsteady.noted if one.why}
    assert whys == {"runs of the fat image differ so among themselves: chance"}


def test_what_breaks_at_another_place_each_time_is_broken():
    def page(*lost):
        return run(output("".join("gone\n" if one in lost else f"{one} is here\n" for one in "abcdef")))

    fat = page()
    verdict = of([fat, fat, fat, fat], page("a"), page("c"), page("e"))
    assert [one.where for one in verdict.differences] == ["line 1"]
    assert not of([fat, fat], page("a"), page("c")).verified
    unsteady = of([fat, fat, fat, page("b")], page("a"), page("c"), page("e"))
    assert unsteady.verified
    assert not is_unsteady(verdict, among([fat] * 4))


def test_of_two_runs_nothing_is_known_among_themselves():
    assert among([A, B]) == ()
    assert [may_be_chance(one) for one in among([A, A, B])] == [False, False, True]


def test_a_line_that_is_lost_is_lost_wherever_it_would_stand():
    def ran(before, *lines):
        return run(output("\n".join((*(f"try {one}" for one in range(before)), *lines)) + "\n"))

    fats = [ran(2, "begin", "end"), ran(4, "begin", "end")]
    verdict = of(fats, ran(3, "end"), ran(5, "end"), ran(2, "end"))
    assert [(one.where, one.fat, one.slim) for one in verdict.differences] == [("line 3", "begin", "")]


def test_a_line_that_is_lost_is_found_beside_many_that_are_chance():
    fat = run(output("".join(f"job {one} done\n" for one in "abcdefgh") + "bye\n"))

    def lacks(letters, end=""):
        return run(output("".join(f"job {one} done\n" for one in "abcdefgh" if one not in letters) + end))

    lost = of([fat, fat], lacks("aceg"), lacks("bdf"), lacks("bdh"))
    assert [(one.where, one.fat) for one in lost.differences] == [("line 9", "bye")]
    chance = [lacks(letters, "bye\n") for letters in ("aceg", "bdf", "acg")]
    assert of([fat, fat, fat, lacks("h", "bye\n")], *chance).verified
    assert not of([fat, fat, fat, fat], *chance).verified


def test_a_few_of_many_are_told():
    fat, slim = (run(output("".join(f"{one}\nand\n" for one in letters))) for letters in ("abcdef", "uvwxyz"))
    assert [one.where for one in of([fat, fat], slim).differences] == ["line 1", "line 3", "line 5"]
