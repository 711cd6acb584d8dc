// The page: who acts, which theme, the samples, and two panes that are drawn again when something changed.

import { fetchState, sendSample, subscribe } from "./bot.js";
import { append, h, icon, memory, relative } from "./dom.js";
import { Pane } from "./pane.js";
import { slack } from "./slack.js";
import { discord } from "./discord.js";

const page = {
  state: null,
  me: memory.get("person"),
  notify,
  panes: [],
  loading: false,
  again: false,
  noticeTimer: 0,
  redraw() {
    if (page.state) for (const pane of page.panes) pane.render(page.state, person());
  },
};

page.panes = [new Pane(document.getElementById("slack"), slack, page), new Pane(document.getElementById("discord"), discord, page)];
startTheme();
startTabs();
load();
subscribe(load, (connected) => document.body.classList.toggle("away", !connected));
setInterval(() => {
  for (const element of document.querySelectorAll("time[data-relative]")) element.textContent = relative(new Date(element.dateTime));
}, 20_000);

/** Gets the newest state; calls while one is under way become one more. */
async function load() {
  if (page.loading) {
    page.again = true;
    return;
  }
  page.loading = true;
  try {
    page.state = await fetchState();
    drawPeople();
    drawSamples();
    page.redraw();
  } catch {
    document.body.classList.add("away");
  } finally {
    page.loading = false;
  }
  if (page.again) {
    page.again = false;
    setTimeout(load, 60);
  }
}

function person() {
  const { people } = page.state;
  return people.find((one) => one.name === page.me) ?? people[0] ?? { name: "Nobody", slack: "", discord: "" };
}

function drawPeople() {
  const select = document.getElementById("person");
  const signature = JSON.stringify(page.state.people);
  if (select.signature === signature) return;
  select.signature = signature;
  const role = (one) => (one.manager ? "manager" : one.teammate ? "team" : "not in the team");
  select.replaceChildren(...page.state.people.map((one) => h("option", { value: one.name }, `${one.name} · ${role(one)}`)));
  select.value = person().name;
  select.onchange = () => {
    page.me = select.value;
    memory.set("person", page.me);
    page.redraw();
  };
}

function drawSamples() {
  const row = document.getElementById("samples");
  const signature = JSON.stringify(page.state.samples);
  if (row.signature === signature) return;
  row.signature = signature;
  row.closest(".samples").hidden = page.state.samples.length === 0;
  row.replaceChildren(...page.state.samples.map((sample, index) => {
    const button = h("button", { type: "button", class: "sample", "aria-label": sample.name, "data-about": sample.about, "aria-description": sample.about }, sample.name);
    button.addEventListener("click", async () => {
      button.setAttribute("aria-busy", "true");
      const { sent, error } = await sendSample(index);
      button.removeAttribute("aria-busy");
      notify(error ? `Not sent: ${error}` : sent === 1 ? `Sent “${sample.name}”` : `Sent ${sent} webhooks`, Boolean(error));
    });
    return button;
  }));
}

function notify(text, bad = false) {
  const notice = document.getElementById("notice");
  notice.replaceChildren(append(h("p", { class: bad ? "bad" : "good" }), [text]));
  clearTimeout(page.noticeTimer);
  page.noticeTimer = setTimeout(() => notice.replaceChildren(), bad ? 8000 : 3000);
}

function startTheme() {
  const asked = new URLSearchParams(location.search).get("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  const show = (theme) => {
    document.documentElement.dataset.theme = theme;
    button.replaceChildren(icon(theme === "dark" ? "sun" : "moon"));
    button.setAttribute("aria-label", theme === "dark" ? "Use the light theme" : "Use the dark theme");
    button.title = button.getAttribute("aria-label");
  };
  const chosen = () => asked ?? memory.get("theme") ?? (system.matches ? "dark" : "light");
  show(chosen());
  system.addEventListener("change", () => show(chosen()));
  button.addEventListener("click", () => {
    const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    memory.set("theme", theme);
    show(theme);
  });
}

/** On a narrow screen one workspace is shown at a time. */
function startTabs() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const choose = (tab) => {
    for (const other of tabs) {
      other.setAttribute("aria-selected", other === tab);
      other.tabIndex = other === tab ? 0 : -1;
    }
    document.body.dataset.shown = tab.getAttribute("aria-controls");
    memory.set("tab", tab.id);
  };
  for (const [at, tab] of tabs.entries()) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
      const next = tabs[(at + 1) % tabs.length];
      choose(next);
      next.focus();
    });
  }
  choose(document.getElementById(new URLSearchParams(location.search).get("tab") ?? memory.get("tab") ?? "") ?? tabs[0]);
}
