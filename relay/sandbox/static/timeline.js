// Puts newly received events on top of the timeline, once a second while the page is in view.
"use strict";

const timeline = document.getElementById("timeline");
const live = document.getElementById("live");
const company = document.getElementById("company");
const MOST_ROWS = 500;

async function refresh() {
  const query = new URLSearchParams({ after: timeline.dataset.after, company: company.value });
  const answer = await fetch(`/newer?${query}`, { cache: "no-store" });
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}`);
  show(await answer.json());
}

function show(newer) {
  if (String(newer.resets) !== timeline.dataset.resets || newer.received < Number(timeline.dataset.after)) {
    // Everything was forgotten, or the sandbox is another one by now.
    window.location.reload();
    return;
  }
  timeline.insertAdjacentHTML("afterbegin", newer.html); // escaped by the server's template
  timeline.dataset.after = newer.received;
  while (timeline.children.length > MOST_ROWS) timeline.lastElementChild.remove();
  document.getElementById("empty").hidden = timeline.children.length > 0;
  const received = document.getElementById("received");
  if (received.textContent !== String(newer.received)) received.textContent = newer.received;
  offer(newer.names);
}

function offer(names) {
  const known = new Set([...company.options].map((option) => option.value));
  for (const name of names) if (!known.has(name)) company.add(new Option(name, name));
}

async function tick() {
  if (!document.hidden) {
    const lost = await refresh().then(() => false, () => true);
    live.classList.toggle("lost", lost);
    live.textContent = lost ? "The sandbox does not answer" : "Live";
  }
  window.setTimeout(tick, 1000);
}

live.hidden = false;
document.querySelector("form button").hidden = true;
company.addEventListener("change", () => company.form.submit());
tick();
