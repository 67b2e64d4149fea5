// What a page does beyond its HTML: refreshing, asking before a deed, the theme, charts and the keyboard.
// Everything works without it, but for the refreshing and the charts.

const byId = (id) => document.getElementById(id);

// --- Refreshing. The server is asked again while somebody looks; nothing moves under a hand that is at work.

const EVERY = "relay-every";
const bar = byId("live-bar");
const every = byId("live-every");
const said = byId("live-state");
let timer = 0;
let misses = 0;
let openDetails = [];

const seconds = () => Number(every.value);
const busy = () => {
  const live = byId("live");
  const typing = live.contains(document.activeElement) && document.activeElement.matches("input,select,textarea");
  const marking = !document.getSelection().isCollapsed && live.contains(document.getSelection().anchorNode);
  return typing || marking || document.querySelector("dialog[open]") !== null;
};

function say(text, tone = "") {
  if (said.textContent !== text) said.textContent = text;
  said.className = tone;
}

function wait() {
  window.clearTimeout(timer);
  if (!seconds()) return say("Not refreshing", "off");
  if (document.hidden) return say("Paused while hidden", "off");
  if (!misses) say("Live");
  // After a miss it asks less often, but never less than twice a minute: the server may just be starting again.
  const delay = Math.min(seconds() * 2 ** Math.min(misses, 4), Math.max(seconds(), 30));
  timer = window.setTimeout(refresh, delay * 1000);
}

function refresh() {
  window.clearTimeout(timer);
  if (!byId("live") || document.hidden) return;
  if (busy()) return wait();
  window.htmx.trigger("#live", "refresh");
}

function missed() {
  misses += 1;
  say("Not reached, trying again", "lost");
  wait();
}

function startRefreshing() {
  bar.hidden = false;
  const kept = localStorage.getItem(EVERY);
  if (kept !== null && [...every.options].some((option) => option.value === kept)) every.value = kept;
  every.addEventListener("change", () => {
    localStorage.setItem(EVERY, every.value);
    misses = 0;
    wait();
  });
  document.addEventListener("visibilitychange", () => (document.hidden || !seconds() ? wait() : refresh()));
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target.id !== "live" || detail.serverResponse.includes('id="live"')) return;
    // Another page came: the session has ended, or the thing is gone. Show that, whole.
    detail.shouldSwap = false;
    window.location.reload();
  });
  document.addEventListener("htmx:beforeSwap", () => {
    openDetails = [...document.querySelectorAll("#live details[open][id]")].map((found) => found.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of openDetails) byId(id)?.setAttribute("open", "");
    drawCharts();
    misses = 0;
    wait();
  });
  document.addEventListener("htmx:sendError", missed);
  document.addEventListener("htmx:timeout", missed);
  document.addEventListener("htmx:responseError", missed);
  wait();
}

// --- Asking before a deed.

function askFirst(form) {
  const dialog = byId("ask");
  byId("ask-question").textContent = form.dataset.ask;
  byId("ask-yes").textContent = form.dataset.verb;
  dialog.returnValue = "no";
  dialog.showModal();
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    const yes = document.createElement("input");
    Object.assign(yes, { type: "hidden", name: "confirmed", value: "yes" });
    form.append(yes);
    form.submit();
  }, { once: true });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.ask || form.elements.confirmed) return;
  event.preventDefault();
  askFirst(form);
});

// --- The theme: kept in a cookie, so that the server draws the page in it from the start.

const theme = byId("theme");
if (theme) {
  theme.hidden = false;
  theme.addEventListener("change", () => {
    const age = theme.value ? 31_536_000 : 0;
    document.cookie = `relay_theme=${theme.value}; path=/ops; max-age=${age}; samesite=lax`;
    document.documentElement.dataset.theme = theme.value;
    drawCharts();
  });
}
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawCharts());

// --- Charts. A figure holds its points as JSON, and in its legend one item a series, whose swatch has its colour.

