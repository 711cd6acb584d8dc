// Block Kit as elements: blocks, their buttons and menus, and the inputs of modals.

import { append, h } from "./dom.js";
import { emoji, mrkdwn, textObject } from "./slack-markup.js";

/** Draws blocks; `use(kind, control, value, element)` is called when somebody uses one of their controls. */
export function blocks(list, pane, use) {
  return list.map((block) => drawBlock(block, pane, use));
}

function drawBlock(block, pane, use) {
  const name = (id) => pane.name(id) ?? (pane.platform.isBot(id) ? "Rebound" : undefined);
  const text = (object) => textObject(object, name);
  switch (block.type) {
    case "section":
      return h("div", { class: "section" },
        h("div", { class: "section-body" }, block.text && h("div", { class: "text" }, text(block.text)),
          block.fields && h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "text" }, text(field))))),
        block.accessory && h("div", { class: "accessory" }, element(block.accessory, block, pane, use)));
    case "header":
      return h("div", { class: "header", role: "heading", "aria-level": "4" }, emoji(block.text.text));
    case "divider":
      return h("hr");
    case "context":
      return h("div", { class: "context" }, block.elements.map((one) => (one.type === "image" ? h("img", { src: one.image_url, alt: one.alt_text }) : h("span", { class: "text" }, text(one)))));
    case "actions":
      return h("div", { class: "actions" }, block.elements.map((one) => element(one, block, pane, use)));
    case "image":
      return h("figure", { class: "image" }, block.title && h("figcaption", {}, emoji(block.title.text)), h("img", { src: block.image_url, alt: block.alt_text }));
    case "markdown":
      return h("div", { class: "text" }, mrkdwn(block.text.replaceAll("**", "*"), name));
    case "input":
      return input(block, pane);
    default:
      return h("div", { class: "unknown" }, `${block.type} block`);
  }
}

function element(one, block, pane, use) {
  const control = `${block.block_id}/${one.action_id}`;
  switch (one.type) {
    case "button":
      return button(one, control, use);
    case "static_select":
    case "overflow": {
      const menu = menuOf(one, control, options(one));
      menu.addEventListener("change", () => use("choose", control, menu.value, menu));
      if (one.type === "overflow") menu.classList.add("overflow");
      return menu;
    }
    case "users_select": {
      const people = pane.state.people.map((person) => ({ value: person.slack, text: person.name }));
      const menu = menuOf(one, control, people, one.initial_user);
      menu.classList.add("people");
      menu.addEventListener("change", () => use("pick", control, menu.value, menu));
      return menu;
    }
    case "image":
      return h("img", { src: one.image_url, alt: one.alt_text });
    case "datepicker":
    case "timepicker":
    case "datetimepicker": {
      const field = dateField(one, { "data-key": control });
      field.addEventListener("change", () => use("choose", control, dateValue(one, field), field));
      return field;
    }
    default:
      return h("span", { class: "unknown" }, one.type);
  }
}

function button(one, control, use) {
  const props = { type: "button", class: `button ${one.style ?? ""}`, "data-key": control, "aria-label": one.accessibility_label };
  const made = h("button", props, emoji(one.text.text));
  made.addEventListener("click", () => {
    if (one.url) window.open(one.url, "_blank", "noopener,noreferrer");
    if (one.confirm && !window.confirm(`${one.confirm.title.text}\n\n${one.confirm.text.text}`)) return;
    use("press", control, "", made);
  });
  return made;
}

function options(one) {
  const read = (option) => ({ value: option.value, text: emoji(option.text.text), about: option.description?.text });
  return one.option_groups ? one.option_groups.map((group) => ({ group: group.label.text, options: group.options.map(read) })) : (one.options ?? []).map(read);
}

function menuOf(one, control, all, initial = one.initial_option?.value) {
  const placeholder = one.type === "overflow" ? "⋯" : (one.placeholder?.text ?? "Choose an option");
  const draw = (option) => (option.group ? h("optgroup", { label: option.group }, option.options.map(draw)) : h("option", { value: option.value }, option.text));
  const menu = h("select", { class: "menu", "data-key": control, "aria-label": one.type === "overflow" ? "More" : placeholder },
    h("option", { value: "", disabled: true, hidden: true }, placeholder), all.map(draw));
  menu.value = initial ?? "";
  return menu;
}

