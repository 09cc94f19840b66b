// What is chosen: what the address says where there is such a thing, and else what is newest.
// A commit is its place among those of its machine, which are in the repository's order.

const SHOWS = {speedup: "Speedup", efficiency: "Efficiency", time: "Time", cost: "Cost"};

function choose(index, address) {
  const notes = [];
  const named = (list, value, name, words, otherwise) => {
    const found = list.find(item => name(item) === value);
    if (value && found === undefined) notes.push(`There is no ${words} ${value} here.`);
    return found ?? otherwise;
  };
  const machines = index.machines.filter(machine => machine.environments.length);
  const machine = named(machines, address.machine, item => item.name, "machine", newestOf(machines));
  if (!machine) return {notes};
  const hash = place => machine.commits[place][0];
  const newest = machine.commits.findIndex(([name]) => name === address.commit);
  const wanted = newest < 0 ? machine.commits.length - 1 : newest;
  const some = machine.environments.filter(item => item.commits.includes(wanted));
  const environment = named(machine.environments, address.python, item => item.label, "Python",
    (some.length ? some : machine.environments).at(-1));
  const commit = named(environment.commits, address.commit, hash, `commit on Python ${environment.label}:`, environment.commits.at(-1));
  const workload = named(index.workloads, address.workload, item => item.key, "workload", index.workloads[0]);
  return {notes, machine, environment, commit, workload, address,
    beside: chooseBeside(machine, environment, commit, address, notes),
    strategy: workload?.strategies.includes(address.strategy) ? address.strategy : ""};
}

// Where the address names no workload, the first that the run has; what is shown of it unless the
// address says so is the speedup, where there is one.
function settle(index, chosen, run) {
  const workload = chosen.address.workload ? chosen.workload
    : index.workloads.find(item => resultsOf(index, run, item)) ?? chosen.workload;
  const otherwise = resultsOf(index, run, workload)?.why ? "time" : "speedup";
  return {...chosen, workload, show: Object.hasOwn(SHOWS, chosen.address.show ?? "") ? chosen.address.show : otherwise};
}

function chooseBeside(machine, environment, commit, address, notes) {
  if (!address.python2 && !address.commit2) return null;
  const python = address.python2 || environment.label;
  const other = machine.environments.find(item => item.label === python);
  if (!other) {
    notes.push(`There is no Python ${python} here to set beside.`);
    return null;
  }
  const wanted = address.commit2 ? machine.commits.findIndex(([name]) => name === address.commit2) : commit;
  if (other.commits.includes(wanted)) return {environment: other, commit: wanted};
  const newest = other.commits.at(-1);
  const said = address.commit2 || machine.commits[commit][0];
  notes.push(`Python ${python} has no results at ${said.slice(0, 8)}: `
    + `beside is its newest commit, ${machine.commits[newest][0].slice(0, 8)}.`);
  return {environment: other, commit: newest};
}

function newestOf(machines) {
  const last = machine => Math.max(...machine.commits.map(([, date]) => date));
  return machines.reduce((best, machine) => (!best || last(machine) > last(best) ? machine : best), undefined);
}

const day = date => new Date(date).toISOString().slice(0, 10);

// What each select offers, as [value, words] pairs, and what is chosen of it.
function offered(index, chosen) {
  const {machine, environment, address} = chosen;
  const said = place => {
    const [hash, date] = machine.commits[place];
    return [hash, `${hash.slice(0, 8)}, ${day(date)}`];
  };
  const pythons = machine.environments.map(item => [item.label, item.label]);
  const beside = machine.environments.find(item => item.label === address.python2) ?? environment;
  return {
    machine: {options: index.machines.filter(item => item.environments.length).map(item => [item.name, item.name]), value: machine.name},
    python: {options: pythons, value: environment.label},
    commit: {options: environment.commits.toReversed().map(said), value: machine.commits[chosen.commit][0]},
    python2: {options: [["", "the same"], ...pythons], value: address.python2 ?? ""},
    commit2: {options: [["", "the same"], ...beside.commits.toReversed().map(said)], value: address.commit2 ?? ""},
    workload: {options: index.workloads.map(item => [item.key, item.label]), value: chosen.workload.key},
    strategy: {options: [["", "all"], ...chosen.workload.strategies.filter(item => item).map(item => [item, item])], value: chosen.strategy},
  };
}

// The address of a view, the same on a page of its own and in asv's.
function href(address) {
  const said = Object.entries(address).filter(([, value]) => value !== "" && value !== undefined);
  return `#/scaling?${said.map(pair => pair.map(encodeURIComponent).join("=")).join("&")}`;
}
