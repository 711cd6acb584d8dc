// Small helpers to make elements. All data goes in as text; nothing here parses HTML.

/** Makes an element: `h("button", { class: "x", onclick: f }, "text", child)`; null and false children are left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== undefined && child !== null && child !== false && child !== "") element.append(child);
  }
  return element;
}

/** A link to another site; only addresses that a chat would make clickable. */
export function link(address, ...children) {
  if (!/^(https?|mailto|tel):/i.test(address)) return h("span", {}, ...children);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/**
 * Makes `container` hold one element for each item, in order, and touches only those whose `signature` changed.
 * The control that has the focus keeps it, by its `data-key`.
 */
export function reconcile(container, items, draw) {
  const before = new Map([...container.children].map((element) => [element.dataset.item, element]));
  let place = container.firstElementChild;
  for (const item of items) {
    let element = before.get(item.key);
    if (element) before.delete(item.key);
    if (!element || element.signature !== item.signature) {
      const fresh = draw(item);
      fresh.dataset.item = item.key;
      fresh.signature = item.signature;
      if (element) {
        const focused = element.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
        if (place === element) place = element.nextElementSibling;
        element.replaceWith(fresh);
        if (focused) [...fresh.querySelectorAll("[data-key]")].find((e) => e.dataset.key === focused)?.focus();
      } else {
        container.insertBefore(fresh, place);
      }
      element = fresh;
    } else if (place === element) {
      place = element.nextElementSibling;
    } else {
      container.insertBefore(element, place);
    }
  }
  for (const element of before.values()) element.remove();
}

/** Two letters and a steady colour for somebody without a picture. */
export function avatar(name, bot) {
  const letters = name.split(/\s+/).map((word) => word[0]).join("").slice(0, 2).toUpperCase();
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  const element = h("span", { class: bot ? "avatar bot" : "avatar", "aria-hidden": "true" }, bot ? "↩" : letters);
  if (!bot) element.style.setProperty("--hue", hue);
  return element;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });

export function clock(date) {
  return CLOCK.format(date);
}

export function sameDay(left, right) {
  return left.toDateString() === right.toDateString();
}

/** "Today", "Yesterday" or the date. */
export function dayName(date) {
  const today = new Date();
  if (sameDay(date, today)) return "Today";
  if (sameDay(date, new Date(today.getTime() - 86_400_000))) return "Yesterday";
  return date.toLocaleDateString(undefined, { weekday: "long", month: "long", day: "numeric" });
}

/** "in 2 days", "3 minutes ago". */
export function relative(date) {
  const seconds = (date.getTime() - Date.now()) / 1000;
  const units = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units.at(-1);
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** A setting that survives a reload, where the browser allows it. */
export const memory = {
  get(key) {
    try {
      return localStorage.getItem(`rebound-${key}`);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`rebound-${key}`, value);
    } catch {
      // A private window forgets; that is all.
    }
  },
};
