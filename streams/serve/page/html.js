// Elements from data. Text is always text: nothing that came over the wire is read as markup.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "vars") for (const [key, own] of Object.entries(value)) element.style.setProperty(key, own);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function table(caption, columns, rows, { hidden = true } = {}) {
  // columns: [title, className, left out if empty]; a cell is a node, a text or null. On narrow screens each cell shows its title.
  const told = columns.map((_, place) => !columns[place][2] || rows.some((cells) => cells[place]));
  const only = (cells) => cells.filter((_, place) => told[place]);
  rows = rows.map(only);
  columns = only(columns);
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    h("table", {},
      h("caption", { class: hidden ? "unseen" : null }, caption),
      h("thead", {}, h("tr", {}, columns.map(([title, kind]) => h("th", { scope: "col", class: kind }, title)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, place) => h(
        place ? "td" : "th",
        { "data-title": columns[place][0], class: columns[place][1], scope: place ? null : "row" },
        cell ?? "–",
      )))))));
}

export function link(href, text, attributes = {}) {
  return h("a", { href, ...attributes }, text);
}

export function say(text) {
  document.getElementById("said").textContent = text;
}
