// Slack's mrkdwn as elements. What Slack shows as plain text stays plain text here, so that a card can be judged by its look.

import { append, h, link } from "./dom.js";

const EMOJI = {
  white_check_mark: "✅", x: "❌", warning: "⚠️", bell: "🔔", calendar: "📅", date: "📅", clock1: "🕐", hourglass: "⌛", tada: "🎉", eyes: "👀",
  leftwards_arrow_with_hook: "↩️", arrow_right: "➡️", telephone_receiver: "📞", phone: "☎️", email: "📧", zzz: "💤", moneybag: "💰", fire: "🔥",
  red_circle: "🔴", large_green_circle: "🟢", large_yellow_circle: "🟡", large_blue_circle: "🔵", white_circle: "⚪", wave: "👋", memo: "📝", link: "🔗",
};

/** mrkdwn of several lines: code blocks, quotes and paragraphs. `name` gives the name of a user id. */
export function mrkdwn(text, name, verbatim = false) {
  const fragment = document.createDocumentFragment();
  for (const [at, part] of text.split("```").entries()) {
    if (at % 2 === 1) fragment.append(h("pre", { class: "code-block" }, decode(part.replace(/^\n/, ""))));
    else if (part.trim()) lines(fragment, at > 0 ? part.replace(/^\n/, "") : part, name, verbatim);
  }
  return fragment;
}

/** A text object of Block Kit. */
export function textObject(object, name) {
  if (object.type === "mrkdwn") return mrkdwn(object.text, name, object.verbatim === true);
  return document.createTextNode(object.emoji === false ? object.text : emoji(object.text));
}

export function emoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI[name] ?? whole);
}

function lines(fragment, text, name, verbatim) {
  let quote = null;
  const rows = text.split("\n");
  for (const [at, row] of rows.entries()) {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(row);
    if (quoted) {
      if (!quote) fragment.append((quote = h("blockquote", {})));
      else quote.append(h("br"));
      append(quote, inline(quoted[1], name, verbatim));
      continue;
    }
    const afterQuote = quote !== null;
    quote = null;
    if (at > 0 && !afterQuote) fragment.append(h("br"));
    append(fragment, inline(row, name, verbatim));
  }
}

const INLINE = [
  { find: /`([^`]+)`/, make: (found) => h("code", {}, decode(found[1])) },
  { find: /<([^<>]+)>/, make: (found, name) => control(found[1], name) },
  { find: /(?<![\p{L}\p{N}*])\*(?!\s)([^*]+?)(?<!\s)\*(?![\p{L}\p{N}*])/u, make: (found, name, v) => h("b", {}, inline(found[1], name, v)) },
  { find: /(?<![\p{L}\p{N}_])_(?!\s)([^_]+?)(?<!\s)_(?![\p{L}\p{N}_])/u, make: (found, name, v) => h("i", {}, inline(found[1], name, v)) },
  { find: /(?<![\p{L}\p{N}~])~(?!\s)([^~]+?)(?<!\s)~(?![\p{L}\p{N}~])/u, make: (found, name, v) => h("s", {}, inline(found[1], name, v)) },
];
const BARE = { find: /https?:\/\/[^\s<>|]+[^\s<>|.,;:!?)]/, make: (found) => link(decode(found[0]), decode(found[0])) };

function inline(text, name, verbatim) {
  const rules = verbatim ? INLINE : [...INLINE, BARE];
  const parts = [];
  let rest = text;
  while (rest) {
    const hits = rules.map((rule) => ({ rule, found: rule.find.exec(rest) })).filter(({ found }) => found);
    if (hits.length === 0) break;
    const { rule, found } = hits.reduce((first, hit) => (hit.found.index < first.found.index ? hit : first));
    parts.push(emoji(decode(rest.slice(0, found.index))), rule.make(found, name, verbatim));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...parts, emoji(decode(rest))];
}

/** What stands between `<` and `>`: mentions, dates and links. */
function control(inside, name) {
  const [target, label] = split(inside, "|");
  if (target.startsWith("@")) return h("span", { class: "mention" }, `@${name(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (target.startsWith("#")) return h("span", { class: "mention" }, `#${label || target.slice(1)}`);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return h("span", { class: "mention loud" }, `@${label || target.slice(1).split("^")[0]}`);
  if (!/^[a-z][a-z0-9+.-]*:/i.test(target)) return decode(`<${inside}>`);
  return link(decode(target), emoji(decode(label ?? target.replace(/^(mailto|tel):/, ""))));
}

/** `<!date^1764147600^{date_short} at {time}^https://…|fallback>` in the reader's own zone. */
function date(target, fallback) {
  const [, seconds, format, address] = target.split("^");
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return decode(fallback ?? "");
  const text = decode(format).replace(/\{(\w+)\}/g, (whole, token) => dateToken(at, token) ?? whole);
  const shown = h("time", { datetime: at.toISOString(), title: at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" }) }, text);
  return address ? link(address, shown) : shown;
}

function dateToken(at, token) {
  const format = (options) => at.toLocaleString(undefined, options);
  const day = Math.round((new Date(at.toDateString()) - new Date(new Date().toDateString())) / 86_400_000);
  const near = { "-1": "yesterday", 0: "today", 1: "tomorrow" }[day];
  const year = at.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  const dates = {
    date_num: format({ dateStyle: "short" }),
    date_slash: format({ dateStyle: "short" }),
    date: format({ month: "long", day: "numeric", ...year }),
    date_short: format({ month: "short", day: "numeric", ...year }),
    date_long: format({ weekday: "long", month: "long", day: "numeric", ...year }),
    time: format({ hour: "numeric", minute: "2-digit" }),
    time_secs: format({ hour: "numeric", minute: "2-digit", second: "2-digit" }),
  };
  return dates[token] ?? (token.endsWith("_pretty") ? (near ?? dates[token.slice(0, -7)]) : undefined);
}

function decode(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function split(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
