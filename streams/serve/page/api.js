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
  const answer = await post(path, body);
  if (answer.status !== 401) return taken(answer);
  const token = prompt("This service takes commands with its token only. Token:");
  if (!token) return taken(answer);
  sessionStorage.setItem("token", token);
  return taken(await post(path, body));
}

function post(path, body) {
  const token = sessionStorage.getItem("token"), headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  return fetch(`/v1/${path}`, { method: "POST", headers, body: body && JSON.stringify(body) });
}

export const idPath = (id) => id.split("/").map(encodeURIComponent).join("/");

async function taken(answer) {
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.detail || `${answer.status} ${answer.statusText}`);
  return told;
}
