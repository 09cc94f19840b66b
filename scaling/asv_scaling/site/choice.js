// What is chosen: read from the address where it says what there is, and else what is newest.

export function choose(index, address) {
  const notes = [];
  const named = (list, value, name, words, otherwise) => {
    const found = list.find(item => name(item) === value);
    if (value && !found) notes.push(`There is no ${words} ${value} here.`);
    return found ?? otherwise;
  };
  const machines = index.machines.filter(machine => machine.environments.length);
  const machine = named(machines, address.machine, item => item.name, "machine", newestOf(machines));
  if (!machine) return {notes};
  const newest = order(machine).at(-1);
  const some = machine.environments.filter(item => item.commits.includes(address.commit || newest));
  const environment = named(machine.environments, address.python, item => item.label, "Python",
    (some.length ? some : machine.environments).at(-1));
  const commits = order(machine).filter(commit => environment.commits.includes(commit));
  const commit = named(commits, address.commit, item => item, `commit on Python ${environment.label}:`, commits.at(-1));
  const workload = named(index.workloads, address.workload, item => item.key, "workload", index.workloads[0]);
  return {notes, machine, environment, commit, commits, workload, address,
    beside: chooseBeside(machine, environment, commit, address, notes),
    show: shown(index, workload, address),
    strategy: workload?.strategies.includes(address.strategy) ? address.strategy : ""};
}

// Without a serial time there is no speedup to show.
function shown(index, workload, address) {
  if (["speedup", "efficiency", "time", "cost"].includes(address.show)) return address.show;
  return !workload || workload.strategies.includes(index.serial) || workload.strategies.includes("") ? "speedup" : "time";
}

// Where the address names no workload, the first that the run has.
export function settle(index, chosen, run) {
  if (chosen.address.workload) return chosen;
  const workload = index.workloads.find(item => run?.times[item.key]) ?? chosen.workload;
  return {...chosen, workload, show: shown(index, workload, chosen.address)};
}

function chooseBeside(machine, environment, commit, address, notes) {
  if (!address.python2 && !address.commit2) return null;
  const wanted = address.commit2 || commit;
  const python = address.python2 || environment.label;
  const other = machine.environments.find(item => item.label === python);
  if (!other) {
    notes.push(`There is no Python ${python} here to set beside.`);
    return null;
  }
  if (other.commits.includes(wanted)) return {environment: other, commit: wanted};
  const newest = other.commits.at(-1);
  notes.push(`Python ${python} has no results at ${wanted.slice(0, 8)}: beside is its newest commit, ${newest.slice(0, 8)}.`);
  return {environment: other, commit: newest};
}

function newestOf(machines) {
  const last = machine => Math.max(...Object.values(machine.commits));
  return machines.reduce((best, machine) => (!best || last(machine) > last(best) ? machine : best), undefined);
}

// The commits of a machine, the oldest first; the index has them in the repository's order.
export function order(machine) {
  return Object.keys(machine.commits);
}

// What each select offers, as [value, words] pairs, and what is chosen of it.
export function offered(index, chosen) {
  const {machine, environment, address} = chosen;
  const said = commit => [commit, `${commit.slice(0, 8)}, ${new Date(machine.commits[commit]).toISOString().slice(0, 10)}`];
  const pythons = machine.environments.map(item => [item.label, item.label]);
  const beside = machine.environments.find(item => item.label === address.python2) ?? environment;
  return {
    machine: {options: index.machines.filter(item => item.environments.length).map(item => [item.name, item.name]), value: machine.name},
    python: {options: pythons, value: environment.label},
    commit: {options: chosen.commits.toReversed().map(said), value: chosen.commit},
    python2: {options: [["", "the same"], ...pythons], value: address.python2 ?? ""},
    commit2: {options: [["", "the same"], ...order(machine).filter(item => beside.commits.includes(item)).toReversed().map(said)],
      value: address.commit2 ?? ""},
    workload: {options: index.workloads.map(item => [item.key, label(index, item.key)]), value: chosen.workload.key},
    strategy: {options: [["", "all"], ...chosen.workload.strategies.filter(item => item).map(item => [item, item])], value: chosen.strategy},
  };
}

export function label(index, key) {
  return index.workloads.find(item => item.key === key).label;
}

// The address of a view.
export function href(address) {
  const said = Object.entries(address).filter(([, value]) => value !== "" && value !== undefined);
  return `#/scaling?${said.map(pair => pair.map(encodeURIComponent).join("=")).join("&")}`;
}
