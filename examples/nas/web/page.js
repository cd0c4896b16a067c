// SPDX-License-Identifier: Apache-2.0
"use strict";

// What comes from the wire is somebody else's text: it is only ever set as text.

const maxLines = 256;
const $ = (selector) => document.querySelector(selector);
const number = new Intl.NumberFormat("en");

function element(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

// attributes are lines like 'Filter-Id = "gold"': the name, which is dim, and the value.
function attributes(list) {
  return (list ?? []).map((text) => {
    const at = text.indexOf(" = ");
    const e = element("span", "attr");
    e.title = text;
    if (at < 0) {
      e.textContent = text;
    } else {
      e.append(element("span", "", text.slice(0, at) + " "), text.slice(at + 3).replace(/^"(.*)"$/, "$1"));
    }
    return e;
  });
}

const two = (n) => String(n).padStart(2, "0");

function clock(ms) {
  const t = new Date(ms);
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}.${String(t.getMilliseconds()).padStart(3, "0")}`;
}

function milliseconds(ms) {
  if (!ms) return "";
  return ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : number.format(Math.round(ms));
}

// verdict is an answer as a badge, with its cause below it.
function verdict(v) {
  if (v.times) {
    const badge = element("span", "verdict none", v.times > 1 ? `dropped ${number.format(v.times)} times` : "dropped");
    badge.title = `no answer was sent to ${v.from}`;
    return [badge, element("span", "sub", v.error || "for a reason that is not known")];
  }
  if (!v.answer) return [element("span", "verdict none", "no answer yet")];
  const nak = v.answer.endsWith("NAK");
  const begun = nak && v.cause === 507; // Request-Initiated: an Authorize Only that has begun
  const badge = element("span", "verdict " + (begun ? "none" : nak ? "nak" : "ack"), (nak ? "NAK" : "ACK") + (v.cause ? " " + v.cause : ""));
  badge.title = v.answer;
  return [badge, ...[v.cause_name, v.error].filter(Boolean).map((text) => element("span", "sub", text))];
}

// Counters

const trouble = /^(Malformed|BadAuthenticator|Dropped|Stale|Replays|Overload|Late|UnknownPeer)$/;

function showCounters(rows) {
  const [head, disconnect, coa] = document.querySelectorAll("#counters tr");
  if (head.children.length === 1) {
    for (const { name } of rows) {
      const th = element("th", "", name.replace(/([a-z])([A-Z])/g, "$1 $2").replace("Auth Only", "Authorize Only"));
      th.scope = "col";
      head.append(th);
      disconnect.append(element("td"));
      coa.append(element("td"));
    }
  }
  rows.forEach((row, i) => {
    for (const [tr, value] of [[disconnect, row.disconnect], [coa, row.coa]]) {
      const td = tr.children[i + 1];
      td.textContent = number.format(value);
      td.className = value === 0 ? "zero" : trouble.test(row.name) ? "trouble" : "";
    }
  });
}

// Sessions

const sessions = new Map(); // rows by context and Acct-Session-Id

function sessionRow(s) {
  const tr = element("tr");
  const id = element("td", "nowrap");
  if (control) {
    const pick = element("button", "", s.id);
    pick.type = "button";
    pick.title = "ask about this session";
    pick.addEventListener("click", () => {
      $("#who").value = s.ask;
      (coaChosen() ? $("#what") : $("#send button")).focus();
    });
    id.append(pick);
  } else {
    id.append(element("span", "mono", s.id));
  }
  if (s.context) id.append(element("span", "sub", s.context));
  const user = element("td");
  const name = element("span", "user", s.user);
  name.title = s.user ?? "";
  user.append(name);
  if (s.address) user.append(element("span", "sub", s.address));
  tr.append(id, user, element("td", "service"));
  return tr;
}

function showSessions(list, fresh) {
  const body = $("#sessions tbody");
  const key = (s) => JSON.stringify([s.context ?? "", s.id]);
  const here = new Set(list.rows.map(key));
  const left = [...sessions].filter(([k]) => !here.has(k));
  const quiet = fresh || left.length > 20 || matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (const [k, tr] of left) {
    sessions.delete(k);
    if (quiet) {
      tr.remove();
    } else {
      tr.className = "gone";
      tr.querySelector("button")?.setAttribute("disabled", "");
      setTimeout(() => tr.remove(), 450);
    }
  }
  let before = null; // the row that the next one follows
  for (const s of list.rows) {
    let tr = sessions.get(key(s));
    const known = tr !== undefined;
    if (!known) sessions.set(key(s), (tr = sessionRow(s)));
    const service = JSON.stringify(s.service ?? []);
    if (tr.dataset.service !== service) {
      tr.dataset.service = service;
      tr.querySelector(".service").replaceChildren(...attributes(s.service));
      if (known && !fresh) flash(tr);
    }
    const next = before ? before.nextElementSibling : body.firstElementChild;
    if (next !== tr && !(next?.className === "gone" && next.nextElementSibling === tr)) body.insertBefore(tr, next);
    before = tr;
  }
  const shown = number.format(list.rows.length);
  const total = number.format(list.total);
  $("#found").textContent = list.query === "" && !list.more ? total : list.more ? `the first ${shown} of ${list.query === "" ? total : "those found"}` : `${shown} of ${total}`;
}

function flash(tr) {
  tr.classList.remove("changed");
  void tr.offsetWidth; // begins the animation anew
  tr.classList.add("changed");
}

// Requests and answers

const lines = new Map(); // rows by number
let paused = null; // the lines that came meanwhile

function lineRow(l) {
  const tr = element("tr");
  tr.dataset.times = l.times ?? 0;
  const request = element("td");
  const [, at, name, transport] = l.from.match(/^(\S+) \((.*), (\w+)\)$/) ?? [l.from, l.from]; // who it has proved to be, and how
  const from = element("span", "sub", at + " ");
  from.append(element("span", "nowrap", `\u00b7 ${l.id}`));
  request.append(element("span", "", l.code), from);
  if (name) request.append(element("span", "sub", `${name} \u00b7 ${transport.toUpperCase()}`));
  request.title = `${l.code}, identifier ${l.id}, from ${l.from} to ${l.to}`;
  const session = element("td"), changes = element("td");
  session.append(...attributes(l.session));
  changes.append(...attributes(l.changes));
  tr.append(element("td", "nowrap", clock(l.at)), request, session, changes, element("td"), element("td", "number"), element("td", "number"));
  return tr;
}

function showLines(news) {
  if (paused) {
    paused = [...paused, ...news].slice(-2 * maxLines);
    return;
  }
  const body = $("#requests tbody");
  for (const l of news) {
    let tr = lines.get(l.n);
    if (tr && l.times > tr.dataset.times) { // what was dropped again is news: it moves up
      tr.remove();
      tr = undefined;
    }
    if (!tr) {
      tr = lineRow(l);
      lines.delete(l.n);
      lines.set(l.n, tr);
      body.prepend(tr);
    }
    tr.children[4].replaceChildren(...verdict(l));
    tr.children[5].textContent = milliseconds(l.took);
    tr.children[6].textContent = l.duplicates ? number.format(l.duplicates) : "";
  }
  for (const [n, tr] of lines) {
    if (lines.size <= maxLines) break;
    tr.remove();
    lines.delete(n);
  }
  $("#requests .empty").hidden = lines.size > 0;
}

$("#pause").addEventListener("click", (event) => {
  const waiting = paused;
  paused = paused ? null : [];
  event.target.setAttribute("aria-pressed", String(paused !== null));
  event.target.textContent = paused ? "Continue" : "Pause";
  if (waiting) showLines(waiting);
});

// The stream

let source;
let missed = 0;
let control = false;

function connect() {
  source?.close();
  const mine = (source = new EventSource("events?q=" + encodeURIComponent($("#query").value.trim())));
  mine.onmessage = (event) => mine === source && take(JSON.parse(event.data));
  mine.onerror = () => {
    if (mine !== source) return;
    $("#live").className = "";
    $("#live").textContent = mine.readyState === EventSource.CLOSED ? "the NAS refuses the page: too many are open" : "connection lost, trying again";
  };
}

function take(news) {
  if (news.nas) about(news.nas);
  if (news.sessions) showSessions(news.sessions, Boolean(news.nas));
  if (news.counters) showCounters(news.counters);
  if (news.missed) {
    missed += news.missed;
    $("#missed").textContent = `${number.format(missed)} came too fast to be shown`;
  }
  if (news.lines) showLines(news.lines);
}

let began = 0;

function about(nas) {
  document.title = nas.name || "NAS";
  $("#name").textContent = nas.name || "NAS";
  const shown = nas.listening.slice(0, 2), more = nas.listening.length - shown.length;
  $("#listening").textContent = shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
  $("#listening").title = nas.listening.join("  ");
  $("#live").className = "on";
  $("#live").textContent = nas.control ? "live" : "live, read-only";
  control = nas.control;
  $("#send").hidden = !control;
  $("#supported").textContent = "This NAS changes " + nas.supported + ".";
  if (began !== nas.began) { // another run of the NAS: nothing of what is shown is its
    began = nas.began;
    missed = 0;
    $("#missed").textContent = "";
    for (const rows of [sessions, lines]) rows.clear();
    for (const body of document.querySelectorAll("main tbody")) body.replaceChildren();
  }
}

let typing;
$("#query").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(connect, 200);
});

// The form

const form = $("#form");
const coaChosen = () => form.elements.kind.value === "coa";

$("#send").addEventListener("change", () => {
  const coa = coaChosen();
  $("#what-field").hidden = $("#supported").hidden = !coa;
  $("#send button").textContent = coa ? "Send CoA-Request" : "Send Disconnect-Request";
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = $("#send button"), told = $("#told");
  const body = { kind: coaChosen() ? "coa" : "disconnect", attributes: $("#who").value + (coaChosen() ? "\n" + $("#what").value : "") };
  button.disabled = true;
  told.className = "";
  told.replaceChildren("waiting for the answer");
  try {
    const answer = await fetch("requests", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error((await answer.text()).trim());
    const t = await answer.json();
    if (!t.answer) throw new Error(t.error);
    told.replaceChildren(...verdict({ ...t, cause_name: undefined }), ` ${t.cause_name ?? t.answer}, ${milliseconds(t.took)} ms`);
  } catch (err) {
    told.className = "bad";
    told.replaceChildren(String(err.message ?? err));
  } finally {
    button.disabled = false;
  }
});

for (const area of document.querySelectorAll("textarea")) {
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}

connect();
