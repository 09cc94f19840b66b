// The Scaling page. All that is chosen is in the address, #/scaling?machine=...: every change goes
// there, and the page is drawn from it, so that a link restores the view.

import {points, scalingRows} from "./numbers.js";
import {choose, href, label, offered, settle} from "./choice.js";
import {drawFacts, drawMatrix, drawMissing, drawNumbers} from "./tables.js";
import {drawPythons, drawScaling, offerDownloads} from "./graphs.js";

const HERE = new URL(".", import.meta.url);
const SHOWS = {speedup: "Speedup", efficiency: "Efficiency", time: "Time", cost: "Cost"};
const $ = selector => document.querySelector(selector);
const fetched = new Map();
let drawn = 0;

function load(path) {
  if (!fetched.has(path)) {
    fetched.set(path, fetch(new URL(path, HERE)).then(answer => {
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${answer.statusText}`);
      return answer.json();
    }));
    fetched.get(path).catch(() => fetched.delete(path));
  }
  return fetched.get(path);
}

// A run is {python, commit, facts, times, leaders}, or null where there is none.
async function loadRun(machine, environment, commit) {
  if (!environment || !environment.commits.includes(commit)) return null;
  const run = await load(`runs/${encodeURIComponent(machine.folder)}/${environment.number}-${commit.slice(0, 12)}.json`);
  return {...run, environment, commit};
}

async function show(address) {
  const turn = ++drawn;
  $("#scaling-display").hidden = false;
  document.body.classList.add("scaling-shown");
  try {
    const index = await load("index.json");
    if (turn === drawn) await draw(index, choose(index, address), turn);
  } catch (error) {
    if (turn === drawn) $("#scaling-note").textContent = `This could not be shown: ${error.message}`;
    throw error;
  }
}

async function draw(index, first, turn) {
  let chosen = first;
  $("#scaling-note").textContent = chosen.notes.join(" ");
  document.querySelectorAll(".scaling-serial").forEach(element => { element.textContent = index.serial; });
  if (!chosen.machine || !chosen.workload) {
    $("#scaling-note").textContent = "There are no results of benchmarks that have a parameter for workers.";
    return;
  }
  const {machine, environment, commit} = chosen;
  const [run, beside, ...others] = await Promise.all([
    loadRun(machine, environment, commit),
    chosen.beside ? loadRun(machine, chosen.beside.environment, chosen.beside.commit) : null,
    ...machine.environments.map(other => loadRun(machine, other, commit)),
  ]);
  const specs = await load("charts.json");
  if (turn !== drawn) return;

  chosen = settle(index, chosen, run);
  offer(index, chosen);
  drawMatrix($("#scaling-matrix"), index, run, chosen);
  $("#scaling-graph-title").textContent = `${label(index, chosen.workload.key)}: ${SHOWS[chosen.show].toLowerCase()} against workers`;
  const shown = [run, beside].filter(one => one);
  const rows = shown.flatMap(one => scalingRows(points(one.times[chosen.workload.key] ?? []), index.serial, machine.cpus,
    `Python ${one.environment.label}, ${one.commit.slice(0, 8)}`));
  drawMissing($("#scaling-missing"), rows);
  drawNumbers($("#scaling-numbers"), rows);
  $("#scaling-leader").textContent = leaderWords(run, chosen.workload.key, machine);

  const runs = others.filter(one => one);
  drawFacts($("#scaling-facts"), $("#scaling-confound"), $("#scaling-unread"), machine, runs, index.unread);
  const name = `${chosen.workload.key}-${machine.name}-${environment.label}-${commit.slice(0, 8)}`;
  const graph = await drawScaling($("#scaling-graph"), specs[chosen.show], rows, chosen.show);
  offerDownloads($('[data-chart="graph"]'), graph, rows, `${chosen.show}-${name}`);
  const pythons = await drawPythons($("#scaling-pythons"), $("#scaling-pythons-title"), specs.pythons, index, chosen, runs);
  offerDownloads($('[data-chart="pythons"]'), pythons.graph, pythons.rows, `pythons-${name}`);
  if (turn === drawn) $("#scaling-page").dataset.drawn = window.location.hash;
}

function leaderWords(run, key, machine) {
  if (!run || !run.leaders[key]) return "";
  const [strategy, since] = run.leaders[key];
  if (!strategy) return "";
  const day = new Date(machine.commits[since]).toISOString().slice(0, 10);
  const start = since === run.environment.commits[0] ? "the first commit measured" : "commit";
  return `On this Python ${strategy} has led since ${start}, ${since.slice(0, 8)} (${day}): no other has been told apart from it as faster.`;
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

// asv calls this with {name: [value, ...]} of the address.
function start() {
  window.jQuery.asv.register_page("scaling", said => {
    show(Object.fromEntries(Object.entries(said).map(([name, values]) => [name, values[0] ?? ""])));
  });
  window.addEventListener("hashchange", () => {
    if (/^#\/?scaling(\?|$)/.test(window.location.hash)) return;
    drawn++;
    $("#scaling-display").hidden = true;
    document.body.classList.remove("scaling-shown");
  });
  document.querySelectorAll("#scaling-page form").forEach(form => form.addEventListener("submit", event => event.preventDefault()));
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if ($("#scaling-display").hidden || window.innerWidth === width) return;
    width = window.innerWidth;
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  });
}

window.jQuery(start);
