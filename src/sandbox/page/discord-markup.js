// Discord's Markdown as elements: blocks first, then what stands inside a line. Titles and names know fewer forms than texts.

import { append, h, link, relative } from "./dom.js";

/** Everything: headings, quotes, lists, subtext, code. `who` names ids: `{ person, channel }`. */
export function markdown(text, who) {
  const fragment = document.createDocumentFragment();
  for (const [at, part] of text.split("```").entries()) {
    if (at % 2 === 1) fragment.append(h("pre", { class: "code-block" }, part.replace(/^[a-z0-9+-]*\n/i, "")));
    else if (part.trim()) blocks(fragment, at > 0 ? part.replace(/^\n/, "") : part, who);
  }
  return fragment;
}

/** One line without links and mentions, for titles and names of fields. */
export function plainMarkdown(text) {
  return append(document.createDocumentFragment(), [inline(text, SIMPLE, null)]);
}

function blocks(fragment, text, who) {
  const rows = text.split("\n");
  let list = null;
  let quote = null;
  let paragraph = null;
  const into = (parent) => {
    list = quote = paragraph = null;
    fragment.append(parent);
    return parent;
  };
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at];
    const heading = /^(#{1,3}) +(.+)$/.exec(row);
    const small = /^-# +(.+)$/.exec(row);
    const item = /^ *(?:[-*]|(\d+)\.) +(.+)$/.exec(row);
    const quoted = /^> (.*)$/.exec(row);
    const rest = /^>>> (.*)$/.exec(row);
    if (rest) {
      blocks(into(h("blockquote", {})), [rest[1], ...rows.slice(at + 1)].join("\n"), who);
      return;
    }
    if (heading) append(into(h(`h${heading[1].length + 3}`, { class: `heading-${heading[1].length}` })), [inline(heading[2], ALL, who)]);
    else if (small) append(into(h("small", { class: "subtext" })), [inline(small[1], ALL, who)]);
    else if (item) {
      list ??= into(item[1] ? h("ol", { start: item[1] }) : h("ul", {}));
      const kept = list;
      kept.append(append(h("li", {}), [inline(item[2], ALL, who)]));
      list = kept;
    } else if (quoted) {
      const first = quote === null;
      const kept = (quote ??= into(h("blockquote", {})));
      append(kept, [!first && h("br"), inline(quoted[1], ALL, who)]);
      quote = kept;
    } else if (row !== "" || paragraph) {
      const first = paragraph === null;
      const kept = (paragraph ??= into(h("div", { class: "line" })));
      append(kept, [!first && h("br"), inline(row, ALL, who)]);
      paragraph = kept;
    } else if (at > 0 && at < rows.length - 1) into(h("div", { class: "gap" }));
  }
}

const ESCAPE = { find: /\\([^\p{L}\p{N}\s])/u, make: (found) => found[1] };
const CODE = { find: /`([^`]+)`/, make: (found) => h("code", {}, found[1]) };
const wrap = (tag) => (found, rules, who) => h(tag, {}, inline(found[1], rules, who));
const STYLES = [
  { find: /\*\*([\s\S]+?)\*\*(?!\*)/, make: wrap("b") },
  { find: /__([\s\S]+?)__(?!_)/, make: wrap("u") },
  { find: /~~([\s\S]+?)~~/, make: wrap("s") },
  { find: /\|\|([\s\S]+?)\|\|/, make: (found, rules, who) => h("span", { class: "spoiler", tabindex: "0" }, inline(found[1], rules, who)) },
  { find: /\*(?!\s)([^*]+?)(?<!\s)\*/, make: wrap("i") },
  { find: /(?<![\p{L}\p{N}_])_(?!\s)([^_]+?)_(?![\p{L}\p{N}_])/u, make: wrap("i") },
];
const LIVE = [
  { find: /\[([^\]]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/, make: (found, rules, who) => link(found[2], inline(found[1], rules, who)) },
  { find: /<(https?:\/\/[^\s>]+)>/, make: (found) => link(found[1], found[1]) },
  { find: /https?:\/\/[^\s<>]+[^\s<>.,;:!?)'"\]]/, make: (found) => link(found[0], found[0]) },
  { find: /<@!?(\d+)>/, make: (found, _, who) => h("span", { class: "mention" }, `@${who.person(found[1]) ?? "unknown-user"}`) },
  { find: /<#(\d+)>/, make: (found, _, who) => h("span", { class: "mention" }, `#${who.channel(found[1]) ?? "unknown"}`) },
  { find: /<@&(\d+)>/, make: () => h("span", { class: "mention" }, "@role") },
  { find: /@(everyone|here)\b/, make: (found) => h("span", { class: "mention" }, found[0]) },
  { find: /<t:(-?\d+)(?::([tTdDfFRsS]))?>/, make: (found) => time(Number(found[1]), found[2] ?? "f") },
  { find: /<a?:(\w+):\d+>/, make: (found) => `:${found[1]}:` },
];
const SIMPLE = [ESCAPE, CODE, ...STYLES];
const ALL = [ESCAPE, CODE, ...LIVE, ...STYLES];

/** The rule whose match begins first wins; of two at one place, the earlier in the list. */
function inline(text, rules, who) {
  const parts = [];
  let rest = text;
  while (rest) {
    const hits = rules.map((rule) => ({ rule, found: rule.find.exec(rest) })).filter(({ found }) => found);
    if (hits.length === 0) break;
    const { rule, found } = hits.reduce((first, hit) => (hit.found.index < first.found.index ? hit : first));
    parts.push(rest.slice(0, found.index), rule.make(found, rules, who));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...parts, rest];
}

const FORMATS = {
  t: { hour: "numeric", minute: "2-digit" },
  T: { hour: "numeric", minute: "2-digit", second: "2-digit" },
  d: { day: "2-digit", month: "2-digit", year: "numeric" },
  D: { day: "numeric", month: "long", year: "numeric" },
  f: { day: "numeric", month: "long", year: "numeric", hour: "numeric", minute: "2-digit" },
  F: { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "numeric", minute: "2-digit" },
  s: { dateStyle: "short", timeStyle: "short" },
  S: { dateStyle: "short", timeStyle: "medium" },
};

function time(seconds, style) {
  const at = new Date(seconds * 1000);
  if (Number.isNaN(at.getTime())) return "Invalid Date";
  const full = at.toLocaleString(undefined, FORMATS.F);
  const shown = style === "R" ? relative(at) : at.toLocaleString(undefined, FORMATS[style]);
  return h("time", { datetime: at.toISOString(), title: full, "data-relative": style === "R" }, shown);
}
