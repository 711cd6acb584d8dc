// The way to the sandbox's server: its state, its changes, acts of people, samples.

export async function fetchState() {
  const answer = await fetch("state");
  if (!answer.ok) throw new Error(`the sandbox answered with ${answer.status}`);
  return answer.json();
}

/** Calls `changed` after each change and `connected(false)` while the server is away; connects again by itself. */
export function subscribe(changed, connected) {
  const source = new EventSource("events");
  source.addEventListener("open", () => {
    connected(true);
    changed();
  });
  source.addEventListener("message", changed);
  source.addEventListener("error", () => connected(false));
}

/** What a person does; gives what the bot answered, `error` says why it failed. */
export async function act(what) {
  return post("act", what);
}

export async function sendSample(index) {
  return post("sample", { sample: index });
}

async function post(path, body) {
  try {
    const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    return answer.ok ? await answer.json() : { ok: false, error: `the sandbox answered with ${answer.status}` };
  } catch {
    return { ok: false, error: "the sandbox cannot be reached" };
  }
}
