// Loading what was published. The publisher joins the files of this folder into one script, page.js.

// The folder of the page's own files: this script's, whichever page it is on.
const HERE = new URL(".", document.currentScript.src);
const files = new Map();
const waiting = new Map();

// A file of data is a script that calls this: a page that is opened from a disk may load no JSON.
window.scalingData = (name, content) => waiting.get(name)(content);

function load(name) {
  if (!files.has(name)) {
    const content = new Promise((resolve, reject) => {
      waiting.set(name, resolve);
      addScript(`${name}.js`).catch(reject);
    });
    content.catch(() => files.delete(name));
    files.set(name, content);
  }
  return files.get(name);
}

function addScript(path) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(path, HERE);
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${path} could not be loaded`));
    document.head.append(script);
  });
}

// All that is shown of a commit on a machine; website.py says how it is published.
function loadCommit(index, machine, commit) {
  return load(`runs/${index.machines.indexOf(machine)}/${machine.commits[commit][0].slice(0, 12)}`);
}

const ROW = ["time", "time_low", "time_high", "speedup", "speedup_low", "speedup_high", "taken"];
const RATIO = ["value", "low", "high"];
const RELATIVE = ["relative", "relative_low", "relative_high"];

const named = (names, values) => Object.fromEntries(names.map((name, place) => [name, values[place] ?? null]));

// The strategy and the workers of a workload's point.
function pointOf(workload, number) {
  const [strategy, workers] = workload.points[number];
  return {strategy: strategy || "all", workers};
}

// What a run has of a workload, or null where it was not run.
function resultsOf(index, run, workload) {
  const found = run?.workloads[index.workloads.indexOf(workload)];
  if (!found) return null;
  const [rows, best, leads, why] = found;
  return {rows, best, leads, why};
}

// The rows of a workload in a run: a point's time and speedup, or in `missing` why there is no time.
function workloadRows(workload, results, more) {
  return (results?.rows ?? []).map((values, number) => {
    const missing = typeof values === "string" ? values : "";
    return {...more, ...pointOf(workload, number), ...named(ROW, missing ? [] : values), missing};
  });
}

// The comparison of a Python with its build without a GIL: of the pair that has the environment, or else of the newest.
function gilRows(index, published, environment) {
  const pair = published.gil.find(([withGil, without]) => [withGil, without].includes(environment.number))
    ?? published.gil.at(-1);
  if (!pair?.[2].length) return null;
  const rows = pair[2].map(([number, serial, ...rest]) => {
    const workload = index.workloads[number];
    const speedup = found => found && {...pointOf(workload, found[0]), ...named(RATIO, found.slice(1))};
    const [threads, free, rival] = rest.slice(0, 3).map(speedup);
    return {workload, serial: serial && named(RATIO, serial), threads, free, rival, gain: rest[3] && named(RATIO, rest[3])};
  });
  return {withGil: pair[0], without: pair[1], rows};
}

// The rows of a workload across the Pythons of a commit; `environments` are the machine's, the oldest first.
function pythonRows(index, published, workload, environments) {
  const numbers = environments.map(environment => environment.number);
  return published.pythons[index.workloads.indexOf(workload)].flatMap(([number, found]) =>
    found.map(([environment, ...values]) => {
      const place = numbers.indexOf(environment);
      const {rows} = resultsOf(index, published.runs[environment], workload);
      return {panel: "", python: environments[place].label, place, ...pointOf(workload, number),
        time: rows[number][0], ...named(RELATIVE, values)};
    }));
}
