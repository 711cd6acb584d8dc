// Slack: its rooms, how a message, the App Home and a modal look, and where its controls lead.

import { append, avatar, clock, h, icon } from "./dom.js";
import { blocks, filled } from "./slack-blocks.js";
import { mrkdwn } from "./slack-markup.js";

export const slack = {
  id: "slack",
  title: "Slack",
  isBot: (id) => id.startsWith("U0REBOUND"),

  groups(pane) {
    const { rooms } = pane.workspace;
    const sign = (shape) => () => h("span", { class: "room-icon", "aria-hidden": "true" }, shape === "#" ? "#" : icon(shape));
    const direct = rooms.find((room) => room.with === pane.me.slack);
    return [
      { title: "Channels", rooms: rooms.filter((room) => !room.with).map((room) => ({ id: room.id, name: room.name, icon: sign("#") })) },
      { title: "Apps", rooms: [
        { id: "home", name: "Home", icon: sign("home"), home: true, private: true },
        { id: direct?.id ?? "direct", name: "Messages", icon: sign("mail"), private: true },
      ] },
    ];
  },

  head(pane, room) {
    const title = room.home ? "Rebound · Home" : room.private ? "Rebound" : `# ${room.name}`;
    const about = room.home ? `as ${pane.me.name} sees it` : room.private ? `direct messages to ${pane.me.name}` : `${pane.state.people.length} people`;
    return [h("h3", {}, title), h("span", { class: "about" }, about)];
  },

  /** What the chosen person sees in a room, oldest first, replies inside their parents. */
  timeline(pane, room) {
    const { messages, private: own } = pane.workspace;
    const all = (messages[room.id] ?? []).map((message) => entry(message, room.id));
    const top = all.filter(({ json }) => !json.thread_ts || json.thread_ts === json.ts);
    for (const message of top) message.replies = all.filter(({ json }) => json.thread_ts === message.id && json.ts !== message.id);
    const whispers = own.filter((whisper) => whisper.person === pane.me.slack && whisper.channel === room.id).map((whisper) => ({ ...entry(whisper, room.id), private: true }));
    return [...top, ...whispers].sort((left, right) => Number(left.id) - Number(right.id));
  },

  message(pane, message) {
    return h("article", { class: message.private ? "message private" : "message", "aria-label": "Message from Rebound" },
      message.private && h("p", { class: "only-you" }, icon("eye"), " Only visible to you ",
        h("button", { type: "button", class: "dismiss", "data-key": "dismiss", onclick: () => pane.act({ kind: "dismiss", message: message.id }) }, "Dismiss")),
      pane.tools(message),
      avatar("Rebound", true),
      h("div", { class: "content" },
        h("p", { class: "by" }, h("b", {}, "Rebound"), h("span", { class: "app" }, "APP"), h("time", { datetime: message.at.toISOString(), title: message.at.toLocaleString() }, clock(message.at))),
        body(pane, message),
        failure(pane, message),
        thread(pane, message),
        pane.rawJson(message)));
  },

  home(pane) {
    const home = pane.workspace.homes[pane.me.slack];
    return {
      key: "home",
      signature: JSON.stringify([home, pane.me.name, pane.raw.has("home")]),
      draw: () => {
        if (!home) return h("div", { class: "empty" }, h("p", { class: "empty-title" }, "This is your Home tab"), h("p", {}, "The app has not filled it yet."));
        const message = { key: "home", id: home.id, channel: "", json: home.json, private: true };
        return h("div", { class: "home" }, pane.tools(message), blocks(home.json.blocks, pane, user(pane, message)), pane.rawJson(message));
      },
    };
  },

  form(pane, form, close) {
    const { json } = form;
    const failed = pane.failures.get(form.id);
    const body = h("form", { class: "modal", role: "dialog", "aria-modal": "true", "aria-label": json.title?.text ?? "Form" },
      h("header", {}, h("h3", {}, json.title?.text ?? ""), h("button", { type: "button", class: "close", "aria-label": "Close", onclick: close }, icon("close"))),
      h("div", { class: "modal-body" }, failed && h("p", { class: "failed", role: "alert" }, failed),
        blocks(json.blocks, pane, user(pane, { key: form.id, id: form.id, channel: "" }))),
      h("footer", {}, h("button", { type: "button", class: "button", onclick: close }, json.close?.text ?? "Cancel"),
        json.submit && h("button", { type: "submit", class: "button primary" }, json.submit.text)));
    body.addEventListener("submit", async (event) => {
      event.preventDefault();
      const answered = await pane.act({ kind: "submit", message: form.id, values: filled(body) }, form.id);
      showErrors(body, answered.immediate?.errors);
    });
    return body;
  },

  placeholder: () => "Try /cancellations help",
  commandChannel: (pane) => (pane.current && !pane.current.home && pane.current.id !== "direct" ? pane.current.id : pane.workspace.rooms[0]?.id),
  commands: () => [{ text: "/cancellations", about: "cancelled calls and their follow-ups" }],
};

