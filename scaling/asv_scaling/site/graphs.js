// The graphs: Vega-Lite as published, given its rows, its width and its legend.

const LEFT = 96;  // what the axis takes of a graph's width

let embedded = null;

async function embed(holder, spec) {
  embedded ??= addScript("vega.js");
  await embedded;
  holder.vega?.finalize();
  holder.vega = await window.vegaEmbed(holder, spec, {
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

// `why` says why there is no speedup.
async function drawScaling(holder, spec, rows, show, why) {
  const timed = rows.filter(row => row.time !== null);
  const parameters = {
    shown: unique(timed.map(row => row.strategy)),
    ticks: unique(timed.map(row => row.workers)).sort((one, other) => one - other),
  };
  if (!timed.length) return empty(holder, "Nothing was measured here.");
  if (["speedup", "efficiency"].includes(show) && timed.every(row => row.speedup === null)) {
    return empty(holder, `There is no speedup to draw: ${why}.`);
  }
  return embed(holder, filled(spec, rows, holder, unique(rows.map(row => row.panel)).length, parameters));
}

async function drawPythons(holder, spec, rows, measured) {
  if (measured.length < 2 || !rows.length) {
    return empty(holder, `At this commit only Python ${measured.join()} was measured on this machine.`);
  }
  return embed(holder, filled(spec, rows, holder, 1, {shown: unique(rows.map(row => row.strategy))}));
}

function empty(holder, words) {
  holder.vega?.finalize();
  holder.vega = null;
  holder.textContent = words;
  return null;
}

function offerDownloads(holder, graph, rows, name) {
  const file = name.replace(/[^\w.=-]+/g, "_").slice(0, 120);
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