const drawn = new Map();
const colour = (element, property = "color") => getComputedStyle(element)[property];

// Events are not counted by halves.
const WHOLE = [1, 10, 100, 1e3, 1e4, 1e5, 1e6].flatMap((ten) => [ten, 2 * ten, 5 * ten]);

function chartOptions(figure, width) {
  const axis = { stroke: colour(figure), grid: { stroke: colour(figure, "borderTopColor"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  const series = [...figure.querySelectorAll("[data-series]")].map((item) => {
    const stroke = colour(item.querySelector(".swatch"), "backgroundColor");
    const fill = item.dataset.fill === undefined ? undefined : stroke.replace("rgb(", "rgba(").replace(")", ", .14)");
    return { label: item.dataset.series, stroke, fill, width: 1.75, points: { show: false } };
  });
  return {
    width,
    height: Number(figure.dataset.height ?? 180),
    legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    tzDate: (stamp) => window.uPlot.tzDate(new Date(stamp * 1000), "UTC"),
    scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] } },
    axes: [{ ...axis, grid: { show: false }, values: clockOf, space: 60, size: 28 }, { ...axis, size: 46, incrs: WHOLE }],
    series: [{}, ...series],
    hooks: { setCursor: [(plot) => readOut(figure, plot)] },
  };
}

// By the hour within a day, by the day beyond.
function clockOf(plot, splits) {
  const stamps = plot.data[0];
  const days = stamps[stamps.length - 1] - stamps[0] > 2 * 86_400;
  return splits.map((stamp) => {
    const text = new Date(stamp * 1000).toISOString();
    return days ? text.slice(5, 10) : text.slice(11, 16);
  });
}

function readOut(figure, plot) {
  const at = plot.cursor.idx;
  const out = figure.querySelector(".readout");
  if (!out) return;
  const moment = at == null ? "" : new Date(plot.data[0][at] * 1000).toISOString().slice(5, 16).replace("T", " ");
  const values = at == null ? [] : plot.series.slice(1).map((one, place) => `${one.label} ${plot.data[place + 1][at] ?? 0}`);
  out.textContent = [moment, ...values].filter(Boolean).join(" · ");
}

function drawCharts() {
  for (const plot of drawn.values()) plot.destroy();
  drawn.clear();
  if (!window.uPlot) return;
  for (const figure of document.querySelectorAll("figure[data-points]")) {
    const place = figure.querySelector(".plot");
    const options = chartOptions(figure, place.clientWidth);
    drawn.set(figure, new window.uPlot(options, JSON.parse(figure.dataset.points), place));
  }
}

new ResizeObserver(() => {
  for (const [figure, plot] of drawn) {
    plot.setSize({ width: figure.querySelector(".plot").clientWidth, height: plot.height });
  }
}).observe(byId("main"));

// --- On a phone the navigation is a strip: show where one is.

const here = document.querySelector(".side nav [aria-current]");
if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.clientWidth / 2;

// --- The keyboard.

let afterG = false;

function press(key) {
  if (afterG) {
    afterG = false;
    document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
  } else if (key === "g") {
    afterG = true;
    window.setTimeout(() => (afterG = false), 1500);
  } else if (key === "?") byId("keys")?.showModal();
  else if (key === "/") search();
  else if (key === "." && every) {
    every.value = seconds() ? "0" : "5";
    every.dispatchEvent(new Event("change"));
  } else return false;
  return true;
}

function search() {
  const field = document.querySelector("[data-search]");
  if (field) field.focus();
  else window.location.assign("/ops/events#search");
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input,select,textarea,[contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (press(event.key)) event.preventDefault();
});

const keysButton = byId("show-keys");
if (keysButton) {
  keysButton.hidden = false;
  keysButton.addEventListener("click", () => byId("keys").showModal());
}
if (window.location.hash === "#search") document.querySelector("[data-search]")?.focus();

drawCharts();
if (bar && byId("live")) startRefreshing();
