// The Scaling page. All that is chosen is in the address, #/scaling?machine=...: every change goes
// there, and the page is drawn from it, so that a link restores the view.

const $ = selector => document.querySelector(selector);
let drawn = 0;

async function show(address) {
  const turn = ++drawn;
  $("#scaling-display").hidden = false;
  document.body.classList.add("scaling-shown");
  try {
    const index = await load("index");
    if (turn === drawn) await draw(index, choose(index, address), turn);
  } catch (error) {
    if (turn === drawn) $("#scaling-note").textContent = `This could not be shown: ${error.message}`;
    throw error;
  }
}

async function draw(index, first, turn) {
  let chosen = first;
  $("#scaling-note").textContent = chosen.notes.join(" ");
  const title = $(".scaling-alone h1");
  if (title) title.textContent = document.title = `Scaling of ${index.project}`;
  $("#scaling-baseline").textContent = index.baseline;
  drawLists($("#scaling-not-shown"), index);
  if (!chosen.machine || !chosen.workload) {
    $("#scaling-note").textContent = index.nothing || "There are no results of these benchmarks.";
    document.querySelectorAll("#scaling-page > :is(form, .scaling-results)").forEach(part => { part.hidden = true; });
    $("#scaling-page").dataset.drawn = window.location.hash;
    return;
  }
  const {machine, environment, commit} = chosen;
  const [published, beside, specs] = await Promise.all([
    loadCommit(index, machine, commit),
    chosen.beside ? loadCommit(index, machine, chosen.beside.commit) : null,
    load("charts"),
  ]);
  if (turn !== drawn) return;

  const run = published.runs[environment.number];
  chosen = settle(index, chosen, run);
  const {workload, strategy} = chosen;
  offer(index, chosen);
  const results = resultsOf(index, run, workload);
  drawMatrix($("#scaling-matrix"), $("#scaling-matrix-note"), index, run, chosen);
  $("#scaling-graph-title").textContent = `${workload.label}: ${SHOWS[chosen.show].toLowerCase()} against workers`;
  const shown = [[run, environment, commit]];
  if (beside) shown.push([beside.runs[chosen.beside.environment.number], chosen.beside.environment, chosen.beside.commit]);
  const rows = shown.flatMap(([one, of, place]) => workloadRows(workload, resultsOf(index, one, workload),
    {panel: `Python ${of.label}, ${machine.commits[place][0].slice(0, 8)}`, cpus: machine.cpus}));
  drawMissing($("#scaling-missing"), rows);
  drawNumbers($("#scaling-numbers"), rows, machine, workload.work);
  drawTaken($("#scaling-taken"), machine);
  $("#scaling-leader").textContent = leaderWords(results, machine, environment);
  drawFacts($("#scaling-facts"), machine, published);
  drawDifferences($("#scaling-differences"), machine, published);

  const name = `${workload.key}-${machine.name}-${environment.label}-${machine.commits[commit][0].slice(0, 8)}`;
  const graph = await drawScaling($("#scaling-graph"), specs[chosen.show], rows, chosen.show, results?.why);
  offerDownloads($('[data-chart="graph"]'), graph, rows, `${chosen.show}-${name}`);
  const measured = machine.environments.filter(other => published.runs[other.number]).map(other => other.label);
  const across = pythonRows(index, published, workload, machine.environments).filter(row => !strategy || row.strategy === strategy);
  $("#scaling-pythons-title").textContent = `${workload.label}: the same time on each Python`;
  const pythons = await drawPythons($("#scaling-pythons"), specs.pythons, across, measured);
  offerDownloads($('[data-chart="pythons"]'), pythons, across, `pythons-${name}`);
  drawGil(index, published, machine, environment);
  if (turn === drawn) $("#scaling-page").dataset.drawn = window.location.hash;
}

function leaderWords(results, machine, environment) {
  const [strategy, since] = results?.leads ?? [];
  if (!strategy) return "";
  const [hash, date] = machine.commits[since];
  const start = since === environment.commits[0] ? "the first commit measured" : "commit";
  return `On this Python ${strategy} has led since ${start}, ${hash.slice(0, 8)} (${day(date)}): no other has been told apart from it as faster.`;
}

// Fill the selects with what there is, and the address with what is chosen of it.
function offer(index, chosen) {
  for (const [name, {options, value}] of Object.entries(offered(index, chosen))) {
    const select = $(`#scaling-page select[name="${name}"]`);
    select.replaceChildren(...options.map(([option, words]) => new Option(words, option, false, option === value)));
    select.disabled = options.length < 2;
    select.onchange = () => go({...chosen.address, [name]: select.value});
  }
  const boxes = Object.entries(SHOWS).map(([name, words]) => {
    const box = Object.assign(document.createElement("input"), {type: "radio", name: "show", value: name});
    box.checked = name === chosen.show;
    box.onchange = () => go({...chosen.address, show: name});
    const holder = document.createElement("label");
    holder.append(box, words);
    return holder;
  });
  const focused = document.activeElement?.name === "show";
  const holder = $("#scaling-show");
  holder.replaceChildren(holder.querySelector("legend"), ...boxes);
  if (focused) holder.querySelector("input:checked").focus();
}

function go(address) {
  window.location.hash = href(address);
}

// The names and values of the address, of the first of each name.
function asked() {
  const said = new URLSearchParams(window.location.hash.split("?").slice(1).join("?"));
  return Object.fromEntries([...said].reverse());
}

const isOurs = () => /^#\/?scaling(\?|$)/.test(window.location.hash);

function start() {
  const asv = window.jQuery?.asv;
  if (asv) {
    // asv calls this when the address is ours.
    asv.register_page("scaling", () => show(asked()));
    window.addEventListener("hashchange", () => {
      if (isOurs()) return;
      drawn++;
      $("#scaling-display").hidden = true;
      document.body.classList.remove("scaling-shown");
    });
  } else {
    window.addEventListener("hashchange", () => show(asked()));
    show(asked());
  }
  document.querySelectorAll("#scaling-page form").forEach(form => form.addEventListener("submit", event => event.preventDefault()));
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if ($("#scaling-display").hidden || window.innerWidth === width) return;
    width = window.innerWidth;
    show(asked());
  });
}

if (window.jQuery) window.jQuery(start);
else start();
