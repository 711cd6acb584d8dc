// The parts of Discord's messages: embeds, rows of buttons and menus, and the fields of modals.

import { append, h, icon, link } from "./dom.js";
import { markdown, plainMarkdown } from "./discord-markup.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };

export function embed(one, who) {
  const title = one.title && plainMarkdown(one.title);
  const drawn = h("div", { class: "embed" },
    one.author && h("p", { class: "embed-author" }, one.author.name),
    title && h("div", { class: "embed-title" }, one.url ? link(one.url, title) : title),
    one.description && h("div", { class: "embed-text" }, markdown(one.description, who)),
    one.fields?.length > 0 && h("div", { class: "embed-fields" }, fields(one.fields, who)),
    one.image && h("img", { src: one.image.url, alt: one.image.description ?? "" }),
    (one.footer || one.timestamp) && h("p", { class: "embed-footer" }, [one.footer?.text, one.timestamp && moment(one.timestamp)].filter(Boolean).join(" • ")));
  if (Number.isInteger(one.color)) drawn.style.setProperty("--bar", `#${one.color.toString(16).padStart(6, "0")}`);
  return drawn;
}

/** Up to three inline fields share a line; the others have one each. */
function fields(all, who) {
  const lines = [];
  for (const field of all) {
    const last = lines.at(-1);
    if (field.inline && last?.inline && last.fields.length < 3) last.fields.push(field);
    else lines.push({ inline: field.inline === true, fields: [field] });
  }
  return lines.flatMap((line) => line.fields.map((field) => {
    const drawn = h("div", { class: "embed-field" }, h("div", { class: "field-name" }, plainMarkdown(field.name)), h("div", { class: "field-value" }, markdown(field.value, who)));
    drawn.style.setProperty("--columns", String(12 / (line.inline ? line.fields.length : 1)));
    return drawn;
  }));
}

function moment(stamp) {
  return new Date(stamp).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" });
}

/** Rows of controls; `use(kind, control, value, element)` is called when somebody uses one. */
export function rows(components, pane, use) {
  return (components ?? []).map((row) => h("div", { class: "row" }, (row.components ?? []).map((one) => control(one, pane, use))));
}

function control(one, pane, use) {
  if (one.type === 2) return button(one, use);
  const menu = menuOf(one, pane);
  menu.addEventListener("change", () => use(one.type === 5 || one.type === 7 ? "pick" : "choose", one.custom_id, [...menu.selectedOptions].map((option) => option.value).join(","), menu));
  return menu;
}

function button(one, use) {
  const label = [one.emoji?.name && h("span", { "aria-hidden": "true" }, `${one.emoji.name} `), one.label, one.style === 5 && icon("leave")];
  const made = h("button", { type: "button", class: `button ${STYLES[one.style] ?? "secondary"}`, disabled: one.disabled, "data-key": one.custom_id ?? one.url }, label);
  made.addEventListener("click", () => {
    if (one.url) window.open(one.url, "_blank", "noopener,noreferrer");
    else use("press", one.custom_id, "", made);
  });
  return made;
}

function choices(one, pane) {
  if (one.type === 5 || one.type === 7) return pane.state.people.map((person) => ({ value: person.discord, label: person.name }));
  if (one.type === 8) return pane.workspace.rooms.filter((room) => room.name).map((room) => ({ value: room.id, label: `#${room.name}` }));
  return one.options ?? [];
}

function menuOf(one, pane) {
  const all = choices(one, pane);
  const many = one.max_values > 1 && all.length > 1;
  const menu = h("select", { class: one.type === 5 ? "menu people" : "menu", "data-key": one.custom_id, "aria-label": one.placeholder ?? "Make a selection", disabled: one.disabled, multiple: many },
    !many && h("option", { value: "", disabled: true, hidden: true }, one.placeholder ?? "Make a selection"),
    all.map((option) => h("option", { value: option.value }, option.description ? `${option.label} · ${option.description}` : option.label)));
  const preset = (one.options ?? []).find((option) => option.default)?.value ?? one.default_values?.[0]?.id;
  if (!many) menu.value = preset ?? "";
  return menu;
}

/** The fields of a modal: labels around inputs, rows with text inputs, plain texts. */
export function modalFields(components, pane, who) {
  return components.map((top) => {
    if (top.type === 10) return h("div", { class: "embed-text" }, markdown(top.content, who));
    const inner = top.component ?? top.components?.[0];
    if (!inner) return null;
    const label = top.label ?? inner.label ?? "";
    const id = `field-${inner.custom_id}`;
    const required = inner.required !== false;
    const star = required && h("span", { class: "star", "aria-hidden": "true" }, " *");
    const about = top.description && h("p", { class: "hint" }, top.description);
    if (inner.type === 21 || inner.type === 22) return h("fieldset", { class: "field" }, h("legend", { class: "label" }, label, star), about, group(inner, required));
    return append(h("div", { class: "field" }), [h("label", { for: id, class: "label" }, label, star), about, field(inner, id, required, pane)]);
  });
}

function group(inner, required) {
  const kind = inner.type === 22 ? "checkbox" : "radio";
  return inner.options.map((option) => h("label", { class: "choice" },
    h("input", { type: kind, name: inner.custom_id, value: option.value, checked: option.default === true, required: kind === "radio" && required }),
    h("span", {}, option.label, option.description && h("small", {}, option.description))));
}

function field(inner, id, required, pane) {
  const common = { id, name: inner.custom_id, "data-key": inner.custom_id, required };
  if (inner.type !== 4) {
    const menu = menuOf(inner, pane);
    for (const [name, value] of Object.entries(common)) if (value) menu.setAttribute(name, value === true ? "" : value);
    return menu;
  }
  const props = { ...common, placeholder: inner.placeholder, minlength: inner.min_length, maxlength: inner.max_length ?? 4000 };
  return inner.style === 2 ? h("textarea", { ...props, rows: "4" }, inner.value ?? "") : h("input", { ...props, type: "text", value: inner.value ?? "" });
}

/** What was filled into a modal, as pairs of `custom_id` and value. */
export function filled(form) {
  const values = new Map();
  for (const element of form.querySelectorAll("[name]")) {
    const { name, type } = element;
    if (type === "radio" || type === "checkbox") {
      if (element.checked) values.set(name, values.has(name) ? `${values.get(name)},${element.value}` : element.value);
    } else if (element.matches("select")) {
      const chosen = [...element.selectedOptions].map((option) => option.value).filter(Boolean).join(",");
      if (chosen) values.set(name, chosen);
    } else {
      values.set(name, element.value);
    }
  }
  return [...values];
}