function input(block, pane) {
  const one = block.element;
  const key = `${block.block_id}/${one.action_id}`;
  const id = `field-${key}`;
  const common = { id, name: key, "data-key": key, required: !block.optional, placeholder: one.placeholder?.text };
  const label = append(h("label", { for: id, class: "label" }, block.label.text), [block.optional && h("span", { class: "optional" }, " (optional)")]);
  const hint = block.hint && h("p", { class: "hint" }, block.hint.text);
  if (one.type === "radio_buttons" || one.type === "checkboxes") {
    const kind = one.type === "checkboxes" ? "checkbox" : "radio";
    const chosen = (one.initial_options ?? [one.initial_option]).filter(Boolean).map((option) => option.value);
    const draw = (option) => h("label", { class: "choice" }, h("input", { type: kind, name: key, value: option.value, checked: chosen.includes(option.value), required: kind === "radio" && !block.optional }),
      h("span", {}, emoji(option.text.text), option.description && h("small", {}, option.description.text)));
    return h("fieldset", { class: "field", "data-block": block.block_id }, h("legend", { class: "label" }, block.label.text, block.optional && h("span", { class: "optional" }, " (optional)")), one.options.map(draw), hint);
  }
  return h("div", { class: "field", "data-block": block.block_id }, label, field(one, common, pane), hint);
}

function field(one, common, pane) {
  switch (one.type) {
    case "plain_text_input": {
      const props = { ...common, minlength: one.min_length, maxlength: one.max_length };
      return one.multiline ? h("textarea", { ...props, rows: "4" }, one.initial_value ?? "") : h("input", { ...props, type: "text", value: one.initial_value ?? "" });
    }
    case "users_select":
    case "static_select": {
      const all = one.type === "users_select" ? pane.state.people.map((person) => ({ value: person.slack, text: person.name })) : options(one);
      const menu = menuOf(one, common.name, all, one.initial_user ?? one.initial_option?.value);
      menu.id = common.id;
      menu.name = common.name;
      menu.required = common.required;
      return menu;
    }
    case "datepicker":
    case "timepicker":
    case "datetimepicker":
      return dateField(one, common);
    default:
      return h("input", { ...common, type: { email_text_input: "email", url_text_input: "url", number_input: "number" }[one.type] ?? "text", value: one.initial_value ?? "" });
  }
}

function dateField(one, common) {
  const local = (seconds) => new Date((seconds - new Date(seconds * 1000).getTimezoneOffset() * 60) * 1000).toISOString().slice(0, 16);
  const kinds = { datepicker: ["date", one.initial_date], timepicker: ["time", one.initial_time], datetimepicker: ["datetime-local", one.initial_date_time && local(one.initial_date_time)] };
  const [type, value] = kinds[one.type];
  return h("input", { ...common, type, value: value ?? "", "data-seconds": one.type === "datetimepicker" });
}

function dateValue(one, element) {
  return one.type === "datetimepicker" ? String(Math.floor(new Date(element.value).getTime() / 1000)) : element.value;
}

/** What was filled into the form, as pairs of control and value. */
export function filled(form) {
  const values = new Map();
  for (const element of form.querySelectorAll("[name]")) {
    const { name, type } = element;
    if (type === "radio" || type === "checkbox") {
      if (element.checked) values.set(name, values.has(name) ? `${values.get(name)},${element.value}` : element.value);
      else if (type === "checkbox" && !values.has(name)) values.set(name, "");
    } else if (element.matches("select, input[type=date], input[type=time], input[type=datetime-local]")) {
      if (element.value) values.set(name, "seconds" in element.dataset ? String(Math.floor(new Date(element.value).getTime() / 1000)) : element.value);
    } else {
      values.set(name, element.value);
    }
  }
  return [...values].map(([name, value]) => [name, value.replace(/^,/, "")]);
}
