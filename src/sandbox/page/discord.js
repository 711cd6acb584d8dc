// Discord: its rooms, how a message and a modal look, and where its controls lead.

import { avatar, clock, h, icon } from "./dom.js";
import { markdown } from "./discord-markup.js";
import { embed, filled, modalFields, rows } from "./discord-parts.js";

const EPHEMERAL = 1 << 6;

export const discord = {
  id: "discord",
  title: "Discord",

  groups(pane) {
    const { rooms } = pane.workspace;
    const sign = (shape) => () => h("span", { class: "room-icon", "aria-hidden": "true" }, shape);
    const direct = rooms.find((room) => room.with === pane.me.discord);
    return [
      { title: "Text channels", rooms: rooms.filter((room) => !room.with && !room.parent).map((room) => ({ id: room.id, name: room.name, icon: sign("#") })) },
      { title: "Direct messages", rooms: [{ id: direct?.id ?? "direct", name: "Rebound", icon: sign("@"), private: true }] },
    ];
  },

  head(pane, room) {
    return [h("h3", {}, h("span", { class: "room-icon", "aria-hidden": "true" }, room.private ? "@" : "#"), ` ${room.name}`), room.private && h("span", { class: "about" }, `direct messages to ${pane.me.name}`)];
  },

  /** What the chosen person sees in a room, oldest first, the messages of threads inside their parents. */
  timeline(pane, room) {
    const { messages, private: own, rooms, thinking } = pane.workspace;
    const threads = new Map(rooms.filter((one) => one.parent).map((one) => [one.id, one.name]));
    const all = (messages[room.id] ?? []).map((message) => ({
      ...entry(message, room.id),
      replies: threads.has(message.id) ? (messages[message.id] ?? []).map((reply) => entry(reply, message.id)) : undefined,
      thread: threads.get(message.id),
    }));
    const mine = (one) => one.person === pane.me.discord && one.channel === room.id;
    const whispers = own.filter(mine).map((whisper) => ({ ...entry(whisper, room.id), private: true }));
    const waiting = thinking.filter((one) => (one.private ? mine(one) : one.channel === room.id)).map((one) => ({ ...waitingEntry(one, room.id), private: one.private }));
    return [...all, ...whispers, ...waiting].sort((left, right) => (BigInt(left.id) < BigInt(right.id) ? -1 : 1));
  },

  message(pane, message) {
    const { json } = message;
    const who = names(pane);
    const use = user(pane, message);
    const dismiss = () => pane.act({ kind: "dismiss", message: message.id });
    return h("article", { class: message.private ? "message private" : "message", "aria-label": "Message from Rebound" },
      pane.tools(message),
      avatar("Rebound", true),
      h("div", { class: "content" },
        h("p", { class: "by" }, h("b", {}, "Rebound"), h("span", { class: "app" }, "APP"), h("time", { datetime: message.at.toISOString(), title: message.at.toLocaleString() }, clock(message.at))),
        message.thinking && h("p", { class: "thinking" }, "Rebound is thinking…"),
        json.content && h("div", { class: "text" }, markdown(json.content, who), json.edited_timestamp && h("span", { class: "edited" }, " (edited)")),
        (json.embeds ?? []).map((one) => embed(one, who)),
        rows(json.components, pane, use),
        failure(pane, message),
        thread(pane, message),
        message.private && !message.thinking && h("p", { class: "only-you" }, icon("eye"), " Only you can see this • ", h("button", { type: "button", class: "dismiss", "data-key": "dismiss", onclick: dismiss }, "Dismiss message")),
        pane.rawJson(message)));
  },

  form(pane, form, close) {
    const { json } = form;
    const failed = pane.failures.get(form.id);
    const body = h("form", { class: "modal", role: "dialog", "aria-modal": "true", "aria-label": json.title },
      h("header", {}, avatar("Rebound", true), h("h3", {}, json.title), h("button", { type: "button", class: "close", "aria-label": "Close", onclick: close }, icon("close"))),
      h("div", { class: "modal-body" }, modalFields(json.components, pane, names(pane)), failed && h("p", { class: "failed", role: "alert" }, failed)),
      h("footer", {}, h("button", { type: "button", class: "button link-like", onclick: close }, "Cancel"), h("button", { type: "submit", class: "button primary" }, "Submit")));
    body.addEventListener("submit", (event) => {
      event.preventDefault();
      pane.act({ kind: "submit", message: form.id, values: filled(body) }, form.id);
    });
    return body;
  },

  placeholder: () => "Try /cancellations help",
  commandChannel: (pane) => (pane.current && pane.current.id !== "direct" ? pane.current.id : pane.workspace.rooms[0]?.id),

  /** The commands that the app registered, one line for each verb. */
  commands(pane) {
    return (pane.workspace?.commands ?? []).flatMap((command) => {
      const verbs = (command.options ?? []).filter((option) => option.type === 1);
      const own = { text: `/${command.name}`, about: command.description };
      const inputs = (verb) => (verb.options ?? []).map((option) => (option.required ? option.name : `${option.name}?`));
      return verbs.length === 0 ? [own] : verbs.map((verb) => ({ text: `/${command.name} ${verb.name}`, inputs: inputs(verb), about: verb.description }));
    });
  },
};

function entry(message, channel) {
  return { key: message.id, id: message.id, channel, json: message.json, edits: message.edits ?? 0, at: new Date(message.json.timestamp), private: (message.json.flags & EPHEMERAL) !== 0 };
}

/** Stands for an answer that the app has promised. */
function waitingEntry(one, channel) {
  const at = new Date(Number((BigInt(one.id) >> 22n) + 1_420_070_400_000n));
  return { key: one.id, id: one.id, channel, json: {}, edits: 0, at, thinking: true };
}

function names(pane) {
  return { person: (id) => pane.name(id), channel: (id) => pane.workspace.rooms.find((room) => room.id === id)?.name };
}

function user(pane, message) {
  return (kind, control, value, element) => pane.busy(element, async () => {
    const answered = await pane.act({ kind, channel: message.channel, message: message.id, control, value }, message.key);
    if (!answered.ok && element.tagName === "SELECT") element.value = "";
  });
}

function failure(pane, message) {
  const text = pane.failures.get(message.key);
  return text && h("p", { class: "failed", role: "alert", title: text }, h("b", {}, "This interaction failed"), ` ${text}`);
}

function thread(pane, message) {
  if (message.thread === undefined) return null;
  const open = pane.threads.has(message.key);
  const count = message.replies.length;
  return h("div", { class: "thread-box" },
    h("button", { type: "button", class: "thread", "data-key": "thread", "aria-expanded": String(open), onclick: () => pane.toggleThread(message.key) },
      h("b", {}, message.thread), h("span", { class: "thread-count" }, `${count === 1 ? "1 message" : `${count} messages`} ${open ? "⌃" : "›"}`)),
    open && h("div", { class: "replies" }, message.replies.map((reply) => discord.message(pane, reply))));
}
