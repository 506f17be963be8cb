// How long a unit's parts go on if it is used as it was: quantiles now, and how they were told over time. Never a date.

import { ask } from "/page/api.js";
import { drawAll, figureOf, plot } from "/page/charts.js";
import { h, table } from "/page/html.js";
import { fan } from "/page/strips.js";
import { count, date, words } from "/page/words.js";

// Lives scatter over decades, so pictures of them are logarithmic: on a linear one what is near cannot be told from none.
const LEAST_KM = 1_000, MOST_KM = 1_000_000; // three design lives: further nobody drives
const km = (value) => (value >= MOST_KM ? `over ${round(MOST_KM)} km` : `${round(value)} km`);
const round = (value) => (Math.round(value / 100) * 100).toLocaleString("en-GB");
const within = (value) => Math.max(LEAST_KM, Math.min(MOST_KM, value));
const RANGE = `${round(LEAST_KM)} to ${round(MOST_KM)} km`;
const COLUMNS = [["Part"], ["Replace by", "number"], ["Half go on for", "number"], ["Nine in ten end by", "number"], ["", "picture"], ["Known from", "name"], ["Since", "name"]];
const EDGES = [["q05", "q95", "22"], ["q10", "q90", "44"]];

export function lives(path) {
  const told = h("div"), drawn = h("div", { class: "charts" });
  const part = h("select", { id: "part", onchange: () => draw() });
  const section = h("section", { "aria-labelledby": "life" }, h("h2", { id: "life" }, "Remaining life"),
    h("p", { class: "muted" }, `Driven as so far. One in twenty does not reach “replace by”; bars hold nine in ten, the mark is the median, from ${RANGE}: each third of the width goes ten times as far. Laws of wear are uncertain by a factor.`),
    told, h("div", { class: "filters" }, h("label", {}, "Part over time ", part)), drawn);
  let known = [];

  async function draw() {
    const one = known.find((own) => own.component === part.value);
    if (!one) return;
    const story = await ask(`${path}/remaining-life/${one.component}`);
    drawn.replaceChildren(chart(one.component, story.points.filter((point) => point.source === one.source && point.km)));
    drawAll();
  }

  async function load(twin) {
    known = twin.remaining_life.filter((one) => one.km);
    section.hidden = !twin.remaining_life.length;
    const near = known.filter((one) => one.km.q05 < MOST_KM), waiting = twin.remaining_life.length - known.length;
    const rest = [
      known.length > near.length && `${count(known.length - near.length, "further part goes", "further parts go")} on for ${km(MOST_KM)}.`,
      waiting && `Of ${waiting} nothing can be said yet: too few days, or nothing worn.`,
    ].filter(Boolean);
    told.replaceChildren(...(near.length ? [table("Remaining life", COLUMNS, near.map(row))] : []), h("p", { class: "muted" }, rest.join(" ")));
    const before = part.value, names = new Map(known.map((one) => [one.component, words(one.component)]));
    part.replaceChildren(...[...names].map(([value, text]) => h("option", { value, selected: value === before }, text)));
    part.parentElement.hidden = !names.size;
    if (names.size) await draw();
  }
  return { section, load };
}

function row(one) {
  return [words(one.component), km(one.km.q05), km(one.km.q50), km(one.km.q90), fan(one.km, LEAST_KM, MOST_KM),
    one.source === "usage" ? "its use" : "what it shows", date(one.since)];
}

function chart(component, points) {
  const title = `${words(component)}: remaining km, as told day by day`;
  if (!points.length) return h("p", {}, "Nothing was told of it yet.");
  const last = points.at(-1).km, times = points.map((point) => Date.parse(point.at) / 1000);
  const summary = `${title}; last: replace by ${km(last.q05)}, half go on for ${km(last.q50)}, nine in ten end by ${km(last.q90)}`;
  const of = (name) => points.map((point) => within(point.km[name]));
  const rows = points.slice(-40).map((point) => [date(point.at), km(point.km.q05), km(point.km.q50), km(point.km.q90)]).reverse();
  const numbers = h("details", {}, h("summary", {}, "Numbers"), table(title, [["Day"], ["Replace by", "number"], ["Half", "number"], ["Nine in ten", "number"]], rows));
  const subtitle = `line: median; shaded: 80 and 90 % intervals, logarithmic, ${RANGE}; ${points.length} days`;
  return figureOf(title, subtitle, summary, points.length, numbers, (holder, colour) => {
    const ink = colour("--line-0"), data = [times], series = [{}], bands = [];
    for (const [low, high, shade] of EDGES) {
      bands.push({ series: [data.length + 1, data.length], fill: ink + shade });
      data.push(of(low), of(high));
      series.push({ width: 0, points: { show: false } }, { width: 0, points: { show: false } });
    }
    data.push(of("q50"));
    series.push({ stroke: ink, width: 2, points: { show: times.length < 80, size: 5, fill: ink } });
    plot(holder, { data, series, bands, unit: "km", decades: [LEAST_KM, MOST_KM] });
  });
}
