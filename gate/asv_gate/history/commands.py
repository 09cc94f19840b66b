"""``asv-gate history``, ``asv-gate results`` and ``asv-gate find`` on the command line."""

import argparse
from pathlib import Path

from asv_gate.arguments import duration, expression, folder_name, fraction, path, word
from asv_gate.find import FindRequest, find
from asv_gate.history import measuring
from asv_gate.history.branch import Branch
from asv_gate.history.request import HistoryRequest
from asv_gate.options import bench
from asv_gate.progress import ConsoleProgress
from asv_gate.report.model import Status


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add them."""
    history = commands.add_parser(
        "history",
        help="measure commits in pairs with one reference, as results of asv",
        epilog="Exit status: 0 all that was asked for has results; 1 a benchmark fails; "
        "2 something could not be measured.",
    )
    history.set_defaults(command=history_command, goes_on="; the same command goes on from here")
    history.add_argument(
        "range",
        type=word,
        metavar="RANGE",
        nargs="?",
        default="HEAD",
        help="commits as git knows them, as in main~5..main; by default HEAD",
    )
    history.add_argument(
        "--reference",
        type=word,
        metavar="COMMIT",
        help="what all is measured against; by default as before, at first the oldest of RANGE",
    )
    history.add_argument(
        "--replace-reference",
        action="store_true",
        help="make --reference the reference in place of the one before, and measure both against each other",
    )
    history.add_argument(
        "--precision", type=fraction, default=0.02, metavar="2%", help="half of the 95%% interval; by default 2%%"
    )
    history.add_argument(
        "--budget",
        type=duration,
        default=300.0,
        metavar="5m",
        help="of pairs, for each commit in each environment, beyond three of each benchmark; by default 5m",
    )
    history.add_argument(
        "--python",
        type=word,
        action="append",
        default=[],
        metavar="X.Y",
        help="one of the config's Pythons; repeatable, by default all",
    )
    bench(history)
    history.add_argument(
        "--again", action="store_true", help="measure also what has the same package as a commit that has results"
    )
    history.add_argument(
        "--machine",
        type=folder_name,
        metavar="NAME",
        help="in the results; by default its CPU model and number of CPUs",
    )
    history.add_argument("--config", type=path, default=Path("asv.conf.json"), help="asv's; by default asv.conf.json")

    keeping = commands.add_parser(
        "results",
        help="get the results that a branch of a remote repository has, or keep them there",
        epilog="Exit status: 0 done, also where there was nothing to do; 2 it could not be done.",
    )
    keeping.set_defaults(command=results_command, goes_on="; the same command begins anew")
    keeping.add_argument(
        "what",
        choices=("get", "keep"),
        help="get: write the branch's results beside those here; keep: commit those here to the branch, and push it. "
        "Results that the checked-out commit has are left alone",
    )
    keeping.add_argument("--remote", type=word, default="origin", metavar="NAME", help="by default origin")
    keeping.add_argument("--branch", type=word, default="asv-results", metavar="NAME", help="by default asv-results")
    keeping.add_argument("--config", type=path, default=Path("asv.conf.json"), help="asv's; by default asv.conf.json")

    finding = commands.add_parser(
        "find",
        help="find the commit that made a benchmark slower",
        epilog="Exit status: 0 nothing became slower; 1 a commit is named; 2 the search could not be made; "
        "3 something may have become slower, and no commit was confirmed.",
    )
    finding.set_defaults(command=find_command, goes_on="; the same command goes on from here")
    finding.add_argument("good", type=word, metavar="GOOD", help="a commit that is not slow")
    finding.add_argument("bad", type=word, metavar="BAD", help="a later one that is")
    finding.add_argument(
        "--bench", type=expression, required=True, metavar="REGEX", help="found in the name of one benchmark"
    )
    finding.add_argument(
        "--alpha",
        type=fraction,
        default=0.01,
        metavar="1%",
        help="the chance that the commit named is not slower; by default 1%%",
    )
    finding.add_argument(
        "--threshold", type=fraction, default=0.01, metavar="1%", help="a slowdown up to which is none; by default 1%%"
    )
    finding.add_argument(
        "--python", type=word, metavar="X.Y", help="one of the config's Pythons; by default the running one"
    )
    finding.add_argument("-E", "--environment", type=word, metavar="SPEC", help="an environment as asv takes it")
    finding.add_argument("--config", type=path, default=Path("asv.conf.json"), help="asv's; by default asv.conf.json")


def history_command(options: argparse.Namespace) -> int:
    request = HistoryRequest(
        commits=options.range,
        reference=options.reference,
        config=options.config,
        pythons=options.python,
        bench=options.bench,
        machine=options.machine,
        precision=options.precision,
        budget=options.budget,
        replace=options.replace_reference,
        again=options.again,
    )
    with ConsoleProgress() as progress:
        came = measuring.run(request, progress)
    for each in came:
        print(f"{each.target.build}: {each.words}")
        for name, why in {**each.failed, **each.missing}.items():
            if why not in each.words:
                print(f"    {name}: {why}")
    if any(each.missing or (not each.measured and each.failed) for each in came):
        return Status.UNABLE
    return Status.REGRESSION if any(each.failed for each in came) else Status.OK


def results_command(options: argparse.Namespace) -> int:
    branch = Branch(options.config, options.remote, options.branch)
    print(branch.get() if options.what == "get" else branch.keep())
    return Status.OK


def find_command(options: argparse.Namespace) -> int:
    request = FindRequest(
        good=options.good,
        bad=options.bad,
        bench=options.bench,
        config=options.config,
        python=options.python,
        environment=options.environment,
        alpha=options.alpha,
        threshold=options.threshold,
    )
    with ConsoleProgress() as progress:
        answer = find(request, progress)
    print(answer)
    return answer.status
