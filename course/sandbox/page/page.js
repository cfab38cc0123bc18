// The sandbox's page. Whatever has arrived is put in as text, never as HTML.
"use strict";

const SECONDS = 0.7;       // between two looks
const MOST_ROWS = 200;     // more are not kept on the page
const LOOK_BACK = 50;      // so many rows may yet get their answer
const SAID_SECONDS = 6;
const QUICK = ["rate_limit", "overloaded", "server_error", "stall",
               "wrong_key"];

const byId = (name) => document.getElementById(name);
const cards = new Map();   // provider -> its card's parts
const rows = new Map();    // number -> its row's parts
const keys = new Set();    // fingerprints
let epoch = null;
let following = 0;         // the number of the next request
let paused = false;
let saidUntil = null;

function made(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function copyOf(template) {
  return byId(template).content.firstElementChild.cloneNode(true);
}

function say(text) {
  byId("said").textContent = text;
  clearTimeout(saidUntil);
  saidUntil = setTimeout(() => { byId("said").textContent = ""; },
                         SAID_SECONDS * 1000);
}

async function send(command, wish) {
  const answer = await fetch(`/_sandbox/${command}`, wish && {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify(wish),
  });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.error);
  return content;
}

// -- faults ---------------------------------------------------------------

function valueOf(text) {
  // 503, 0.5, true and null are what they look like; all else is text.
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? text : value;
  } catch {
    return text;
  }
}

async function plan(provider, fault, options, times, only) {
  const wish = {provider, fault, options, times};
  if (only) wish.only = only;
  try {
    await send("fail_next", wish);
    say(`Planned for ${provider}: ${fault}`);
  } catch (error) {
    say(`Not planned: ${error.message}`);
  }
  look();
}

let fields = 0;

function nameFields(part) {
  // Each field is named by the label before it.
  for (const label of part.querySelectorAll("label")) {
    const field = label.nextElementSibling;
    field.id = label.htmlFor = `field-${++fields}`;
  }
}

function optionField(option) {
  const line = made("p");
  const field = made(option.choices.length ? "select" : "input");
  if (option.choices.length) {
    field.append(new Option("as usual", ""));
    for (const choice of option.choices) field.append(new Option(choice));
  } else {
    field.type = "text";
    field.placeholder = "as usual";
    field.autocomplete = "off";
  }
  field.name = option.name;
  line.append(made("label", option.name), " ", field);
  nameFields(line);
  return line;
}

function addCard(provider, about) {
  const card = copyOf("provider");
  const part = (name) => card.querySelector(name);
  const title = part("h3");
  title.textContent = provider;
  title.id = `provider-${provider}`;
  card.setAttribute("aria-labelledby", title.id);
  part(".where code").textContent = about.base_url;
  const quick = part(".quick");
  quick.setAttribute("aria-label", `Plan once for ${provider}`);
  for (const fault of about.faults) {
    part(".fault").append(new Option(fault.name));
    if (!QUICK.includes(fault.name)) continue;
    const button = made("button", fault.name);
    button.type = "button";
    button.title = fault.sentence.replaceAll("`", "");
    button.addEventListener("click",
                            () => plan(provider, fault.name, {}, 1));
    quick.append(button);
  }
  const choose = () => {
    const name = part(".fault").value;
    const fault = about.faults.find((one) => one.name === name);
    const waits = {completion: " Waits for a completion.",
                   stream: " Waits for a stream."}[fault.waits_for] || "";
    const sentence = fault.sentence.replaceAll("`", "");
    part(".sentence").textContent = sentence + waits;
    part(".options").replaceChildren(...fault.options.map(optionField));
  };
  nameFields(card);
  part(".fault").value = "rate_limit";
  part(".fault").addEventListener("change", choose);
  choose();
  part("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const options = {};
    for (const field of part(".options").querySelectorAll("[name]")) {
      const text = field.value.trim();
      if (text) options[field.name] = valueOf(text);
    }
    const times = part(".times").value;
    plan(provider, part(".fault").value, options,
         times ? Number(times) : null, part(".only").value);
  });
  byId("providers").append(card);
  byId("show").append(new Option(provider));
  cards.set(provider, {
    planned: part(".planned"), counts: part(".counts"), only: part(".only"),
    shown: "",
  });
  count(provider);
}

function showPlanned(provider, faults) {
  const card = cards.get(provider);
  const texts = faults.map((fault) => {
    const left = fault.left === null ? "until cleared" : `${fault.left} ×`;
    const options = fault.options === "{}" ? ""
      : `: ${fault.options.replace(/[{}"\n]/g, "").trim()}`;
    const only = fault.only ? `, ${fault.only} alone` : "";
    return `${fault.name}, ${left}${only}${options}`;
  });
  const now = texts.join("\n");
  if (now === card.shown) return;
  card.shown = now;
  card.planned.replaceChildren(...texts.map((text) => made("li", text)));
}

