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

const ICONS = {
  braces: "M6.2 3C4.6 3 4.6 4 4.6 5.2S4.3 8 3 8c1.3 0 1.6 1.6 1.6 2.8S4.6 13 6.2 13M9.8 3c1.6 0 1.6 1 1.6 2.2S11.7 8 13 8c-1.3 0-1.6 1.6-1.6 2.8s0 2.2-1.6 2.2",
  trash: "M3 4.5h10M6.5 4V2.8h3V4M4.5 4.5l.6 8.2h5.8l.6-8.2",
  eye: "M1.8 8S4 3.8 8 3.8 14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8ZM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z",
  send: "M3 13 13.5 8 3 3l1.2 5L3 13ZM4.2 8H9",
  home: "M2.8 7.6 8 3l5.2 4.6M4.4 6.6V13h7.2V6.6",
  mail: "M2.5 4h11v8h-11zM2.8 4.4 8 8.6l5.2-4.2",
  close: "M4 4l8 8M12 4l-8 8",
  leave: "M6 4h6v6M12 4 5 11",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1",
  moon: "M13 9.6A5.4 5.4 0 0 1 6.4 3a5.4 5.4 0 1 0 6.6 6.6Z",
  back: "M5 12V8.4a2.8 2.8 0 0 1 2.8-2.8H12M9.4 3 12 5.6 9.4 8.2",
};

/** A drawn sign of the size of its text; it says nothing to a screen reader. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", class: "icon-shape", "aria-hidden": "true", focusable: "false" })) svg.setAttribute(key, value);
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Two letters and a steady colour for somebody without a picture. */
export function avatar(name, bot) {
  const letters = name.split(/\s+/).map((word) => word[0]).join("").slice(0, 2).toUpperCase();
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  const element = h("span", { class: bot ? "avatar bot" : "avatar", "aria-hidden": "true" }, bot ? icon("back") : letters);
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
