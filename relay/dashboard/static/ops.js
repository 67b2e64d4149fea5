// Refreshing, confirmation dialogs, the theme, charts and keyboard shortcuts.
// Without JavaScript the pages still work, except for refreshing and charts.

const byId = (id) => document.getElementById(id);

// --- Refreshing. The live region is reloaded while the page is visible and the user is not typing or selecting in it.

const INTERVAL_KEY = "relay-interval";
const bar = byId("live-bar");
const interval = byId("live-interval");
const status = byId("live-state");
let timer = 0;
let failures = 0;
let openDetails = [];

const intervalSeconds = () => Number(interval.value);
const isBusy = () => {
  const live = byId("live");
  const typing = live.contains(document.activeElement) && document.activeElement.matches("input,select,textarea");
  const selecting = !document.getSelection().isCollapsed && live.contains(document.getSelection().anchorNode);
  return typing || selecting || document.querySelector("dialog[open]") !== null;
};

function showStatus(text, tone = "") {
  // Screen readers announce every change of the text.
  if (status.textContent !== text) status.textContent = text;
  status.className = tone;
}

function scheduleRefresh() {
  window.clearTimeout(timer);
  if (!intervalSeconds()) return showStatus("Refreshing is off", "off");
  if (document.hidden) return showStatus("Paused while hidden", "off");
  if (!failures) showStatus("Live");
  // Back off after failures, but retry at least every 30 seconds: the server may only be restarting.
  const delay = Math.min(intervalSeconds() * 2 ** Math.min(failures, 4), Math.max(intervalSeconds(), 30));
  timer = window.setTimeout(refresh, delay * 1000);
}

function refresh() {
  window.clearTimeout(timer);
  if (!byId("live") || document.hidden) return;
  if (isBusy()) return scheduleRefresh();
  window.htmx.trigger("#live", "refresh");
}

function handleFailure() {
  failures += 1;
  showStatus("Connection lost, retrying", "lost");
  scheduleRefresh();
}

function startRefreshing() {
  bar.hidden = false;
  const stored = localStorage.getItem(INTERVAL_KEY);
  if (stored !== null && [...interval.options].some((option) => option.value === stored)) interval.value = stored;
  interval.addEventListener("change", () => {
    localStorage.setItem(INTERVAL_KEY, interval.value);
    failures = 0;
    scheduleRefresh();
  });
  document.addEventListener("visibilitychange", () => (document.hidden || !intervalSeconds() ? scheduleRefresh() : refresh()));
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target.id !== "live" || detail.serverResponse.includes('id="live"')) return;
    // The response is another page: the session has ended, or the object no longer exists. Load it completely.
    detail.shouldSwap = false;
    window.location.reload();
  });
  document.addEventListener("htmx:beforeSwap", () => {
    openDetails = [...document.querySelectorAll("#live details[open][id]")].map((details) => details.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of openDetails) byId(id)?.setAttribute("open", "");
    drawCharts();
    failures = 0;
    scheduleRefresh();
  });
  document.addEventListener("htmx:sendError", handleFailure);
  document.addEventListener("htmx:timeout", handleFailure);
  document.addEventListener("htmx:responseError", handleFailure);
  scheduleRefresh();
}

// --- Confirmation before an action.

function confirmAction(form) {
  const dialog = byId("confirm");
  byId("confirm-question").textContent = form.dataset.confirm;
  byId("confirm-button").textContent = form.dataset.button;
  dialog.returnValue = "no";
  dialog.showModal();
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    const confirmed = document.createElement("input");
    Object.assign(confirmed, { type: "hidden", name: "confirmed", value: "yes" });
    form.append(confirmed);
    form.submit();
  }, { once: true });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.confirm || form.elements.confirmed) return;
  event.preventDefault();
  confirmAction(form);
});

// --- Theme. A cookie stores it, so that the server renders the page in the right theme at once.

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

// --- Charts. A figure has its points as JSON, and one legend item per series, whose swatch sets the color.

const plots = new Map();
const color = (element, property = "color") => getComputedStyle(element)[property];

