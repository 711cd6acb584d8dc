// One workspace: its rooms, the messages of the chosen room, a line for slash commands, and forms on top. How things look is the platform's.

import { act } from "./bot.js";
import { append, dayName, h, icon, reconcile, sameDay } from "./dom.js";

export class Pane {
  /** `platform` is the object that slack.js or discord.js exports. */
  constructor(root, platform, page) {
    Object.assign(this, { root, platform, page, room: null, raw: new Set(), threads: new Set(), failures: new Map(), seen: new Map(), drafts: {} });
    this.rooms = h("nav", { class: "rooms", "aria-label": `${platform.title} channels` });
    this.head = h("header", { class: "room-head" });
    this.log = h("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": `${platform.title} messages`, tabindex: "0" });
    this.forms = h("div", { class: "forms" });
    this.suggestions = h("ul", { class: "suggestions", hidden: true });
    // Whoever reads the newest message goes on doing so when the space for it changes.
    this.log.addEventListener("scroll", () => (this.atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80));
    new ResizeObserver(() => this.atEnd && (this.log.scrollTop = this.log.scrollHeight)).observe(this.log);
    root.append(this.rooms, h("div", { class: "room" }, this.head, this.log, this.composer()), this.forms);
  }

  render(state, me) {
    this.state = state;
    this.workspace = state[this.platform.id];
    this.me = me;
    this.people = new Map(state.people.map((person) => [person[this.platform.id], person]));
    const groups = this.platform.groups(this);
    const rooms = groups.flatMap((group) => group.rooms);
    if (!rooms.some((room) => room.id === this.room)) this.room = rooms[0]?.id ?? null;
    this.current = rooms.find((room) => room.id === this.room);
    this.drawRooms(groups);
    this.drawHead();
    this.drawLog();
    this.drawForms();
    this.input.placeholder = this.platform.placeholder();
    this.input.form.hidden = this.current?.home === true;
  }

  /** Does something as the chosen person; a failure is shown at the message that it is about. */
  async act(what, at) {
    const answered = await act({ platform: this.platform.id, person: this.me.name, ...what });
    if (at) this.failures.delete(at);
    if (!answered.ok && answered.error) {
      if (at) {
        this.failures.set(at, answered.error);
        setTimeout(() => {
          this.failures.delete(at);
          this.page.redraw();
        }, 8000);
      } else {
        this.page.notify(answered.error, true);
      }
      this.page.redraw();
    }
    return answered;
  }

  /** Runs while a control waits for the bot: it looks busy and cannot be used twice. */
  async busy(element, run) {
    element.setAttribute("aria-busy", "true");
    element.disabled = true;
    await run();
    element.removeAttribute("aria-busy");
    element.disabled = false;
  }

  name(id) {
    return this.people.get(id)?.name;
  }

  choose(room) {
    this.room = room.id;
    this.log.dataset.room = "";
    this.page.redraw();
    // An app hears of it when somebody opens its Home tab.
    if (room.home) this.act({ kind: "home" });
  }

  drawRooms(groups) {
    const items = groups.flatMap((group) => [
      { key: `group ${group.title}`, signature: group.title, group },
      ...group.rooms.map((room) => this.roomItem(room)),
    ]);
    reconcile(this.rooms, items, ({ group, room, fresh }) => {
      if (group) return h("h2", {}, group.title);
      const current = room.id === this.room;
      return h("button", { type: "button", class: fresh ? "room-link fresh" : "room-link", "aria-current": current ? "true" : null, "data-key": room.id, title: room.name, onclick: () => this.choose(room) },
        room.icon(), h("span", { class: "room-name" }, room.name), fresh > 0 && h("span", { class: "badge", "aria-label": `${fresh} new` }, String(fresh)));
    });
  }

  roomItem(room) {
    const count = this.platform.timeline(this, room).length;
    if (!this.seen.has(this.seenKey(room)) || room.id === this.room) this.seen.set(this.seenKey(room), count);
    const fresh = Math.max(0, count - this.seen.get(this.seenKey(room)));
    return { key: room.id, signature: JSON.stringify([room.id, room.name, room.id === this.room, fresh]), room, fresh };
  }

  seenKey(room) {
    return room.private ? `${this.me.name} ${room.id}` : room.id;
  }

  drawHead() {
    const head = this.current ? this.platform.head(this, this.current) : [h("h3", {}, "No channel is set up")];
    this.head.replaceChildren();
    append(this.head, [head]);
  }

  drawLog() {
    const log = this.log;
    const atBottom = log.scrollHeight - log.scrollTop - log.clientHeight < 80 || log.dataset.room !== this.room;
    const items = this.current ? this.items() : [];
    reconcile(log, items, (item) => item.draw());
    log.dataset.room = this.room;
    if (atBottom && !this.current?.home) log.scrollTop = log.scrollHeight;
  }

  items() {
    if (this.current.home) return [this.platform.home(this)];
    const messages = this.platform.timeline(this, this.current);
    if (messages.length === 0) return [{ key: "empty", signature: this.room, draw: () => this.empty() }];
    let last = null;
    return messages.flatMap((message) => {
      const day = last && sameDay(last, message.at) ? [] : [{ key: `day ${dayName(message.at)}`, signature: "", draw: () => h("div", { class: "day" }, h("span", {}, dayName(message.at))) }];
      last = message.at;
      return [...day, this.messageItem(message)];
    });
  }

  messageItem(message) {
    const { key } = message;
    const replies = message.replies?.map((reply) => [reply.key, reply.json]);
    const shown = [this.raw.has(key), this.threads.has(key), this.failures.get(key), message.replies?.map((reply) => this.raw.has(reply.key))];
    const signature = JSON.stringify([message.json, message.edits, replies, shown, this.me.name, message.thinking]);
    return { key, signature, draw: () => this.platform.message(this, message) };
  }

  empty() {
    const samples = this.state.samples.length > 0;
    return h("div", { class: "empty" }, h("p", { class: "empty-title" }, this.current.private ? "Nothing for you yet" : "Nothing cancelled yet"),
      h("p", {}, this.current.private ? "Direct messages from Rebound will appear here." : samples ? "Send a cancellation with a button above, and its card will appear here." : "The next cancellation will appear here."));
  }

  /** The tools that every message has: its JSON, and deleting it as a person would. */
  tools(message) {
    const shown = this.raw.has(message.key);
    const toggle = () => {
      if (!this.raw.delete(message.key)) this.raw.add(message.key);
      this.page.redraw();
    };
    const remove = () => this.act({ kind: "delete", channel: message.channel, message: message.id });
    return h("div", { class: "tools" },
      !message.private && h("button", { type: "button", class: "tool remove", "data-key": "delete", title: "Delete this message as a person", "aria-label": "Delete this message", onclick: remove }, icon("trash")),
      h("button", { type: "button", class: "tool", "data-key": "raw", "aria-pressed": String(shown), title: "Show the JSON", "aria-label": "Show the JSON of this message", onclick: toggle }, icon("braces")));
  }

  rawJson(message) {
    return this.raw.has(message.key) && h("pre", { class: "raw", tabindex: "0" }, JSON.stringify(message.json, null, 2));
  }

  toggleThread(key) {
    if (!this.threads.delete(key)) this.threads.add(key);
    this.page.redraw();
  }

  drawForms() {
    const forms = this.workspace.forms.filter((form) => form.person === this.me[this.platform.id]).slice(-1);
    const items = forms.map((form) => ({ key: form.id, signature: JSON.stringify([form.json, this.failures.get(form.id)]), form }));
    const opened = items.some((item) => !this.forms.querySelector(`[data-item="${CSS.escape(item.key)}"]`));
    reconcile(this.forms, items, ({ form }) => this.frame(form));
    for (const rest of [this.rooms, this.log.parentElement]) rest.inert = forms.length > 0;
    if (opened) (this.forms.querySelector("input, textarea, select") ?? this.forms.querySelector("button"))?.focus();
  }

  frame(form) {
    const close = () => this.act({ kind: "close", message: form.id });
    const dialog = this.platform.form(this, form, close);
    return h("div", { class: "veil", onkeydown: (event) => event.key === "Escape" && close() }, dialog);
  }

  composer() {
    this.input = h("input", { type: "text", "aria-label": `Slash command in ${this.platform.title}`, autocomplete: "off", spellcheck: "false", oninput: () => this.suggest() });
    const form = h("form", { class: "composer" }, this.suggestions, this.input, h("button", { type: "submit", class: "send", "aria-label": "Send the command" }, icon("send")));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const value = this.input.value.trim();
      if (!value) return;
      if (!value.startsWith("/")) {
        this.page.notify("Only slash commands work here. Try /cancellations help.", true);
        return;
      }
      this.input.value = "";
      this.suggest();
      await this.act({ kind: "command", channel: this.platform.commandChannel(this), value });
    });
    return form;
  }

  /** Offers what fits to the typed text; a click completes it. */
  suggest() {
    const all = this.platform.commands(this).filter(({ text }) => this.input.value && text.startsWith(this.input.value) && text !== this.input.value.trim());
    this.suggestions.hidden = all.length === 0;
    this.suggestions.replaceChildren(...all.slice(0, 8).map(({ text, inputs, about }) => h("li", {}, h("button", { type: "button", onclick: () => {
      this.input.value = `${text} `;
      this.input.focus();
      this.suggest();
    } }, h("b", {}, text), inputs?.map((input) => h("i", {}, input)), h("span", {}, about)))));
  }
}