function entry(message, channel) {
  return { key: message.id, id: message.id, channel, json: message.json, edits: message.edits ?? 0, at: new Date(Number(message.json.ts) * 1000), private: false };
}

function body(pane, message) {
  const { json } = message;
  const use = user(pane, message);
  const name = (id) => pane.name(id);
  const parts = json.blocks?.length ? blocks(json.blocks, pane, use) : json.text ? [h("div", { class: "text" }, mrkdwn(json.text, name), json.edited && h("span", { class: "edited" }, " (edited)"))] : [];
  const attachments = (json.attachments ?? []).map((attachment) => {
    const drawn = h("div", { class: "attachment" }, h("div", { class: "attachment-body" },
      attachment.pretext && h("div", { class: "text" }, mrkdwn(attachment.pretext, name)),
      attachment.title && h("b", {}, attachment.title),
      attachment.text && h("div", { class: "text" }, mrkdwn(attachment.text, name)),
      blocks(attachment.blocks ?? [], pane, use)));
    if (attachment.color) drawn.style.setProperty("--bar", attachment.color.replace(/^(?=[0-9a-f]{6}$)/i, "#"));
    return drawn;
  });
  return append(h("div", { class: "blocks" }), [parts, attachments]);
}

/** What happens when a control of a message or view is used. */
function user(pane, message) {
  return (kind, control, value, element) => pane.busy(element, async () => {
    const answered = await pane.act({ kind, channel: message.channel, message: message.id, control, value }, message.key);
    if (!answered.ok && element.tagName === "SELECT") element.value = "";
  });
}

function failure(pane, message) {
  const text = pane.failures.get(message.key);
  return text && h("p", { class: "failed", role: "alert" }, `⚠ ${text}`);
}

function thread(pane, message) {
  const count = message.replies?.length ?? 0;
  if (count === 0) return null;
  const open = pane.threads.has(message.key);
  const last = message.replies.at(-1).at;
  return [
    h("button", { type: "button", class: "thread", "data-key": "thread", "aria-expanded": String(open), onclick: () => pane.toggleThread(message.key) },
      avatar("Rebound", true), h("b", {}, count === 1 ? "1 reply" : `${count} replies`), h("span", {}, open ? "Hide thread" : `Last reply ${clock(last)}`)),
    open && h("div", { class: "replies" }, message.replies.map((reply) => slack.message(pane, reply))),
  ];
}

/** Errors that the app gave for single blocks stand under their fields, as in Slack. */
function showErrors(form, errors) {
  for (const old of form.querySelectorAll(".field-error")) old.remove();
  for (const [block, text] of Object.entries(errors ?? {})) {
    form.querySelector(`[data-block="${CSS.escape(block)}"]`)?.append(h("p", { class: "field-error", role: "alert" }, text));
  }
}
