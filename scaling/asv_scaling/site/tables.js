// The page's tables: the matrix, the numbers of a graph, and what the machine was.

import {baseline, best, points, ratio, toldApart} from "./numbers.js";
import {href} from "./choice.js";

// An element with attributes and children; `class` and the like are attributes too.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const head = names => element("thead", {}, element("tr", {}, ...names.map(name => element("th", {scope: "col"}, name))));

export function drawMatrix(table, index, run, chosen) {
  const rows = [];
  const seen = new Set();
  // What has no strategies says nothing of which to take, unless the whole suite is so.
  const mixed = index.strategies.some(strategy => strategy);
  for (const workload of index.workloads) {
    const some = points(run?.times[workload.key] ?? []);
    const base = baseline(some, index.serial);
    if (!base || (mixed && workload.strategies.includes(""))) continue;
    const first = best(some);
    const cells = new Map(workload.strategies.map(strategy => {
      const own = some.filter(point => point.strategy === strategy);
      seen.add(strategy);
      return [strategy, cell(workload, strategy, own, base, first, chosen)];
    }));
    rows.push([workload, cells]);
  }
  const strategies = index.strategies.filter(strategy => seen.has(strategy));
  table.replaceChildren(
    head(["workload", ...strategies.map(strategy => strategy || "all")]),
    element("tbody", {}, ...rows.map(([workload, cells]) => element("tr", {},
      element("th", {scope: "row", title: workload.key}, workload.label),
      ...strategies.map(strategy => cells.get(strategy) ?? element("td", {class: "scaling-empty", title: "no such benchmark"}, "–")))),
    ),
  );
}

function cell(workload, strategy, own, base, first, chosen) {
  const fastest = best(own);
  const here = workload.key === chosen.workload.key;
  if (!fastest) {
    const reasons = [...new Set(own.map(point => point.missing))].join(", ") || "not run";
    return element("td", {class: "scaling-empty"}, reasons);
  }
  const speedup = ratio(base, fastest).value;
  const mark = fastest === first ? "★ " : toldApart(first, fastest) ? "" : "≈ ";
  const words = {"★ ": ", the fastest", "≈ ": ", not told apart from the fastest", "": ""}[mark];
  const link = element("a", {
    href: href({...chosen.address, workload: workload.key, show: "speedup"}),
    class: mark ? "scaling-best" : "",
    style: `background-color: ${colour(speedup)}`,
    "aria-label": `${workload.label}, ${strategy || "all"}: ${factor(speedup)} times as fast with ${fastest.workers} workers${words}`,
  }, element("span", {class: "scaling-mark"}, mark), `${factor(speedup)}x `,
  element("span", {class: "scaling-workers"}, `${fastest.workers}w`));
  link.addEventListener("click", () => {
    const title = document.querySelector("#scaling-graph-title");
    title.scrollIntoView();
    title.focus({preventScroll: true});
  });
  return element("td", here ? {class: "scaling-chosen"} : {}, link);
}

// From orange (a quarter as fast and less) over white (as fast) to blue (four times and more).
function colour(speedup) {
  const way = Math.max(-1, Math.min(1, Math.log2(speedup) / 2));
  const [red, green, blue] = way < 0 ? [243, 178, 120] : [116, 178, 226];
  const mix = full => Math.round(255 - (255 - full) * Math.abs(way));
  return `rgb(${mix(red)}, ${mix(green)}, ${mix(blue)})`;
}

const factor = value => (value >= 0.995 ? value.toFixed(2) : value.toPrecision(2));

export function drawMissing(paragraph, rows) {
  const reasons = new Map();
  for (const row of rows.filter(one => one.missing)) {
    const key = row.missing;
    if (!reasons.has(key)) reasons.set(key, new Map());
    const strategies = reasons.get(key);
    strategies.set(row.strategy, [...new Set([...strategies.get(row.strategy) ?? [], row.workers])]);
  }
  const words = [...reasons].map(([reason, strategies]) =>
    `${reason}: ${[...strategies].map(([strategy, workers]) => `${strategy} with ${workers.join(", ")}`).join("; ")}`);
  paragraph.textContent = !rows.length ? "This was not run here."
    : words.length ? `Points that are missing: ${words.join(". ")} workers.` : "";
}

export function drawNumbers(table, rows) {
  const interval = (low, high, format) => (low === null ? "" : `${format(low)} to ${format(high)}`);
  table.replaceChildren(
    head(["run", "strategy", "workers", "time", "99 % interval", "speedup", "99 % interval"]),
    element("tbody", {}, ...rows.map(row => element("tr", {}, ...[
      row.panel, row.strategy, row.workers, row.time === null ? row.missing : seconds(row.time),
      interval(row.time_low, row.time_high, seconds), row.speedup === null ? "" : `${factor(row.speedup)}x`,
      interval(row.speedup_low, row.speedup_high, factor),
    ].map(text => element("td", {}, String(text)))))),
  );
}

function seconds(time) {
  const [unit, scale] = [["s", 1], ["ms", 1e-3], ["µs", 1e-6]].find(([, one]) => time >= one) ?? ["ns", 1e-9];
  return `${(time / scale).toPrecision(4)} ${unit}`;
}

// What the machine was, a column per Python for what differs between them, and a warning for what confounds them.
export function drawFacts(table, warning, unread, machine, runs, files) {
  const gibibytes = bytes => (bytes > 2 ** 20 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : bytes);
  const rows = Object.entries(machine.facts).map(([name, fact]) =>
    element("tr", {}, element("th", {scope: "row"}, name === "num_cpu" ? "CPUs" : name),
      element("td", {colspan: Math.max(1, runs.length)}, String(name === "ram" ? gibibytes(Number(fact)) : fact))));
  const columns = runs.map(run => ({...run.environment.facts, ...run.facts}));
  for (const name of new Set(columns.flatMap(Object.keys))) {
    if (name === "python") continue;
    rows.push(element("tr", {}, element("th", {scope: "row"}, name),
      ...columns.map(facts => element("td", {}, facts[name] === undefined ? "not recorded" : String(facts[name])))));
  }
  table.replaceChildren(head(["", ...runs.map(run => `Python ${run.environment.label}`)]), element("tbody", {}, ...rows));

  const recorded = runs.filter(run => Object.keys(run.facts).length);
  const names = [...new Set(recorded.flatMap(run => Object.keys(run.facts)))];
  const apart = names.filter(name => new Set(recorded.map(run => run.facts[name])).size > 1);
  warning.textContent = apart.length
    ? `These Pythons differ in more than their version: ${apart.map(name =>
      `${name} (${recorded.map(run => `${run.environment.label}: ${run.facts[name] ?? "not recorded"}`).join(", ")})`).join("; ")}. ` +
      "What is between them below is that too."
    : runs.length > 1 && recorded.length < runs.length
      ? "How these Pythons were built was not recorded beside their times: builds of different optimisation differ in speed by themselves."
      : "";
  unread.replaceChildren(...(files.length
    ? [element("p", {}, "Not read, and so not shown:"), element("ul", {}, ...files.map(file => element("li", {}, file)))] : []));
}
