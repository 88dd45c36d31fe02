// Questions to the server. A newer question of the same kind ends the older one.

const running = new Map();

export class Fault extends Error {
  constructor(error) {
    super(error.message);
    this.error = error;
  }
}

export async function ask(name, question, kind = name) {
  running.get(kind)?.abort();
  const controller = new AbortController();
  running.set(kind, controller);
  const given = question && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(question) };
  let data;
  try {
    const response = await fetch(`/api/${name}`, { ...given, signal: controller.signal });
    data = await response.json();
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    throw new Fault({ kind: "request", message: "the server does not answer; is it still running?", hint: "", source: "", spans: [] });
  }
  if (data.error) throw new Fault(data.error);
  return data;
}

export function stop(...kinds) {
  for (const kind of kinds) running.get(kind)?.abort();
}

const kept = new Map();

// What does not change while the page is open.
export function once(name) {
  if (!kept.has(name)) {
    kept.set(name, ask(name).catch((failure) => {
      kept.delete(name);
      throw failure;
    }));
  }
  return kept.get(name);
}
