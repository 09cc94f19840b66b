"""Which benchmarks of a suite are shown, and what is said of the others."""

from typing import Any

import pytest
import suites

from asv_scaling.suite import Settings, Suite


def found(*benchmarks: dict[str, Any], **settings: Any) -> Suite:
    return Suite.of({one["name"]: one for one in benchmarks}, Settings(**settings))


@pytest.mark.parametrize("name", ["workers", "processes", "threads", "n_jobs"])
def test_a_parameter_for_workers_is_recognised_by_its_name(name: str) -> None:
    (workload,) = found(suites.benchmark("m.time_it", {name: [1, 2]})).workloads
    assert [place.workers for place in workload.places] == [1, 2]


def test_values_that_are_no_number_of_workers_are_left_out_and_named() -> None:
    suite = found(
        suites.benchmark("m.time_it", {"n_jobs": [1, 2, -1, None]}),
        suites.benchmark("m.time_more", {"n_jobs": ["auto", 1, 2.5, -1, 1.0]}),
    )
    assert [[place.workers for place in one.places] for one in suite.workloads] == [[1, 2], [1]]
    assert [place.index for place in suite.workloads[1].places] == [1]
    assert suite.left_out == [
        "m.time_it; m.time_more: n_jobs=-1 is no number of workers",
        "m.time_it: n_jobs=None is no number of workers",
        "m.time_more: n_jobs='auto' is no number of workers",
        "m.time_more: n_jobs=2.5 is no number of workers",
        "m.time_more: n_jobs=1.0 is the same number of workers as a value before it",
    ]


@pytest.mark.parametrize(
    ("values", "reason"),
    [([range(1, 5)], "range(1, 5)"), (["auto", None], "None"), ([(1, 2), (1, 4)], "(1, 4)"), ([-1], "-1")],
)
def test_a_benchmark_without_any_number_of_workers_is_left_out(values: list[object], reason: str) -> None:
    suite = found(suites.benchmark("m.time_it", {"workers": values}))
    assert suite.workloads == []
    assert f"m.time_it: workers={reason} is no number of workers" in suite.left_out
    assert "No benchmark" in suite.why_nothing


