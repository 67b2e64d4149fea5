// Adds new events at the top of the timeline, once per second while the page is visible.
"use strict";

const timeline = document.getElementById("timeline");
const live = document.getElementById("live");
const company = document.getElementById("company");
const MAX_ROWS = 500;

async function refresh() {
  const query = new URLSearchParams({ after: timeline.dataset.after, company: company.value });
  const response = await fetch(`/newer?${query}`, { cache: "no-store" });
  if (!response.ok) throw new Error(`the sandbox answered with status ${response.status}`);
  show(await response.json());
}

function show(newer) {
  if (String(newer.resets) !== timeline.dataset.resets || newer.received < Number(timeline.dataset.after)) {
    // The sandbox was reset or restarted, so the rows on this page no longer exist.
    window.location.reload();
    return;
  }
  timeline.insertAdjacentHTML("afterbegin", newer.html); // escaped by the server's template
  timeline.dataset.after = newer.received;
  while (timeline.children.length > MAX_ROWS) timeline.lastElementChild.remove();
  document.getElementById("empty").hidden = timeline.children.length > 0;
  const received = document.getElementById("received");
  if (received.textContent !== String(newer.received)) received.textContent = newer.received;
  addCompanies(newer.company_names);
}

function addCompanies(names) {
  const listed = new Set([...company.options].map((option) => option.value));
  for (const name of names) if (!listed.has(name)) company.add(new Option(name, name));
}

async function tick() {
  if (!document.hidden) {
    const lost = await refresh().then(() => false, () => true);
    live.classList.toggle("lost", lost);
    live.textContent = lost ? "The sandbox does not respond" : "Live";
  }
  window.setTimeout(tick, 1000);
}

live.hidden = false;
document.querySelector("form button").hidden = true;
company.addEventListener("change", () => company.form.submit());
tick();
