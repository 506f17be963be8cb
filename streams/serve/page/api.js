// Asking the API. Its problems become errors with words for people.

export async function ask(path, query = {}) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "") parameters.append(name, one);
    }
  }
  const text = parameters.toString();
  return taken(await fetch(`/v1/${path}${text ? `?${text}` : ""}`));
}

export async function command(path, body) {
  const headers = body ? { "Content-Type": "application/json" } : {};
  return taken(await fetch(`/v1/${path}`, { method: "POST", headers, body: body && JSON.stringify(body) }));
}

export const idPath = (id) => id.split("/").map(encodeURIComponent).join("/");

async function taken(answer) {
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.detail || `${answer.status} ${answer.statusText}`);
  return told;
}