def test_a_suite_can_say_what_it_calls_them() -> None:
    of = suites.benchmark("m.time_it", {"backend": ["sequential", "loky"], "procs": [1, 2]})
    assert not found(of).workloads
    settings = Settings.of({"workers": ["procs"], "strategy": ["backend"], "serial": "sequential"})
    (workload,) = Suite.of({"m.time_it": of}, settings).workloads
    assert workload.strategies == ["sequential", "loky"]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ([], "must be an object"),
        ({"wokers": ["n"]}, "has no 'wokers'; it has \"workers\""),
        ({"work": ["n"]}, '"work" of "scaling" must be an object'),
        ({"work": {"m.time_it": 3}}, "must have an amount above 0 and its unit.* not 3 for m.time_it"),
        ({"work": {"m.time_it": [0, "flop"]}}, "amount above 0"),
        ({"work": {"m.time_it": [float("nan"), "flop"]}}, "amount above 0"),
        ({"work": {"m.time_it": [True, "flop"]}}, "amount above 0"),
        ({"work": {"m.time_it": [1, ""]}}, "amount above 0"),
        ({"workers": "n"}, '"workers" of "scaling" must be a list of names, not \'n\''),
        ({"serial": 3}, '"serial" of "scaling" must be a name, not 3'),
        ({"strategy": ["n"], "workers": ["n"]}, "'n' as a name of workers and of strategy"),
    ],
)
def test_wrong_settings_are_named(given: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Settings.of(given)


def test_work_of_what_is_no_workload_is_said() -> None:
    one = suites.benchmark("m.time_it", {"workers": [1, 2]})
    suite = Suite.of({"m.time_it": one}, Settings.of({"work": {"m.time_it": [8, "B"], "m.time_old": [8, "B"]}}))
    assert suite.left_out == ['m.time_old: "work" of "scaling" in asv.conf.json names it, and no workload is called so']


def test_a_suite_whose_strategies_have_no_serial_says_what_to_set() -> None:
    suite = found(suites.benchmark("m.time_it", {"strategy": ["threads", None], "workers": [1]}))
    assert suite.strategies == ["threads", "None"]
    assert 'no strategy is called serial: "scaling": {"serial": ...}' in suite.why_nothing
    assert "threads, None" in suite.why_nothing
    assert not found(suites.benchmark("m.time_it", {"workers": [1]})).why_nothing


def test_what_measures_no_seconds_is_named_and_what_has_no_workers_is_not() -> None:
    suite = found(
        suites.benchmark("a", {"workers": [1]}, unit="bytes"),
        suites.benchmark("b", {"size": [1]}),
        suites.benchmark("c", {}),
    )
    assert suite.workloads == []
    assert suite.left_out == ["a: it measures bytes, not seconds"]


def test_many_benchmarks_of_one_reason_are_counted() -> None:
    suite = found(*(suites.benchmark(f"m.time_{n}", {"workers": [None]}) for n in range(8)))
    (sentence,) = suite.left_out
    assert sentence.startswith("m.time_0; m.time_1; m.time_2; m.time_3; m.time_4 and 3 more: workers=None")


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ([], "[] is no object"),
        ({"param_names": "workers", "params": []}, '"param_names" is no list of texts'),
        ({"param_names": ["workers"], "params": [["1"], ["2"]]}, "1 parameters have names and 2 have values"),
        ({"param_names": ["workers"], "params": [[1]]}, '"params" is no list of lists of texts'),
        ({"param_names": ["workers"], "params": None}, '"params" is no list of lists of texts, but None'),
    ],
)
def test_an_entry_that_asv_would_not_write_is_named_and_the_rest_is_shown(entry: object, complaint: str) -> None:
    good = suites.benchmark("m.time_it", {"workers": [1]})
    suite = Suite.of({"bad": entry, "m.time_it": good}, Settings())
    assert [one.key for one in suite.workloads] == ["m.time_it"]
    assert complaint in suite.left_out[0]


def test_other_parameters_make_workloads_apart() -> None:
    of = suites.benchmark("m.time_open", {"start": ["fork", "spawn"], "threads": [1, 2]})
    assert {one.key: [place.index for place in one.places] for one in found(of).workloads} == {
        "m.time_open[start=fork]": [0, 1],
        "m.time_open[start=spawn]": [2, 3],
    }


@pytest.mark.parametrize("values", [["a b", "a\nb"], [4, "4"], ["x" * 90 + "1", "x" * 90 + "2"], ["\x1b", "\\x1b"]])
def test_workloads_that_read_alike_have_keys_and_labels_apart(values: list[object]) -> None:
    suite = found(suites.benchmark("m.time_it", {"with": values, "workers": [1]}))
    assert len({one.key for one in suite.workloads}) == 2
    assert len(set(suite.labels.values())) == 2


@pytest.mark.parametrize("name", ["a|b <script>", "\x1b[31mred", "line\nbreak", "n" * 500, "\ud800"])
def test_names_of_benchmarks_can_be_shown_whatever_they_are(name: str) -> None:
    (workload,) = found(suites.benchmark(name, {"workers": [1]})).workloads
    assert workload.benchmark == name
    assert workload.key.encode().isascii() or workload.key.isprintable()
    assert "\n" not in workload.key


def test_labels_are_short_where_that_is_enough() -> None:
    suite = found(
        *(
            suites.benchmark(name, {"workers": [1]})
            for name in ("compute.Parzen.time_run", "memory.Triad.time_run", "cold.Triad.time_run", "run", "m.time_run")
        ),
        suites.benchmark("top.time_it", {"size": ["M"], "workers": [1]}),
    )
    assert suite.labels == {
        "cold.Triad.time_run": "cold.Triad",
        "compute.Parzen.time_run": "Parzen",
        "m.time_run": "m.time_run",
        "memory.Triad.time_run": "memory.Triad",
        "run": "run",
        "top.time_it[size=M]": "it, size M",
    }
