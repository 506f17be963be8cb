// Small pictures in a line of text: a value with its band on a scale, a bar, a spread. Numbers stand beside them.

import { h } from "/page/html.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 200, HIGH = 18;

function svg(children, high = HIGH) {
  const element = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: `0 0 ${WIDE} ${high}`, class: "strip", "aria-hidden": "true", preserveAspectRatio: "none" };
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  for (const [tag, own] of children.filter(Boolean)) {
    const child = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(own)) child.setAttribute(name, value);
    element.append(child);
  }
  return element;
}

const clamp = (x) => Math.max(0, Math.min(WIDE, x));
const box = (from, to, kind, y = 5, height = 8) => ["rect", { x: clamp(from), y, width: Math.max(1, clamp(to) - clamp(from)), height, class: kind }];

export function band(value, half, low, high) {
  // A value with half the width of its interval, on a scale from low to high.
  const at = (x) => ((x - low) / (high - low)) * WIDE;
  return svg([box(0, WIDE, "track"), box(at(value - half), at(value + half), "band", 3, 12), box(at(value) - 1.5, at(value) + 1.5, "value", 1, 16)]);
}

export function deviation(z) {
  // Standard deviations from the centre of the peers; within three is usual.
  const at = (x) => ((Math.max(-7.8, Math.min(7.8, x)) + 8) / 16) * WIDE, far = Math.abs(z) > 3;
  return svg([box(0, WIDE, "track"), box(at(-3), at(3), "usual"), box(at(0) - 0.5, at(0) + 0.5, "centre", 2, 14),
    box(at(z) - 2.5, at(z) + 2.5, far ? "far" : "value", 1, 16)]);
}

export function against(ratio, most) {
  // Damage over that of the design profile; the mark is the design. Laws scatter by factors: twice is nothing to act on.
  const at = (x) => (x / most) * WIDE;
  return svg([box(0, WIDE, "track"), box(0, at(ratio), ratio > 4 ? "far" : ratio > 2 ? "warm" : "band"), box(at(1) - 1, at(1) + 1, "centre", 1, 16)]);
}

export function spread({ p10, median, p90 }, low, high) {
  // Four of five units lie within the bar.
  const at = (x) => ((x - low) / (high - low || 1)) * (WIDE - 6) + 3;
  return svg([box(0, WIDE, "track"), box(at(p10), at(p90), "band", 3, 12), box(at(median) - 1.5, at(median) + 1.5, "value", 1, 16)]);
}

export function fan({ q05, q10, q50, q90, q95 }, least, most) {
  // Nine in ten lie within the wide bar, four of five within the dark one; the mark is the median. Equal ratios are equally long.
  const at = (x) => (Math.log(Math.max(least, Math.min(x, most)) / least) / Math.log(most / least)) * (WIDE - 3);
  const tens = Array.from({ length: Math.round(Math.log10(most / least)) - 1 }, (_, place) => least * 10 ** (place + 1));
  return svg([box(0, WIDE, "track"), ...tens.map((ten) => box(at(ten), at(ten) + 1, "centre", 2, 14)), box(at(q05), at(q95), "usual", 4, 10), box(at(q10), at(q90), "band", 6, 6), box(at(q50) - 1.5, at(q50) + 1.5, "value", 1, 16)]);
}

export function shares(states, total) {
  // How many units are in which state, as one bar.
  return h("div", { class: "shares", "aria-hidden": "true" }, Object.entries(states).filter(([, number]) => number).map(
    ([state, number]) => h("span", { class: `part ${state}`, vars: { "flex-grow": String(Math.max(number, total / 60)) } })));
}