// Axis steps of whole numbers only, because events cannot be fractional.
const WHOLE_STEPS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6].flatMap((power) => [power, 2 * power, 5 * power]);

function chartOptions(figure, width) {
  const axis = { stroke: color(figure), grid: { stroke: color(figure, "borderTopColor"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  const series = [...figure.querySelectorAll("[data-series]")].map((item) => {
    const stroke = color(item.querySelector(".swatch"), "backgroundColor");
    const fill = item.dataset.fill === undefined ? undefined : stroke.replace("rgb(", "rgba(").replace(")", ", .14)");
    return { label: item.dataset.series, stroke, fill, width: 1.75, points: { show: false } };
  });
  return {
    width,
    height: Number(figure.dataset.height ?? 180),
    legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    tzDate: (timestamp) => window.uPlot.tzDate(new Date(timestamp * 1000), "UTC"),
    scales: { y: { range: (_, __, maximum) => [0, Math.max(maximum * 1.1, 1)] } },
    axes: [{ ...axis, grid: { show: false }, values: formatAxisTimes, space: 60, size: 28 }, { ...axis, size: 46, incrs: WHOLE_STEPS }],
    series: [{}, ...series],
    hooks: { setCursor: [(plot) => showReadout(figure, plot)] },
  };
}

// Times for up to two days, dates for longer ranges.
function formatAxisTimes(plot, splits) {
  const timestamps = plot.data[0];
  const showDates = timestamps[timestamps.length - 1] - timestamps[0] > 2 * 86_400;
  return splits.map((timestamp) => {
    const text = new Date(timestamp * 1000).toISOString();
    return showDates ? text.slice(5, 10) : text.slice(11, 16);
  });
}

function showReadout(figure, plot) {
  const index = plot.cursor.idx;
  const readout = figure.querySelector(".readout");
  if (!readout) return;
  const time = index == null ? "" : new Date(plot.data[0][index] * 1000).toISOString().slice(5, 16).replace("T", " ");
  const values = index == null ? [] : plot.series.slice(1).map((series, i) => `${series.label} ${plot.data[i + 1][index] ?? 0}`);
  readout.textContent = [time, ...values].filter(Boolean).join(" · ");
}

function drawCharts() {
  for (const plot of plots.values()) plot.destroy();
  plots.clear();
  if (!window.uPlot) return;
  for (const figure of document.querySelectorAll("figure[data-points]")) {
    const container = figure.querySelector(".plot");
    const options = chartOptions(figure, container.clientWidth);
    plots.set(figure, new window.uPlot(options, JSON.parse(figure.dataset.points), container));
  }
}

new ResizeObserver(() => {
  for (const [figure, plot] of plots) {
    plot.setSize({ width: figure.querySelector(".plot").clientWidth, height: plot.height });
  }
}).observe(byId("main"));

// --- On narrow screens the navigation scrolls sideways: show the current entry.

const current = document.querySelector(".side nav [aria-current]");
if (current) current.parentElement.scrollLeft = current.offsetLeft - current.parentElement.clientWidth / 2;

// --- Keyboard shortcuts.

let afterG = false;

function handleKey(key) {
  if (afterG) {
    afterG = false;
    document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
  } else if (key === "g") {
    afterG = true;
    window.setTimeout(() => (afterG = false), 1500);
  } else if (key === "?") byId("keys")?.showModal();
  else if (key === "/") focusSearch();
  else if (key === "." && interval) {
    interval.value = intervalSeconds() ? "0" : "5";
    interval.dispatchEvent(new Event("change"));
  } else return false;
  return true;
}

function focusSearch() {
  const field = document.querySelector("[data-search]");
  if (field) field.focus();
  else window.location.assign("/ops/events#search");
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input,select,textarea,[contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (handleKey(event.key)) event.preventDefault();
});

const keysButton = byId("show-keys");
if (keysButton) {
  keysButton.hidden = false;
  keysButton.addEventListener("click", () => byId("keys").showModal());
}
if (window.location.hash === "#search") document.querySelector("[data-search]")?.focus();

drawCharts();
if (bar && byId("live")) startRefreshing();