function count(provider) {
  const listed = [...rows.values()].filter((row) => row.provider === provider);
  const failed = listed.filter((row) => row.status >= 400).length;
  cards.get(provider).counts.textContent =
    `${listed.length} listed below, ${failed} of them with an error`;
}

// -- requests -------------------------------------------------------------

function addRow(row) {
  const item = copyOf("request");
  const part = (name) => item.querySelector(name);
  const came = new Date(row.time * 1000);
  part("time").textContent = came.toLocaleTimeString();
  part("time").dateTime = came.toISOString();
  part(".provider-name").textContent = row.provider ?? "unknown";
  part(".what").textContent = `${row.method} ${row.path}`;
  part(".who").textContent = row.who;
  part(".line").textContent = row.line;
  for (const [name, value] of row.headers) {
    part(".headers").append(made("dt", name), made("dd", value));
  }
  part(".body").textContent = row.body || "(none)";
  part(".body").setAttribute("aria-label", "Request body");
  part(".reply").setAttribute("aria-label", "Answer");
  const known = {item, provider: row.provider, status: undefined,
                 statusPart: part(".status"), replyPart: part(".reply")};
  rows.set(row.number, known);
  byId("requests").prepend(item);
  if (!keys.has(row.who) && row.who !== "no key") {
    keys.add(row.who);
    for (const one of cards.values()) one.only.append(new Option(row.who));
  }
  setStatus(known, row);
  filter(known);
}

function readable(reply) {
  // Half of it may be missing, or it is no JSON: then as it came.
  try {
    return JSON.stringify(JSON.parse(reply), null, 1);
  } catch {
    return reply;
  }
}

function setStatus(known, row) {
  if (known.status === row.status) return;
  known.status = row.status;
  const bad = row.status >= 400;
  known.statusPart.textContent = row.status ?? "no answer yet";
  known.statusPart.className =
    "status " + (row.status === null ? "wait" : bad ? "bad" : "good");
  known.replyPart.textContent = row.reply === null ? "(none yet)"
    : readable(row.reply) || "(nothing)";
}

function forget() {
  rows.clear();
  keys.clear();
  byId("requests").replaceChildren();
  for (const [provider, card] of cards) {
    card.only.replaceChildren(new Option("any key", ""));
    count(provider);
  }
}

function trim() {
  for (const number of [...rows.keys()].sort((a, b) => a - b)) {
    if (rows.size <= MOST_ROWS) return;
    const row = rows.get(number);
    // What somebody reads right now stays.
    if (row.item.contains(document.activeElement)) continue;
    row.item.remove();
    rows.delete(number);
  }
}

function filter(row) {
  const wanted = byId("show").value;
  row.item.hidden = wanted !== "" && wanted !== row.provider;
}

function summarise() {
  const shown = [...rows.values()].filter((row) => !row.item.hidden).length;
  byId("count").textContent = shown ? `(${shown})` : "";
  byId("none").hidden = shown > 0;
  for (const provider of cards.keys()) count(provider);
}

function take(news) {
  if (news.epoch !== epoch) {
    if (epoch !== null) forget();
    epoch = news.epoch;
  }
  following = news.next;
  for (const row of news.requests) {
    const known = rows.get(row.number);
    if (known) setStatus(known, row);
    else addRow(row);
  }
  for (const provider of cards.keys()) {
    showPlanned(provider, news.faults[provider] ?? []);
  }
  trim();
  summarise();
}

function firstOpen() {
  let first = following;
  for (const [number, row] of rows) {
    const recent = number >= following - LOOK_BACK;
    if (recent && row.status === null) first = Math.min(first, number);
  }
  return first;
}

// -- looking again and again ----------------------------------------------

let looking = false;

async function look() {
  if (looking) return;
  looking = true;
  try {
    const news = await send(`feed?from=${firstOpen()}`);
    // After a restart or a clearing the numbers mean other requests.
    if (epoch !== null && news.epoch !== epoch) {
      take(await send("feed?from=0"));
    } else {
      take(news);
    }
    byId("state").textContent = paused ? "paused" : "";
  } catch {
    byId("state").textContent = "The sandbox does not answer.";
  } finally {
    looking = false;
  }
}

async function begin() {
  try {
    for (const [name, about] of Object.entries(await send("forms"))) {
      addCard(name, about);
    }
  } catch {
    byId("state").textContent = "The sandbox does not answer; load again.";
    return;
  }
  await look();
  setInterval(() => { if (!paused && !document.hidden) look(); },
              SECONDS * 1000);
}

byId("pause").addEventListener("click", () => {
  paused = !paused;
  byId("pause").setAttribute("aria-pressed", String(paused));
  byId("state").textContent = paused ? "paused" : "";
  if (!paused) look();
});
byId("clear").addEventListener("click", async () => {
  try {
    await send("clear", {});
    say("Cleared.");
  } catch (error) {
    say(`Not cleared: ${error.message}`);
  }
  look();
});
byId("show").addEventListener("change", () => {
  for (const row of rows.values()) filter(row);
  summarise();
});
begin();
