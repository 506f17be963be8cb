// Charts over time: lines with 90 % bands, drawn by uPlot, with words and numbers beside for those who do not see them.

import { h, table } from "/page/html.js";
import { Z90, day, digits, fixed, moment, scaleOf, unitOf } from "/page/words.js";

const HEIGHT = 260, NUMBERS = 40, DAY_S = 86400, PARKED_S = 1800;
const seconds = (time) => Date.parse(time) / 1000;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const drawn = new Set();

export function timeChart(title, history, names, marks = []) {
  // history: of the API; names: its fields to draw; marks: [{ day, text }] of UTC days since 1970.
  const columns = names.map((name) => history.columns.find((one) => one.name === name));
  const known = columns.filter((column) => column.values.some((value) => value !== null));
  if (!history.times.length || !known.length) {
    return h("figure", { class: "chart empty" }, h("figcaption", {}, h("strong", {}, title)), h("p", {}, "No points in this stretch of time."));
  }
  const { times, told } = history.series === "state" ? apart(history) : { times: history.times.map(seconds), told: history };
  return figureOf(title, subtitle(known, history), `${title}: ${summary(known, history)}`, history.times.length, numbers(title, history, known),
    (holder) => draw(holder, times, told, names, marks), legend(known));
}

export function figureOf(title, subtitle, summary, points, numbers, paint, legend = null) {
  // paint(holder, colour) draws into the holder, again whenever its size or the colours change.
  const holder = h("div", { class: "canvas", role: "img", "aria-label": summary });
  drawn.add({ holder, draw: () => holder.clientWidth && paint(holder, colour) });
  return h("figure", { class: "chart", "data-points": String(points) },
    h("figcaption", {}, h("strong", {}, title), " ", h("span", { class: "muted" }, subtitle)), legend, holder, numbers);
}

export function drawAll() {
  for (const chart of drawn) {
    // Made before its view is shown, forgotten after.
    if (chart.holder.isConnected) { chart.shown = true; chart.draw(); }
    else if (chart.shown) drawn.delete(chart);
  }
}

function apart(history) {
  // Between two drives nothing is known: the line breaks there.
  const times = [], from = [];
  history.times.map(seconds).forEach((time, place) => {
    if (place && time - times.at(-1) > PARKED_S) { times.push(times.at(-1) + 1); from.push(null); }
    times.push(time);
    from.push(place);
  });
  const columns = history.columns.map((column) => ({ ...column, values: from.map((place) => (place === null ? null : column.values[place])) }));
  return { times, told: { ...history, columns } };
}

function draw(holder, times, history, names, marks) {
  const columns = names.map((name) => history.columns.find((one) => one.name === name)).filter((column) => column.values.some((value) => value !== null));
  const data = [times], series = [{}], bands = [];
  columns.forEach((column, place) => {
    const scale = scaleOf(column.unit, column.name), ink = colour(`--line-${place % 6}`);
    const sd = history.columns.find((one) => one.name === column.sd)?.values;
    const edge = (side) => column.values.map((value, at) => (value === null || sd[at] === null ? null : (value + side * Z90 * sd[at]) * scale));
    if (sd) {
      bands.push({ series: [data.length + 1, data.length], fill: `${ink}33` });
      data.push(edge(-1), edge(1));
      series.push({ show: true, width: 0, points: { show: false } }, { show: true, width: 0, points: { show: false } });
    }
    data.push(column.values.map((value) => (value === null ? null : value * scale)));
    series.push({ label: column.label, stroke: ink, width: 2, points: { show: times.length < 80, size: 5, fill: ink }, spanGaps: history.series !== "state" });
  });
  plot(holder, { data, series, bands, unit: unitOf(columns[0].unit, columns[0].name), marks });
}

