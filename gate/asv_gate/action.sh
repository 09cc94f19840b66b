#!/usr/bin/env bash
# What action.yml runs. Its inputs are in GATE_... variables, so that none of them is ever part of a command line
# that a shell reads; an empty one is left out. With the argument "base" it finds the base and says where and by
# which key what base needs is cached; without one it compares.
set -uo pipefail

base=${GATE_BASE:-}
if [ -z "$base" ]; then
    base=$(git merge-base "origin/${GITHUB_BASE_REF:-main}" "$GATE_HEAD") || {
        echo "asv-gate: no merge base with origin/${GITHUB_BASE_REF:-main}: check out with fetch-depth: 0" >&2
        echo "status=2" >> "${GITHUB_OUTPUT:-/dev/null}"
        exit 2
    }
fi

arguments=()
add() {
    if [ -n "$2" ]; then arguments+=("$1=$2"); fi
}
add_lines() { # an option for each
    local line
    while read -r line; do add "$1" "$line"; done <<< "$2"
}
add --config "${GATE_CONFIG:-}"
add --python "${GATE_PYTHON:-}"
add --base-python "${GATE_BASE_PYTHON:-}"
add --environment "${GATE_ENVIRONMENT:-}"
add --base-environment "${GATE_BASE_ENVIRONMENT:-}"
add_lines --requirement "${GATE_REQUIREMENT:-}"
add_lines --base-requirement "${GATE_BASE_REQUIREMENT:-}"
add_lines --env "${GATE_ENV:-}"
add_lines --base-env "${GATE_BASE_ENV:-}"

if [ "${1:-}" = base ]; then
    commit=$(git rev-parse --verify --quiet "${base#-}^{commit}") || {
        echo "asv-gate: there is no commit '$base'" >&2
        echo "status=2" >> "${GITHUB_OUTPUT:-/dev/null}"
        exit 2
    }
    python=$(python -c 'import platform; print(platform.python_version(), platform.system(), platform.machine(), sep="-")')
    {
        echo "commit=$commit"
        echo "folder=$(dirname -- "${GATE_CONFIG:-asv.conf.json}")/.asv-gate"
        echo "key=asv-gate-2-$python-$commit-$(printf '%s\n' "${arguments[@]-}" | git hash-object --stdin)"
    } >> "${GITHUB_OUTPUT:-/dev/null}"
    exit 0
fi

add --bench "${GATE_BENCH:-}"
add --budget "${GATE_BUDGET:-}"
add --threshold "${GATE_THRESHOLD:-}"
add --alpha "${GATE_ALPHA:-}"
add --require-power "${GATE_REQUIRE_POWER:-}"
add --report "${GATE_REPORT:-}"

if [ "${GATE_PRUNE:-}" = true ]; then arguments+=(--prune); fi

began=$(mktemp) # a report that is not newer is of another use of the action, or of the checkout

python -m asv_gate run "${arguments[@]}" -- "$base" "$GATE_HEAD"
status=$?

echo "status=$status" >> "${GITHUB_OUTPUT:-/dev/null}"
if [ "$GATE_REPORT/report.md" -nt "$began" ]; then
    head -c 1000000 "$GATE_REPORT/report.md" >> "${GITHUB_STEP_SUMMARY:-/dev/null}" # GitHub drops one of 1 MiB whole
    echo "reported=true" >> "${GITHUB_OUTPUT:-/dev/null}"
fi
rm -f -- "$began"
exit "$status"
