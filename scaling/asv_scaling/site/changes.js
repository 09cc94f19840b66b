// Choosing among the entries of the Changes page, and showing it on asv's page where the address is its own.
(() => {
"use strict";
const $ = selector => document.querySelector(selector);
const rows = [...document.querySelectorAll("#changes-entries tbody tr")];
const form = $("#changes-choice");

function fill(name) {
  const values = [...new Set(rows.map(row => row.dataset[name]))];
  for (const value of values) form.elements[name].append(new Option(value, value));
}

function choose() {
  const {machine, python, kind, benchmark} = Object.fromEntries(new FormData(form));
  const part = benchmark.trim().toLowerCase();
  let count = 0;
  for (const row of rows) {
    const fits = (!machine || row.dataset.machine === machine) && (!python || row.dataset.python === python)
      && (!kind || row.classList.contains(kind)) && row.cells[0].textContent.toLowerCase().includes(part);
    row.hidden = !fits;
    count += fits;
  }
  for (const section of document.querySelectorAll("#changes-entries section")) {
    section.hidden = !section.querySelector("tbody tr:not([hidden])");
  }
  $("#changes-count").textContent = `${count} of ${rows.length} shown`;
}

function start() {
  if (rows.length) {
    fill("machine");
    fill("python");
    form.hidden = false;
    form.addEventListener("input", choose);
    form.addEventListener("submit", event => event.preventDefault());
    choose();
  }
  const asv = window.jQuery?.asv;
  if (!asv) return;
  asv.register_page("changes", () => document.body.classList.add("changes-shown"));
  window.addEventListener("hashchange", () => {
    if (!/^#\/?changes(\?|$)/.test(window.location.hash)) document.body.classList.remove("changes-shown");
  });
}

if (window.jQuery) window.jQuery(start);
else start();
})();