export function plot(holder, { data, series, bands, unit, marks = [], decades = null }) {
  // data: seconds, then a row of values for each of series; decades: from where to where a logarithmic scale goes.
  const ink = colour("--muted"), grid = { stroke: colour("--grid"), width: 1 };
  const axis = { stroke: ink, grid, ticks: grid, font: "12px system-ui, sans-serif" };
  const options = {
    width: holder.clientWidth, height: HEIGHT, series, bands, legend: { show: false },
    tzDate: (time) => uPlot.tzDate(new Date(time * 1000), "Etc/UTC"),
    scales: {
      x: { time: true, range: (_, low, high) => (high > low ? [low, high] : [low - DAY_S / 2, high + DAY_S / 2]) },
      ...(decades ? { y: { distr: 3, range: () => decades } } : {}),
    },
    axes: [{ ...axis, space: 64, values: ticks }, { ...axis, size: decades ? 92 : 62, label: unit || null, labelSize: 18, labelFont: axis.font }],
    cursor: { drag: { x: true, y: false } },
    hooks: { draw: [(plot) => marks.forEach((mark, place) => line(plot, mark, place))] },
  };
  holder.replaceChildren();
  new uPlot(options, data, holder);
}

function ticks(_, splits, __, ___, step) {
  // Days as "5 Nov"; within a day times, with the day where it begins.
  let before = null;
  return splits.map((time) => {
    const text = day(time / DAY_S), short = text.slice(0, text.lastIndexOf(" "));
    if (step >= DAY_S) return short;
    const clock = new Date(time * 1000).toISOString().slice(11, 16), named = short === before ? clock : `${clock}\n${short}`;
    before = short;
    return named;
  });
}

function line(plot, mark, place) {
  const at = plot.valToPos(mark.day * DAY_S, "x", true), { left, top, width, height } = plot.bbox;
  if (at < left || at > left + width) return;
  const paint = plot.ctx, ratio = devicePixelRatio;
  paint.save();
  paint.strokeStyle = paint.fillStyle = colour("--act");
  paint.lineWidth = 1.5 * ratio;
  paint.setLineDash([5 * ratio, 4 * ratio]);
  paint.beginPath();
  paint.moveTo(at, top);
  paint.lineTo(at, top + height);
  paint.stroke();
  paint.font = `${12 * ratio}px system-ui, sans-serif`;
  const right = at > left + width * 0.7;
  paint.textAlign = right ? "right" : "left";
  paint.fillText(mark.text, at + (right ? -5 : 5) * ratio, top + 14 * (1 + place % 3) * ratio);
  paint.restore();
}

function legend(columns) {
  if (columns.length < 2) return null;
  return h("ul", { class: "legend" }, columns.map((column, place) => h("li", { vars: { "--ink": `var(--line-${place % 6})` } }, column.label)));
}

function subtitle(columns, history) {
  const banded = columns.some((column) => column.sd) ? "shaded: 90 % interval; " : "";
  return `${banded}${history.times.length} points${history.thinned ? ", thinned" : ""}`;
}

function shown(value, column) {
  const scaled = value * scaleOf(column.unit, column.name);
  return `${fixed(scaled, digits(scaled, null))} ${unitOf(column.unit, column.name)}`.trim();
}

function summary(columns, history) {
  const each = columns.map((column) => {
    const values = column.values.filter((value) => value !== null);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return `${column.label} from ${shown(low, column)} to ${shown(high, column)}, last ${shown(values.at(-1), column)}`;
  });
  return `${each.join("; ")}; ${moment(history.times[0])} to ${moment(history.times.at(-1))}`;
}

function numbers(title, history, columns) {
  const from = Math.max(0, history.times.length - NUMBERS);
  const details = h("details", {}, h("summary", {}, "Numbers"));
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    const rows = history.times.slice(from).map((time, place) => [
      moment(time), ...columns.map((column) => (column.values[from + place] === null ? null : shown(column.values[from + place], column))),
    ]).reverse();
    details.append(table(`${title}, newest ${rows.length} points`, [["Time"], ...columns.map((one) => [one.label, "number"])], rows));
  });
  return details;
}
