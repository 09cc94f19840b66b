// The graphs: Vega-Lite from charts.json, given its rows, its width and its legend.

import {points, pythonRows} from "./numbers.js";

const LEFT = 96;  // what the axis takes of a graph's width

let embedded = null;

async function embed(holder, spec) {
  embedded ??= import("./vega.js").then(() => window.vegaEmbed);
  const vegaEmbed = await embedded;
  holder.vega?.finalize();
  holder.vega = await vegaEmbed(holder, spec, {
    renderer: "svg", actions: false, logLevel: 1,  // no warning for a layer without rows, as the ideal where serial was not timed
  });
  return holder.vega.view;
}

// A copy of the spec for these rows, as wide as its holder.
function filled(spec, rows, holder, panels, parameters) {
  const copy = structuredClone(spec);
  const columns = panels > 1 && holder.clientWidth > 700 ? 2 : 1;
  copy.data = {values: rows};
  copy.columns = columns;
  copy.spec.width = Math.max(180, Math.min(760, Math.floor(holder.clientWidth / columns) - LEFT));
  if (holder.clientWidth < 500) copy.spec.height = 260;
  parameters.columns = Math.max(2, Math.floor(holder.clientWidth / 110));
  for (const parameter of copy.params) parameter.value = parameters[parameter.name] ?? parameter.value;
  return copy;
}

const unique = values => [...new Set(values)];

export async function drawScaling(holder, spec, rows, show) {
  const parameters = {
    shown: unique(rows.filter(row => row.time !== null).map(row => row.strategy)),
    ticks: unique(rows.filter(row => row.time !== null).map(row => row.workers)).sort((one, other) => one - other),
  };
  if (!parameters.shown.length) return empty(holder, "Nothing was measured here.");
  const derived = ["speedup", "efficiency"].includes(show);
  if (derived && rows.every(row => row.speedup === null)) return empty(holder, "Without a serial time there is no speedup to draw.");
  return embed(holder, filled(spec, rows, holder, unique(rows.map(row => row.panel)).length, parameters));
}

export async function drawPythons(holder, title, spec, index, chosen, runs) {
  const {workload, strategy, machine} = chosen;
  const byPython = runs.map(run => [run.environment.label, points(run.times[workload.key] ?? [])]);
  const workers = Math.min(machine.cpus ?? Infinity, Math.max(...byPython.flatMap(([, some]) => some.map(point => point.workers))));
  const rows = pythonRows(byPython, strategy ? [strategy] : workload.strategies, workers);
  const order = byPython.map(([python]) => python);
  title.textContent = `${workload.label}: the same time on each Python`;
  if (byPython.length < 2 || !rows.length) {
    return {graph: empty(holder, `At this commit only Python ${order.join()} was measured on this machine.`), rows};
  }
  const parameters = {shown: unique(rows.map(row => row.strategy))};
  return {graph: await embed(holder, filled(spec, rows, holder, 1, parameters)), rows};
}

function empty(holder, words) {
  holder.vega?.finalize();
  holder.textContent = words;
  return null;
}

export function offerDownloads(holder, graph, rows, name) {
  const file = name.replace(/[^\w.=-]+/g, "_");
  const kinds = [
    ["CSV", async () => new Blob([csv(rows)], {type: "text/csv"})],
    ["SVG", async () => new Blob([await graph.toSVG()], {type: "image/svg+xml"})],
    ["PNG", async () => (await fetch(await graph.toImageURL("png", 2))).blob()],
  ];
  holder.replaceChildren(...(graph ? kinds : rows.length ? kinds.slice(0, 1) : []).map(([kind, make]) => {
    const button = Object.assign(document.createElement("button"), {type: "button", textContent: kind});
    button.setAttribute("aria-label", `Download as ${kind}`);
    button.onclick = async () => save(await make(), `${file}.${kind.toLowerCase()}`);
    return button;
  }));
}

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// As RFC 4180 has it.
function csv(rows) {
  const quoted = value => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const names = Object.keys(rows[0]);
  return [names, ...rows.map(row => names.map(name => row[name]))].map(row => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}
