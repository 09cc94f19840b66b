// The page's tables: the matrix, the numbers of a graph, what the machine was, and what is not shown.

// An element with attributes and children; `class` and the like are attributes too.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const head = names => element("thead", {}, element("tr", {}, ...names.map(name => element("th", {scope: "col"}, name))));

// Reasons that say nothing: a strategy that has no others for any workload has no column.
const EMPTY = ["not run", "skipped"];

function drawMatrix(table, note, index, run, chosen) {
  const found = index.workloads.map(workload => [workload, resultsOf(index, run, workload)]).filter(([, some]) => some?.best.length);
  const rows = found.map(([workload, results]) => [workload, new Map(results.best.map(([number, mark]) =>
    [workload.points[number][0], cell(workload, workloadRows(workload, results)[number], mark, chosen)]))]);
  const measured = new Set(found.flatMap(([workload, results]) =>
    results.best.filter(([, place]) => !EMPTY.includes(place)).map(([number]) => workload.points[number][0])));
  const strategies = index.strategies.filter(strategy => measured.has(strategy));
  table.replaceChildren(...(!rows.length ? [] : [
    head(["workload", ...strategies.map(strategy => strategy || "all")]),
    element("tbody", {}, ...rows.map(([workload, cells]) => element("tr", {},
      element("th", {scope: "row", title: workload.key}, workload.label),
      ...strategies.map(strategy => cells.get(strategy)
        ?? element("td", {class: "scaling-empty", title: "no such benchmark"}, "–")))))]));
  note.textContent = rows.length ? "" : index.nothing || "No workload has a speedup here.";
}

// The best row of a strategy; `place` is its mark, or why the strategy has no time.
function cell(workload, {strategy, workers, speedup}, place, chosen) {
  if (typeof place === "string") return element("td", {class: "scaling-empty"}, place);
  const [mark, words] = [["", ""], ["≈ ", ", not told apart from the fastest"], ["★ ", ", the fastest"]][place];
  const link = element("a", {
    href: href({...chosen.address, workload: workload.key, show: "speedup"}),
    class: mark ? "scaling-best" : "",
    style: `background-color: ${colour(speedup)}`,
    "aria-label": `${workload.label}, ${strategy}: ${factor(speedup)} times as fast with ${workers} workers${words}`,
  }, element("span", {class: "scaling-mark"}, mark), `${factor(speedup)}x${apart(chosen.machine, speedup)} `,
  element("span", {class: "scaling-workers"}, `${workers}w`));
  link.addEventListener("click", () => {
    const title = document.querySelector("#scaling-graph-title");
    title.scrollIntoView();
    title.focus({preventScroll: true});
  });
  return element("td", workload.key === chosen.workload.key ? {class: "scaling-chosen"} : {}, link);
}

// The mark of a speedup whose two times plain asv run took one after the other; one over itself has none.
const apart = (machine, speedup) => (machine.reference || speedup === 1 ? "" : "†");

// How the numbers of a machine were taken, in words.
function drawTaken(paragraph, machine) {
  paragraph.className = machine.reference ? "" : "scaling-warning";
  const build = machine.reference && machine.environments.find(item => item.number === machine.reference[1])?.label;
  paragraph.textContent = machine.reference
    ? `Measured in pairs: each benchmark here in turns with the same one of the reference, commit ${machine.reference[0].slice(0, 8)}`
      + `${build ? ` on Python ${build}` : ""}, whose versions of a workload were measured in turns with each other. `
      + "What the machine did in those minutes is on both sides of a ratio."
    : "† Measured by asv run, one version after the other: the two times of such a speedup were taken minutes apart, "
      + "and what the machine did meanwhile is part of it. Measured in pairs (asv-gate history) it is not.";
}

// A Python with a GIL beside its build without one; the part is hidden where the commit was not run on both.
function drawGil(index, published, machine, environment) {
  const found = gilRows(index, published, environment);
  $("#scaling-gil-part").hidden = !found;
  if (!found) return;
  const label = number => machine.environments.find(item => item.number === number).label;
  const [withGil, without] = [label(found.withGil), label(found.without)];
  const mark = machine.reference ? "" : "†";
  const interval = ({low, high}) => (low === null ? "" : ` (${factor(low)} to ${factor(high)})`);
  const times = ratio => (ratio ? `${factor(ratio.value)}${mark}${interval(ratio)}` : "–");
  const speedup = (one, named) => (one ? `${named ? `${one.strategy} ` : ""}${factor(one.value)}x${mark} ${one.workers}w${interval(one)}` : "–");
  $("#scaling-gil-words").textContent = `Python ${without} has no GIL, so that its threads run Python code at the same time. `
    + `Speedups are over ${index.baseline} on ${withGil}, with the number of workers (w) that is fastest; in brackets are 99 % confidence intervals.`;
  $("#scaling-gil").replaceChildren(
    head(["workload", `time of ${index.baseline} on ${without} relative to ${withGil}`, `${index.threaded} on ${withGil}`,
      `${index.threaded} on ${without}`, `fastest other on ${withGil}`, `${index.threaded} on ${without} times as fast as that`]),
    element("tbody", {}, ...found.rows.map(row => element("tr", {},
      element("th", {scope: "row", title: row.workload.key}, row.workload.label),
      ...[times(row.serial), speedup(row.threads), speedup(row.free), speedup(row.rival, true), times(row.gain)]
        .map(text => element("td", {}, text))))));
}

