// Which view an address shows; what changes in the fleet; dark and light.

import { ask } from "/page/api.js";
import { drawAll } from "/page/charts.js";
import { h, link, say } from "/page/html.js";
import { fleet } from "/page/fleet.js";
import { unit } from "/page/unit.js";
import { alertList, alertStory } from "/page/alerts.js";
import { cohorts } from "/page/cohorts.js";

const VIEWS = [
  [/^\/$/, "fleet", fleet],
  [/^\/units\/([^/]+)$/, "fleet", unit],
  [/^\/alerts$/, "alerts", alertList],
  [/^\/alerts\/(.+)$/, "alerts", alertStory],
  [/^\/cohorts$/, "cohorts", cohorts],
];
const main = document.getElementById("main");
let shown = null, turn = 0, waiting = null;

async function open(focus) {
  const mine = ++turn;
  shown = null;
  const [found, page, view] = VIEWS.map(([pattern, name, make]) => [pattern.exec(location.pathname), name, make]).find(([match]) => match) ?? [null];
  for (const entry of document.querySelectorAll("nav a")) {
    entry.removeAttribute("aria-current");
    if (page && entry.dataset.page === page) entry.setAttribute("aria-current", "page");
  }
  try {
    if (!found) throw new Error(`There is no page ${location.pathname}.`);
    const made = await view(...found.slice(1).map(decodeURIComponent));
    if (mine !== turn) return;
    shown = made;
    main.replaceChildren(...made.content);
    document.title = `${made.title} – EDU Twin`;
  } catch (error) {
    if (mine !== turn) return;
    main.replaceChildren(h("h1", {}, "This cannot be shown"), h("p", {}, error.message));
    document.title = "EDU Twin";
  }
  drawAll();
  main.setAttribute("data-ready", location.pathname);
  if (focus) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
    shown?.first?.scrollIntoView();
  }
}

addEventListener("click", (event) => {
  const target = event.target.closest("a[href^='/']");
  if (!target || event.button || event.metaKey || event.ctrlKey || event.shiftKey || target.pathname.startsWith("/v1/")) return;
  event.preventDefault();
  main.removeAttribute("data-ready");
  history.pushState(null, "", target.href);
  open(true);
});
addEventListener("popstate", () => open(false));

let resized = null;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(drawAll, 100);
});

// Live: what changed is shown a second later, however many events say so.
const live = document.getElementById("live");
const events = new EventSource("/v1/live");
const changed = new Set(), urgent = new Map();
let reload = false;

function placeOf(element) {
  // Where the keyboard is: what is shown anew has an element there again.
  if (!main.contains(element)) return null;
  if (element.id) return `#${CSS.escape(element.id)}`;
  const href = element.getAttribute("href");
  return href && `a[href="${CSS.escape(href)}"]`;
}

function soon() {
  waiting ??= setTimeout(async () => {
    waiting = null;
    const units = new Set(changed), all = reload;
    changed.clear();
    reload = false;
    const place = placeOf(document.activeElement);
    try {
      await shown?.update?.(units, all);
    } catch (error) {
      say(`Not up to date: ${error.message}`); // the next change tries again
    }
    drawAll();
    if (place && document.activeElement === document.body) main.querySelector(place)?.focus({ preventScroll: true });
  }, 1000);
}

events.addEventListener("open", () => {
  if (live.dataset.on === "no") { reload = true; soon(); } // what was told meanwhile was missed
  live.textContent = "Live";
  live.dataset.on = "yes";
});
events.addEventListener("error", () => { live.textContent = "Not connected"; live.dataset.on = "no"; });
events.addEventListener("twin", (event) => {
  const twin = JSON.parse(event.data);
  changed.add(twin.unit);
  const why = twin.state === "act" ? twin.reasons[0].text : null;
  if (why && urgent.get(twin.unit) !== why) say(`${twin.unit} needs action: ${why}`);
  urgent.set(twin.unit, why);
  soon();
});
events.addEventListener("reload", () => { reload = true; soon(); });

// Dark and light: as the system says, until somebody chooses.
const button = document.getElementById("theme");
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (localStorage.getItem("theme") ?? (system.matches ? "dark" : "light")) === "dark";
function paint() {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  button.textContent = isDark() ? "Light" : "Dark";
  button.setAttribute("aria-label", `Show in ${isDark() ? "light" : "dark"} colours`);
  drawAll();
}
button.addEventListener("click", () => { localStorage.setItem("theme", isDark() ? "light" : "dark"); paint(); });
system.addEventListener("change", paint);

paint();
open(false);
ask("fleet").then(({ grafana_url }) => { // without it there is no such link
  if (grafana_url) document.querySelector("nav").append(link(`${grafana_url}/d/edu-fleet/`, "Dashboards"));
}, () => null);