function takenWords(machine, {taken, time}) {
  if (time === null) return "";
  const unit = machine.reference ? "pair" : "sample";
  return taken === null ? "not recorded" : `${taken} ${unit}${taken === 1 ? "" : "s"}${machine.reference ? "" : ", alone"}`;
}

// From orange (a quarter as fast and less) over white (as fast) to blue (four times and more).
function colour(speedup) {
  const way = Math.max(-1, Math.min(1, Math.log2(speedup) / 2));
  const [red, green, blue] = way < 0 ? [243, 178, 120] : [116, 178, 226];
  const mix = full => Math.round(255 - (255 - full) * Math.abs(way));
  return `rgb(${mix(red)}, ${mix(green)}, ${mix(blue)})`;
}

const factor = value => (value >= 0.995 ? value.toFixed(2) : value.toPrecision(2));

function drawMissing(paragraph, rows) {
  const reasons = new Map();
  for (const row of rows.filter(one => one.missing)) {
    if (!reasons.has(row.missing)) reasons.set(row.missing, new Map());
    const strategies = reasons.get(row.missing);
    strategies.set(row.strategy, [...new Set([...strategies.get(row.strategy) ?? [], row.workers])]);
  }
  const words = [...reasons].map(([reason, strategies]) =>
    `${reason}: ${[...strategies].map(([strategy, workers]) => `${strategy} with ${workers.join(", ")}`).join("; ")}`);
  paragraph.textContent = !rows.length ? "This was not run here."
    : words.length ? `Points that are missing: ${words.join(". ")} workers.` : "";
}

function drawNumbers(table, rows, machine, work) {
  const interval = (low, high, format) => (low === null ? "" : `${format(low)} to ${format(high)}`);
  table.replaceChildren(
    head(["run", "strategy", "workers", "time", "99 % interval", ...(work ? ["rate"] : []), "speedup", "99 % interval", "taken"]),
    element("tbody", {}, ...rows.map(row => element("tr", {}, ...[
      row.panel, row.strategy, row.workers, row.time === null ? row.missing : seconds(row.time),
      interval(row.time_low, row.time_high, seconds), ...(work ? [rate(work, row.time)] : []), row.speedup === null ? "" : `${factor(row.speedup)}x${apart(machine, row.speedup)}`,
      interval(row.speedup_low, row.speedup_high, factor), takenWords(machine, row),
    ].map(text => element("td", {}, String(text)))))),
  );
}

function seconds(time) {
  const [unit, scale] = [["s", 1], ["ms", 1e-3], ["µs", 1e-6]].find(([, one]) => time >= one) ?? ["ns", 1e-9];
  return `${(time / scale).toPrecision(4)} ${unit}`;
}

// What a run does in a second; units of more than four letters are words, which take no prefix, and have digits grouped.
function rate([amount, unit], time) {
  if (time === null) return "";
  const found = amount / time;
  if (unit.length > 4) return `${Math.round(found).toLocaleString("en")} ${unit}/s`;
  const [prefix, scale] = [["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e3]].find(([, one]) => found >= one) ?? ["", 1];
  return `${Number((found / scale).toPrecision(3))} ${prefix}${unit}/s`; // as a number: text has an exponent from 999.5 on
}

// What the machine was, with a column per Python for what its run recorded.
function drawFacts(table, machine, published) {
  const gibibytes = bytes => (bytes > 2 ** 20 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : bytes);
  const measured = machine.environments.filter(environment => published.runs[environment.number]);
  const columns = measured.map(environment => ({...environment.facts, ...published.runs[environment.number].facts}));
  const rows = Object.entries(machine.facts).map(([name, fact]) =>
    element("tr", {}, element("th", {scope: "row"}, name === "num_cpu" ? "CPUs" : name),
      element("td", {colspan: Math.max(1, measured.length)}, String(name === "ram" ? gibibytes(Number(fact)) : fact))));
  for (const name of new Set(columns.flatMap(Object.keys))) {
    if (name === "python") continue;
    rows.push(element("tr", {}, element("th", {scope: "row"}, name),
      ...columns.map(facts => element("td", {}, facts[name] ?? "not recorded"))));
  }
  table.replaceChildren(head(["", ...measured.map(environment => `Python ${environment.label}`)]), element("tbody", {}, ...rows));
}

// A warning of what else than their version may make a difference between Pythons.
function drawDifferences(paragraph, machine, published) {
  const words = Object.entries(published.differences).map(([name, values]) => {
    const known = machine.environments.filter(({number}) => number in values);
    return `${name} (${known.map(({label, number}) => `${label}: ${values[number]}`).join(", ")})`;
  });
  const runs = Object.values(published.runs);
  const unknown = runs.length > 1 && runs.some(run => !Object.keys(run.facts).length);
  paragraph.textContent = words.length
    ? `These Pythons differ in more than their version: ${words.join("; ")}. The differences below may come from that.`
    : unknown ? "How these Pythons were built was not recorded beside their times. Builds with different optimisation differ in speed." : "";
}

function drawLists(holder, index) {
  const list = (title, texts) => (texts.length
    ? [element("p", {}, title), element("ul", {}, ...texts.map(text => element("li", {}, text)))] : []);
  holder.replaceChildren(
    ...list("Benchmarks, or values of their parameters, that are not shown:", index.left_out),
    ...list("Results that could not be read:", index.unread));
}
