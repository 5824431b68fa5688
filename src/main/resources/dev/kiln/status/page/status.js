// The status page: shows what "status/events" says, and posts orders. All text goes in as text, never as markup.
import uPlot from "./uPlot.esm.js";

const TOKEN = "kiln-token";
const SILENCE = 20_000;
const WORDS = {
  ACCEPTED: "accepted",
  ENRICHED: "enriched",
  SENDING: "on the wire",
  QUEUED: "queued",
  HELD: "held",
  UNKNOWN: "in doubt",
  MISSING: "missing",
  REFUSED: "refused",
  DEAD: "dead",
  REJECTED: "rejected",
  DUPLICATE: "duplicates",
  CANCELLED: "cancelled",
};
const OPEN = ["QUEUED", "SENDING", "HELD"];
const STUCK = {
  UNKNOWN: {
    title: "In doubt",
    why: "They left, and no answer that can be trusted came back. Look for their lead_id at Clay; then say what you found.",
  },
  DEAD: {
    title: "Dead",
    why: "Their attempts are used up. Once what the reasons name is mended, queue them again.",
  },
  REFUSED: {
    title: "Refused",
    why: "Clay refuses these rows for their own fault. Mend what the reason names and send the file again; or queue them again as they are.",
  },
  MISSING: {
    title: "Missing",
    why: "Clay accepted them, and the enriched row did not come back in time. Queued again they are marked as possible duplicates.",
  },
};

// ---- Words ----

const figures = new Intl.NumberFormat("en");
const fine = new Intl.NumberFormat("en", { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const loose = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

const count = (number, one, many = `${one}s`) => `${figures.format(number)} ${number === 1 ? one : many}`;
const time = (at) => clock.format(new Date(at));

/** Words with the times in them as the reader's own. */
const local = (words) =>
  words.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (at) => (Math.abs(Date.parse(at) - Date.now()) < 43_200_000 ? time(at) : day.format(new Date(at))));

/** A time in its two largest units. */
function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(s / 86_400), "d"],
    [Math.floor(s / 3_600) % 24, "h"],
    [Math.floor(s / 60) % 60, "min"],
    [s % 60, "s"],
  ];
  const first = parts.findIndex(([number]) => number > 0);
  if (first < 0) {
    return "0 s";
  }
  return parts
    .slice(first, first + 2)
    .filter(([number]) => number > 0)
    .map(([number, unit]) => `${number} ${unit}`)
    .join(" ");
}

/** For how long something is so, and since when exactly. */
const since = (at) => `for ${span((Date.now() - Date.parse(at)) / 1000)}, since ${day.format(new Date(at))}`;

const about = (seconds) => (seconds < 60 ? "less than a minute" : `about ${span(Math.ceil(seconds / 60) * 60)}`);

// ---- The document ----

const $ = (id) => document.getElementById(id);

function text(node, value) {
  const words = String(value);
  if (node.textContent !== words) {
    node.textContent = words;
  }
}

function mark(node, name, value) {
  if (value === null || value === undefined || value === false) {
    node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

/** An element: its tag with classes, its attributes, its children. */
function el(kind, attributes = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const node = document.createElement(tag);
  if (classes.length > 0) {
    node.className = classes.join(" ");
  }
  Object.entries(attributes).forEach(([name, value]) => mark(node, name, value));
  node.append(...children);
  return node;
}

function button(label, name, act, strong = false) {
  const node = el(strong ? "button.strong" : "button", { type: "button", "aria-label": `${label}: ${name}` }, label);
  node.addEventListener("click", act);
  return node;
}

/**
 * Makes the children of a node agree with items: one element a key, made once and updated in place, so that focus and
 * what a screen reader reads stay where they are.
 */
function keyed(parent, items, key, make, update) {
  const there = new Map();
  [...parent.children].forEach((child) => (there.has(child.key) ? child.remove() : there.set(child.key, child)));
  let place = null;
  for (const item of items) {
    const name = key(item);
    let child = there.get(name);
    if (child) {
      there.delete(name);
    } else {
      child = make(item);
      child.key = name;
    }
    update(child, item);
    const next = place ? place.nextSibling : parent.firstChild;
    if (next !== child) {
      parent.insertBefore(child, next);
    }
    place = child;
  }
  there.forEach((gone) => gone.remove());
}

function meter(node, share, valuetext, max = 100) {
  const now = Math.max(0, Math.min(1, share || 0));
  node.firstElementChild.style.width = `${now * 100}%`;
  mark(node, "aria-valuenow", Math.round(now * max));
  mark(node, "aria-valuetext", valuetext);
}

const newMeter = (label) =>
  el("div.meter", { role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0 }, el("i"));

// ---- Asking Kiln ----

class Refused extends Error {}

async function ask(path, options = {}) {
  const headers = { ...options.headers };
  const token = sessionStorage.getItem(TOKEN);
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  const response = await fetch(path, { ...options, headers, cache: "no-store" });
  if (response.ok) {
    return response;
  }
  const answer = await response.json().catch(() => ({}));
  if (response.status === 401) {
    await askForToken(token !== null);
    return ask(path, options);
  }
  throw new Refused(answer.error || `Kiln answered ${response.status}`);
}

let asking = null;

/** Asks for the token, once for all that wait for it. */
function askForToken(wrong) {
  asking ??= new Promise((done) => {
    const dialog = $("token");
    if (wrong) {
      text($("token-text"), "That is not the token of this Kiln. It is the one that kiln.http.token names.");
    }
    text($("link-text"), "waits for the token");
    dialog.addEventListener(
      "close",
      () => {
        sessionStorage.setItem(TOKEN, $("token-value").value.trim());
        $("token-value").value = "";
        asking = null;
        done();
      },
      { once: true },
    );
    dialog.showModal();
  });
  return asking;
}

$("token").addEventListener("cancel", (event) => event.preventDefault());

let saying = 0;

function say(words) {
  text($("said"), words);
  clearTimeout(saying);
  saying = setTimeout(() => text($("said"), ""), 8_000);
}

async function order(name, body, done) {
  try {
    const response = await ask(`orders/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    say(done(await response.json()));
    seenStuck = "";
  } catch (failure) {
    say(`Not done: ${failure.message}`);
  }
}

/** Asks a person first; resolves to whether to go on. */
function sure(title, words, yes) {
  text($("ask-title"), title);
  text($("ask-text"), words);
  text($("ask-yes"), yes);
  const dialog = $("ask");
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true });
    dialog.returnValue = "";
    dialog.showModal();
    $("ask-no").focus();
  });
}

$("ask-yes").value = "yes";
$("ask-no").addEventListener("click", () => $("ask").close());

const pause = (kind, name, paused) =>
  order(paused ? "pause" : "resume", { [kind]: name }, () =>
    paused ? `The ${kind} ${name} is paused, over restarts too.` : `The ${kind} ${name} goes on.`,
  );

// ---- What Kiln says ----

const sum = (objects) => {
  const total = {};
  objects.forEach((states) => Object.entries(states).forEach(([state, leads]) => (total[state] = (total[state] || 0) + leads)));
  return total;
};
const of = (states, ...names) => names.reduce((leads, name) => leads + (states[name] || 0), 0);

function show(status) {
  const { live } = status;
  const total = sum(status.tables.map((table) => table.states));
  const known = new Map(status.tables.map((table) => [table.table, table]));
  const tables = live.tables.map((table) => ({ states: {}, ...known.get(table.table), ...table, known: true }));
  status.tables.forEach((table) => {
    if (!live.tables.some((one) => one.table === table.table)) {
      tables.push({ ...table, known: false });
    }
  });
  const workspaces = live.workspaces.map((workspace) => ({
    ...status.workspaces.find((one) => one.name === workspace.name),
    ...workspace,
  }));
  glance(status, total, workspaces, tables);
  problems(status, workspaces, tables);
  runs(status, tables);
  tableRows(tables, status.held);
  workspaceCards(workspaces, live.node);
  nodes(status.nodes, workspaces, live.node);
  webhooks(status);
  budget(status);
  results(status.results);
  stuck(total, tables);
  text($("version"), live.version);
  text($("since"), `This Kiln runs since ${day.format(new Date(live.started))}.`);
}

function glance(status, total, workspaces, tables) {
  const sent = workspaces.reduce((rate, one) => rate + one.sent_per_second, 0);
  // Only the leader of a workspace knows whether a 429 slows it.
  const pace = workspaces.reduce((rate, one) => rate + (one.pace_per_second ?? one.allowed_per_second), 0);
  const leaderless = workspaces.filter((one) => !one.leader);
  const elsewhere = workspaces.filter((one) => one.leader && !one.led_here);
  const allowed = workspaces.reduce((rate, one) => rate + one.allowed_per_second, 0);
  text($("rate"), fine.format(sent));
  meter($("rate-meter"), sent / allowed, `${fine.format(sent)} of ${loose.format(allowed)} leads a second`);
  text(
    $("rate-note"),
    pace < allowed - 0.005
      ? `of ${loose.format(allowed)}/s allowed; slowed to ${loose.format(pace)}/s after a 429, it climbs back`
      : `of ${loose.format(allowed)}/s allowed${elsewhere.length > 0 ? "; sent by another node, as the ledger counts it" : ""}`,
  );
  $("hour-note").hidden = elsewhere.length === 0;
  text(
    $("hour-note"),
    elsewhere.length > 0 ? `What this node sent. ${elsewhere.map((one) => `Workspace ${one.name} is led by ${one.leader}`).join(", ")}, whose page shows the rest.` : "",
  );

  const queued = of(total, "QUEUED", "SENDING");
  const parked = tables.filter((table) => table.waiting || table.paused).reduce((leads, table) => leads + of(table.states, "QUEUED"), 0);
  const etas = status.runs.map((run) => run.eta_seconds).filter((eta) => eta !== null);
  text($("queued"), figures.format(queued));
  const notes = [];
  if (etas.length > 0) {
    notes.push(`sent in ${about(Math.max(...etas))}`);
  }
  if (parked > 0) {
    notes.push(`${figures.format(parked)} wait for their table`);
  }
  if (total.HELD) {
    notes.push(`and ${count(total.HELD, "lead")} held`);
  }
  text($("queued-note"), notes.join("; ") || (queued > 0 ? "on their way" : "nothing waits"));

  const accepted = of(total, "ACCEPTED", "ENRICHED", "MISSING");
  const read = Object.values(total).reduce((leads, number) => leads + number, 0);
  text($("accepted"), figures.format(accepted));
  text($("accepted-note"), `of ${count(read, "row")} read in all runs`);

  const bad = of(total, ...Object.keys(STUCK));
  text($("stuck"), figures.format(bad));
  $("stuck-tile").classList.toggle("warn", bad > 0);
  $("stuck-link").hidden = bad === 0;
  text(
    $("stuck-note"),
    bad > 0
      ? Object.keys(STUCK)
          .filter((state) => total[state])
          .map((state) => `${figures.format(total[state])} ${WORDS[state]}`)
          .join(", ")
      : "in doubt, dead or refused",
  );

  const reading = status.runs.some((run) => run.phase === "READING" && !run.interrupted);
  const asked = workspaces.find((one) => one.paused_until);
  const halted = workspaces.length > 0 && workspaces.every((one) => one.paused);
  let state = ["good", "Idle: nothing is queued"];
  if (status.live.stands_still) {
    state = ["bad", "Stands still"];
  } else if (halted) {
    state = ["warn", "Paused"];
  } else if (asked && queued > 0) {
    state = ["warn", `Clay asked to wait until ${time(asked.paused_until)}`];
  } else if (queued > parked && leaderless.length > 0 && leaderless.length === workspaces.length) {
    state = ["bad", "Nobody delivers"];
  } else if (queued > parked) {
    state = ["good", "Delivering"];
  } else if (queued > 0) {
    state = ["warn", "All that is queued waits"];
  } else if (reading) {
    state = ["good", "Reading"];
  }
  text($("state"), state[1]);
  mark($("state"), "class", `pill ${state[0]}`);
  document.title = queued > 0 ? `${figures.format(queued)} queued – Kiln` : "Kiln";
}

function problems(status, workspaces, tables) {
  const { reload, alerts } = status.live;
  const waiting = tables.filter((table) => table.waiting && table.waiting.kind !== "WORKSPACE_PAUSED" && of(table.states, "QUEUED") > 0);
  const all = status.not_ready.map((fault) => ({
    bad: true,
    key: fault.reason,
    head: fault.check === "ledger" ? "Intake and delivery stand still" : "Kiln is not ready",
    what: fault.reason,
  }));
  // A stopped table is told below, with its leads.
  status.notes
    .filter((note) => note.check !== "routes")
    .forEach((note) => {
      all.push({ key: note.reason, head: "Some leads do not come in", what: note.reason });
    });
  if (reload && reload.fault) {
    all.push({
      bad: true,
      key: "reload",
      head: `The change saved before ${time(reload.fault_since)} is not in force: Kiln goes on as before`,
      what: reload.fault,
    });
  }
  if (reload && reload.waits_for) {
    all.push({ key: "reload waits", head: "A saved change is not in force yet", what: `It waits: ${reload.waits_for}.` });
  }
  if (reload && reload.at_next_start.length > 0) {
    const keys = reload.at_next_start;
    all.push({ key: "start", head: "Restart Kiln", what: `${keys.join(", ")} ${keys.length === 1 ? "counts" : "count"} from the next start on.` });
  }
  workspaces
    .filter((one) => !one.leader)
    .forEach((one) => {
      all.push({
        bad: true,
        key: `leader ${one.name}`,
        head: `Nobody leads workspace ${one.name}: any lead of its tables waits`,
        what: "A node that runs takes it within seconds of the end of the last leader's lease (kiln.delivery.lease). If this lasts, the log of each node says why.",
      });
    });
  workspaces
    .filter((one) => one.paused)
    .forEach((one) => {
      all.push({ key: `workspace ${one.name}`, head: `Workspace ${one.name}`, what: "Paused by the operator: nothing is sent there.", kind: "workspace", name: one.name });
    });
  waiting.forEach((table) => {
    all.push({
      key: `table ${table.table}`,
      head: `${table.table}: ${count(of(table.states, "QUEUED"), "lead")} wait`,
      what: table.waiting.reason,
      ...(table.paused ? { kind: "table", name: table.table } : {}),
    });
  });
  // What a table waits for is told above, that of its webhooks only where it is that.
  const told = new Set(
    waiting.flatMap((table) => [
      table.table,
      ...(["REFUSING", "EXHAUSTED", "TABLE_FULL"].includes(table.waiting.kind)
        ? status.webhooks.filter((one) => one.table === table.table).map((one) => one.name)
        : []),
    ]),
  );
  alerts.forEach((alert) => {
    const bad = ["refusing", "exhausted", "stalled"].includes(alert.kind) || alert.level === "full";
    if (!bad || !told.has(alert.subject)) {
      all.push({ bad, key: `${alert.kind} ${alert.subject}`, head: alert.what, what: `${alert.cure}.` });
    }
  });
  keyed(
    $("problems"),
    all,
    (problem) => `${problem.key} ${problem.kind || ""}`,
    (problem) => {
      const node = el("li.problem", {}, el("div", {}, el("b"), el("span")));
      if (problem.kind) {
        node.append(button("Resume", `${problem.kind} ${problem.name}`, () => pause(problem.kind, problem.name, false)));
      }
      return node;
    },
    (node, problem) => {
      node.classList.toggle("bad", Boolean(problem.bad));
      text(node.firstElementChild.children[0], problem.head);
      text(node.firstElementChild.children[1], local(problem.what));
    },
  );
}

// ---- Runs ----

function runs(status, tables) {
  const waits = new Map(tables.filter((table) => table.waiting || table.paused).map((table) => [table.table, table]));
  keyed($("runs"), status.runs, (run) => run.run, newRun, (node, run) => updateRun(node, run, waits));
  const notes = [];
  if (status.runs.length === 0) {
    notes.push('No leads yet: drop a file into inbox/normal of the data folder, post it to /leads, or use "kiln send FILE".');
  }
  if (status.older_runs > 0) {
    notes.push(`… and ${count(status.older_runs, "older run")}: "kiln status" lists them.`);
  }
  text($("runs-note"), notes.join(" "));
}

function newRun(run) {
  const parts = {
    name: el("h3"),
    about: el("span.note"),
    end: el("span.end"),
    bar: el("div.bar", { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }),
    key: el("ul.key"),
    remarks: el("div"),
  };
  const node = el("li", {}, el("div.row", {}, parts.name, parts.about, parts.end), parts.bar, parts.key, parts.remarks);
  node.parts = parts;
  return node;
}

function updateRun(node, run, waits) {
  const { parts } = node;
  const states = Object.keys(WORDS).filter((state) => run.states[state]);
  const read = Math.max(run.read, of(run.states, ...states));
  const open = of(run.states, ...OPEN);
  const share = read === 0 ? 0 : (read - open) / read;
  const percent = open > 0 ? Math.min(99, Math.floor(share * 100)) : 100;
  text(parts.name, run.name);
  text(parts.about, `${run.source ? `from ${run.source}, ` : ""}${run.priority} priority, run ${run.run}`);

  const parked = Object.entries(run.tables).filter(([table, leads]) => waits.has(table) && of(leads, "QUEUED") > 0);
  let end = "";
  if (run.phase === "REFUSED") {
    end = "refused";
  } else if (run.phase === "READING") {
    end = run.interrupted ? "read in part" : "reading";
  } else if (open === 0) {
    end = "done";
  } else if (run.eta_seconds !== null) {
    end = `${percent} %, ${about(run.eta_seconds)} left`;
  } else {
    end = `${percent} %, ${parked.length > 0 ? "the rest waits" : run.states.HELD === open ? "the rest is held" : "on its way"}`;
  }
  text(parts.end, end);

  mark(parts.bar, "aria-label", `Progress of ${run.name}`);
  mark(parts.bar, "aria-valuenow", percent);
  mark(parts.bar, "aria-valuetext", `${figures.format(read - open)} of ${count(read, "row")} settled`);
  keyed(
    parts.bar,
    states,
    (state) => state,
    (state) => el(`i.c-${state.toLowerCase()}`),
    (piece, state) => {
      piece.style.flexGrow = String(run.states[state]);
    },
  );
  keyed(
    parts.key,
    read > 0 ? ["", ...states] : [],
    (state) => state,
    (state) => (state ? el("li", {}, el(`i.c-${state.toLowerCase()}`), el("b"), el("span")) : el("li", {}, el("span"))),
    (piece, state) => {
      if (state) {
        text(piece.children[1], figures.format(run.states[state]));
        text(piece.children[2], WORDS[state]);
      } else {
        text(piece.firstElementChild, `${count(read, "row")}:`);
      }
    },
  );
  const remarks = [];
  if (run.problem) {
    remarks.push({ key: "problem", bad: true, what: `Refused: ${run.problem}` });
  }
  if (run.interrupted) {
    remarks.push({ key: "interrupted", bad: true, what: "Nobody reads on: what was read is delivered; for the rest drop the same file again if it is gone from the inbox." });
  }
  parked.forEach(([table, leads]) => {
    remarks.push({ key: `waits ${table}`, what: `${count(of(leads, "QUEUED"), "lead")} wait for ${table}.` });
  });
  if (run.possible_duplicate > 0) {
    remarks.push({ key: "doubts", what: `${count(run.possible_duplicate, "lead is", "leads are")} marked as possible duplicates: "kiln leads --run ${run.run} --possible-duplicates" lists them.` });
  }
  if (run.rejects) {
    remarks.push({ key: "rejects", what: `The rejected rows are in ${run.rejects} of the data folder: mend them and drop that file${run.source ? ` into ${run.priority}/${run.source} of the inbox` : ""}.` });
  }
  if (run.note) {
    remarks.push({ key: "note", what: run.note });
  }
  keyed(
    parts.remarks,
    remarks,
    (remark) => remark.key,
    () => el("p.remark"),
    (piece, remark) => {
      piece.classList.toggle("bad", Boolean(remark.bad));
      text(piece, remark.what);
    },
  );
}

// ---- Tables and workspaces ----

/** Why leads of a table are held, each reason with how many: by table and reason. */
function held(table, all) {
  const sums = new Map();
  all
    .filter((some) => some.table === table)
    .forEach((some) => {
      const why = {
        OPERATOR: 'by the operator: "kiln release" lets them go',
        SAMPLE: 'behind a sample: "kiln release" lets them go',
      }[some.by];
      const words = why || `and go by themselves: ${some.reason}`;
      sums.set(words, (sums.get(words) || 0) + some.leads);
    });
  return [...sums].map(([why, leads]) => ({ key: `${table} ${why}`, what: `${count(leads, "lead")} held ${why}` }));
}

function tableRows(tables, allHeld) {
  keyed($("table-rows"), tables, (table) => table.table, newTable, (node, table) => {
    const { parts } = node;
    text(parts.queued, figures.format(of(table.states, "QUEUED")));
    text(parts.wire, figures.format(of(table.states, "SENDING")));
    text(parts.accepted, figures.format(of(table.states, "ACCEPTED", "ENRICHED", "MISSING")));
    text(parts.oldest, table.oldest_queued ? span((Date.now() - Date.parse(table.oldest_queued)) / 1000) : "–");
    const breaker = table.breaker || (table.known ? "not known here" : "none");
    text(parts.breaker, breaker);
    mark(parts.breaker, "class", `tag ${breaker === "closed" ? "good" : table.breaker ? "warn" : ""}`);
    mark(parts.breaker, "title", table.known && !table.breaker ? "The node that leads the workspace knows it" : null);
    const reason = table.waiting ? table.waiting.reason : table.paused ? "Paused by the operator" : "";
    const reasons = [...(reason ? [reason] : []), ...held(table.table, allHeld).map(({ what }) => what)];
    text(parts.why, local(reasons.join("; ")) || "–");
    parts.why.classList.toggle("waits", reasons.length > 0);
    if (parts.order) {
      text(parts.order, table.paused ? "Resume" : "Pause");
      mark(parts.order, "aria-label", `${table.paused ? "Resume" : "Pause"}: table ${table.table}`);
      parts.order.paused = table.paused;
    }
  });
}

function newTable(table) {
  const cell = (kind, label, part, unit = "") =>
    el(kind, { role: "cell", "data-label": label }, part, ...(unit ? [" ", el("small.unit", {}, unit)] : []));
  const parts = {
    queued: el("span"),
    wire: el("span"),
    accepted: el("span"),
    oldest: el("span"),
    breaker: el("span.tag"),
    why: el("td.why", { role: "cell", "data-label": "Waiting because" }),
  };
  const order = el("td.order", { role: "cell" });
  if (table.known) {
    parts.order = el("button", { type: "button" });
    parts.order.addEventListener("click", () => pause("table", table.table, !parts.order.paused));
    order.append(parts.order);
  }
  const node = el(
    "tr",
    { role: "row" },
    el("th", { scope: "row", role: "rowheader" }, table.table || "(before a table was chosen)"),
    cell("td.number", "Queued", parts.queued, "leads"),
    cell("td.number", "On the wire", parts.wire, "leads"),
    cell("td.number", "Accepted", parts.accepted, "leads"),
    cell("td.number", "Oldest waits", parts.oldest),
    cell("td", "Breaker", parts.breaker),
    parts.why,
    order,
  );
  node.parts = parts;
  return node;
}

function workspaceCards(workspaces, here) {
  keyed($("workspaces"), workspaces, (one) => one.name, newWorkspace, (node, one) => {
    const { parts } = node;
    text(parts.rate, `${fine.format(one.sent_per_second)} of ${loose.format(one.allowed_per_second)} leads/s allowed`);
    meter(parts.meter, one.sent_per_second / one.allowed_per_second, parts.rate.textContent);
    const notes = [];
    if (one.paused) {
      notes.push("Paused by the operator: nothing is sent.");
    }
    if (one.paused_until) {
      notes.push(`Clay asked to wait (429): it goes on by itself at ${time(one.paused_until)}.`);
    }
    if (one.pace_per_second !== null && one.pace_per_second < one.allowed_per_second - 0.005) {
      notes.push(`Slowed to ${loose.format(one.pace_per_second)}/s after a 429; it climbs back by itself.`);
    }
    if (one.leader && !one.led_here) {
      notes.push("The rate is what the ledger counts; whether a 429 slows it, the leader's page says.");
    }
    notes.push(one.rate_set === null || one.rate_set === undefined ? "The rate is that of clay.yaml." : "The rate is the operator's.");
    text(parts.note, notes.join(" "));
    text(parts.leader, one.leader ? `Led by ${one.led_here ? `this node, ${here},` : one.leader} ${since(one.led_since)}.` : "Nobody leads it: any lead of its tables waits.");
    mark(parts.leader, "title", one.led_since ? `Led since ${one.led_since}; it is leadership number ${one.epoch} of the workspace` : null);
    parts.leader.classList.toggle("bad", !one.leader);
    text(parts.pause, one.paused ? "Resume" : "Pause");
    mark(parts.pause, "aria-label", `${parts.pause.textContent}: workspace ${one.name}`);
    parts.pause.paused = one.paused;
    parts.reset.hidden = one.rate_set === null || one.rate_set === undefined;
    if (document.activeElement !== parts.input && !parts.input.edited) {
      parts.input.value = one.allowed_per_second;
    }
  });
}

function newWorkspace(one) {
  const parts = {
    rate: el("span.end"),
    meter: newMeter(`Rate of workspace ${one.name}`),
    leader: el("p.remark.leader"),
    note: el("p.remark"),
    pause: el("button", { type: "button" }),
    input: el("input", { type: "number", min: 0.1, max: 1000, step: "any", required: "", id: `rate-of-${one.name}` }),
    reset: button("As in clay.yaml", `rate of ${one.name}`, () => {
      parts.input.edited = false;
      return order("rate", { workspace: one.name, rate: null }, () => `The workspace ${one.name} has the rate of clay.yaml again.`);
    }),
  };
  parts.pause.addEventListener("click", () => pause("workspace", one.name, !parts.pause.paused));
  parts.input.addEventListener("input", () => (parts.input.edited = true));
  const form = el(
    "form.buttons",
    {},
    el("label", { for: `rate-of-${one.name}` }, "Leads a second"),
    parts.input,
    el("button", { type: "submit", "aria-label": `Set rate of ${one.name}` }, "Set rate"),
    parts.reset,
    parts.pause,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const rate = Number(parts.input.value);
    parts.input.edited = false;
    order("rate", { workspace: one.name, rate }, () => `The workspace ${one.name} sends at most ${loose.format(rate)} leads a second, over restarts too.`);
  });
  const node = el("li.workspace", {}, el("div", {}, el("div.row", {}, el("h3", {}, one.name), parts.rate), el("div.gauge", {}, parts.meter), parts.leader, parts.note), form);
  node.parts = parts;
  return node;
}

// ---- Nodes ----

/** All of them; where one runs alone, a line. */
function nodes(all, workspaces, here) {
  const alone = all.length === 1 && all[0].alive;
  $("nodes").hidden = alone || all.length === 0;
  $("nodes-quiet").hidden = !$("nodes").hidden;
  if (!$("nodes-quiet").hidden) {
    text(
      $("nodes-quiet"),
      alone ? `One node: ${all[0].name}, version ${all[0].version}, up ${since(all[0].started)}.` : "No node has said yet that it runs.",
    );
  }
  const led = workspaces.filter((one) => one.leader);
  const others = led.length > 0 ? `${led.map((one) => `${one.name} is led by ${one.leader}`).join(", ")}` : "Nobody has taken its work over";
  keyed(
    $("nodes"),
    alone ? [] : all,
    (node) => node.name,
    (node) => {
      const parts = { state: el("span.tag"), mine: el("span.note", {}, "this node"), about: el("p.note"), leads: el("p.remark"), cure: el("p.remark") };
      const item = el("li", {}, el("h3", {}, node.name), el("div.row", {}, parts.state, parts.mine), parts.about, parts.leads, parts.cure);
      item.parts = parts;
      return item;
    },
    (item, node) => {
      const { parts } = item;
      text(parts.state, node.alive ? "alive" : "silent");
      mark(parts.state, "class", `tag ${node.alive ? "good" : "warn"}`);
      parts.mine.hidden = node.name !== here;
      text(parts.about, node.alive ? `Version ${node.version}, up ${since(node.started)}.` : `Version ${node.version}, taken for dead ${since(node.alive_until)}.`);
      mark(parts.about, "title", `Started ${node.started}${node.alive ? "" : `; alive until ${node.alive_until}`}`);
      text(parts.leads, node.leads.length > 0 ? `Leads ${node.leads.join(", ")}.` : node.alive ? "Leads nothing: it takes leads in and is ready to take over." : "");
      parts.leads.hidden = parts.leads.textContent === "";
      parts.cure.hidden = node.alive;
      text(parts.cure, node.alive ? "" : `${others}. The node starts again by itself under Kubernetes or systemd, under a new name; elsewhere by "kiln run".`);
    },
  );
}

// ---- Webhooks and budget ----

function webhooks(status) {
  const tables = [...new Set(status.webhooks.map((webhook) => webhook.table))];
  keyed(
    $("webhooks"),
    tables.map((table) => ({
      table,
      capacity: status.capacities.find((one) => one.table === table),
      webhooks: status.webhooks.filter((webhook) => webhook.table === table),
    })),
    (one) => one.table,
    (one) => {
      const parts = { runway: el("p.note"), gauges: el("div") };
      const node = el("li", {}, el("h3", {}, one.table), parts.runway, parts.gauges);
      node.parts = parts;
      return node;
    },
    (node, one) => {
      text(node.parts.runway, runway(one.capacity));
      keyed(node.parts.gauges, one.webhooks, (webhook) => webhook.name, newGauge, updateGauge);
    },
  );
}

function runway(capacity) {
  if (!capacity || capacity.left === null) {
    return "Nothing limits it.";
  }
  const left = `${count(capacity.left, "row")} left`;
  if (capacity.runway_days === null) {
    return `${left}; nothing was sent in the last week.`;
  }
  const days = capacity.runway_days;
  const lasts = days < 1 ? "less than a day" : count(Math.floor(days), "day");
  return `${left}: ${lasts} at ${figures.format(Math.round(capacity.leads_per_day))} a day, as in the last week.${days < 7 ? " Add a webhook soon." : ""}`;
}

function newGauge(webhook) {
  const parts = {
    state: el("span.tag"),
    use: el("p.note"),
    meter: newMeter(`Use of webhook ${webhook.name}`),
    remark: el("p.remark"),
  };
  const node = el("div.gauge", {}, el("div.row", {}, el("b", {}, webhook.name), el("span.end", {}, parts.state)), parts.meter, parts.use, parts.remark);
  node.parts = parts;
  return node;
}

function updateGauge(node, webhook) {
  const { parts } = node;
  const [tag, bar, cure] = {
    open: ["good", "accepted", ""],
    "nearly full": ["warn", "warn", "Have the next one ready: one line in clay.yaml and one file in secrets/."],
    full: ["", "full", ""],
    refusing: ["bad", "bad", "Correct its URL or token in config/secrets; it is tried again by itself."],
    exhausted: ["bad", "bad", "Clay takes no more rows here for life; the table's next webhook serves."],
  }[webhook.state];
  text(parts.state, webhook.state);
  mark(parts.state, "class", `tag ${tag}`);
  const use = webhook.cap === 0 ? `${count(webhook.used, "row")}, no cap` : `${figures.format(webhook.used)} of ${count(webhook.cap, "row")}`;
  text(parts.use, use);
  mark(parts.meter, "class", `meter ${bar}`);
  meter(parts.meter, webhook.cap === 0 ? 0 : webhook.used / webhook.cap, use);
  text(parts.remark, [webhook.reason && `Clay said: ${webhook.reason}.`, cure].filter(Boolean).join(" "));
  parts.remark.hidden = parts.remark.textContent === "";
}

function budget(status) {
  const waits = status.held.filter((some) => some.by === "BUDGET" || some.by === "RUN_BUDGET");
  keyed(
    $("budget-held"),
    [...new Set(waits.map((some) => some.table))].flatMap((table) => held(table, waits).map(({ key, what }) => ({ key, what: `${table}: ${what}` }))),
    ({ key }) => key,
    () => el("li"),
    (node, { what }) => text(node, what),
  );
  keyed(
    $("budget"),
    status.live.budget,
    (period) => period.period,
    (period) => {
      const [kind, ...rest] = period.period.split(" ");
      const parts = { ends: el("p.note"), gauges: el("div") };
      const node = el("li", {}, el("h3", {}, `${kind === "day" ? "Today" : "This month"} (${rest.join(" ")})`), parts.ends, parts.gauges);
      node.parts = parts;
      return node;
    },
    (node, period) => {
      text(node.parts.ends, `Turns on ${day.format(new Date(period.ends))}`);
      keyed(
        node.parts.gauges,
        [
          ["Data Credits", period.credits],
          ["Actions", period.actions],
        ],
        ([unit]) => unit,
        ([unit]) => {
          const parts = { use: el("span.end"), meter: newMeter(`${unit} spent, ${period.period}`) };
          const gauge = el("div.gauge", {}, el("div.row", {}, el("b", {}, unit), parts.use), parts.meter);
          gauge.parts = parts;
          return gauge;
        },
        (gauge, [, { spent, cap }]) => {
          const share = cap === null ? 0 : spent / cap;
          const use = cap === null ? `${loose.format(spent)} spent, no cap` : `${loose.format(spent)} of ${loose.format(cap)} spent (${Math.floor(share * 100)} %)`;
          text(gauge.parts.use, use);
          mark(gauge.parts.meter, "class", `meter ${share >= 1 ? "bad" : share >= 0.7 ? "warn" : "accepted"}`);
          meter(gauge.parts.meter, share, use);
          gauge.parts.meter.hidden = cap === null;
        },
      );
    },
  );
}

// ---- Results ----

function results(report) {
  const cards = [
    ...report.tables.map((table) => ({ key: `table ${table.table}`, title: table.table, table })),
    ...report.onward.map((target) => ({ key: `target ${target.target}`, title: `Onward to ${target.target}`, target })),
  ];
  $("results-none").hidden = report.tables.length > 0;
  $("results").hidden = cards.length === 0;
  keyed(
    $("results"),
    cards,
    (card) => card.key,
    (card) => {
      const parts = { note: el("p.note"), use: el("span.end"), meter: newMeter(`Leads of ${card.title} that came back`), remark: el("p.remark") };
      const node = el("li", {}, el("h3", {}, card.title), parts.note);
      if (card.table) {
        node.append(el("div.gauge", {}, el("div.row", {}, el("b", {}, "Came back"), parts.use), parts.meter));
        parts.meter.classList.add("enriched");
      }
      node.append(parts.remark);
      node.parts = parts;
      return node;
    },
    (node, card) => (card.table ? cameBack(node.parts, card.table) : wentOn(node.parts, card.target)),
  );
  text(
    $("results-apart"),
    report.quarantined > 0 ? `${count(report.quarantined, "row")} kept apart: no lead that was sent has their lead_id; "kiln results" lists the newest.` : "",
  );
}

function cameBack(parts, table) {
  const all = table.enriched + table.awaited + table.missing;
  const use = `${figures.format(table.enriched)} of ${count(all, "lead")} (${fine.format(table.hit_rate * 100)} %)`;
  text(parts.use, use);
  meter(parts.meter, table.hit_rate, use);
  const notes = [table.last ? `The last row came ${day.format(new Date(table.last))}.` : "No row came back yet."];
  if (table.awaited > 0) {
    notes.push(`${count(table.awaited, "lead is", "leads are")} awaited.`);
  }
  if (table.missing > 0) {
    notes.push(`${count(table.missing, "lead is", "leads are")} missing.`);
  }
  text(parts.note, notes.join(" "));
  parts.remark.classList.toggle("bad", Boolean(table.silent_since));
  text(
    parts.remark,
    table.silent_since
      ? `Takes rows, and none comes back (noticed ${day.format(new Date(table.silent_since))}): look at its HTTP API column in Clay, and whether it reaches kiln.results.listen.`
      : table.counted > 0
        ? `"kiln results" tells how often each of its fields was filled.`
        : "",
  );
}

function wentOn(parts, target) {
  text(parts.note, target.waiting > 0 ? `${count(target.waiting, "row")} wait for it.` : "It has every row that came back.");
  const remarks = [];
  if (target.reason) {
    remarks.push(`It waits: ${local(target.reason)}`);
  }
  if (target.dead > 0) {
    remarks.push(`${count(target.dead, "dead letter")}: "kiln redeliver ${target.target}" hands them over again.`);
  }
  text(parts.remark, remarks.join(" "));
  parts.remark.classList.toggle("bad", remarks.length > 0);
}

// ---- Leads that did not get through ----

let seenStuck = "";
let stuckLeads = [];
let looking = false;

function stuck(total, tables) {
  const groups = Object.keys(STUCK)
    .filter((state) => total[state])
    .map((state) => ({
      state,
      leads: total[state],
      credits: tables.reduce((credits, table) => credits + (table.states[state] || 0) * (table.credits_per_lead || 0), 0),
    }));
  $("leads-none").hidden = groups.length > 0;
  const key = JSON.stringify(groups);
  if (key !== seenStuck && !looking) {
    looking = true;
    ask("status/leads")
      .then((response) => response.json())
      .then((answer) => {
        stuckLeads = answer.leads;
        seenStuck = key;
        showStuck(groups);
      })
      .catch((failure) => say(`The leads that did not get through cannot be listed: ${failure.message}`))
      .finally(() => setTimeout(() => (looking = false), 2_000));
  }
  showStuck(groups);
}

function showStuck(groups) {
  keyed($("leads"), groups, (group) => group.state, newGroup, (node, group) => {
    node.group = group;
    text(node.parts.title, `${STUCK[group.state].title}: ${count(group.leads, "lead")}`);
    const leads = stuckLeads.filter((lead) => lead.state === group.state);
    keyed(node.parts.leads, leads, (lead) => lead.lead, newLead, updateLead);
    text(node.parts.more, group.leads > leads.length ? `${count(leads.length, "lead")} of ${figures.format(group.leads)} are shown; "kiln leads --state ${group.state}" lists all.` : "");
  });
}

function newGroup(group) {
  const doubt = group.state === "UNKNOWN";
  const parts = { title: el("h3"), leads: el("ul.leads"), more: el("p.note") };
  const node = el("li");
  const retry = async () => {
    const { leads, credits } = node.group;
    const cost = credits > 0 ? ` If Clay accepts them they take about ${count(credits, "Data Credit")}.` : "";
    const twice = doubt || group.state === "MISSING" ? " They may arrive twice, with the same lead_id, and are marked as possible duplicates." : "";
    if (await sure(`Queue ${count(leads, "lead")} again?`, `They get all their attempts anew.${cost}${twice}`, "Queue them again")) {
      await order("retry", { all: true, state: group.state }, (done) => `Leads queued again: ${figures.format(done.leads)}.`);
    }
  };
  const arrived = async () => {
    if (await sure(`Did ${count(node.group.leads, "lead")} arrive?`, "Say so only once you have seen them at Clay: they are never sent again.", "They arrived")) {
      await order("resolve", { all: true, as: "accepted" }, (done) => `Leads accepted: ${figures.format(done.leads)}.`);
    }
  };
  const name = `all that are ${WORDS[group.state]}`;
  const buttons = el("div.buttons.end", {}, button(doubt ? "Send all again" : "Retry all", name, retry));
  if (doubt) {
    buttons.prepend(button("All arrived", name, arrived));
  }
  node.append(el("div.row", {}, parts.title, buttons), el("p.remark", {}, STUCK[group.state].why), parts.leads, parts.more);
  node.parts = parts;
  return node;
}

function newLead(lead) {
  const parts = { where: el("span.note"), reason: el("span") };
  const buttons = el("div.buttons");
  if (lead.state === "UNKNOWN") {
    buttons.append(
      button("Arrived", `lead ${lead.lead}`, () => order("resolve", { lead: lead.lead, as: "accepted" }, (done) => `Leads accepted: ${done.leads}.`)),
      button("Send again", `lead ${lead.lead}`, () => order("resolve", { lead: lead.lead, as: "resend" }, (done) => `Leads queued again: ${done.leads}.`)),
    );
  } else {
    buttons.append(
      button("Retry", `lead ${lead.lead}`, () =>
        order("retry", { lead: lead.lead, state: lead.state }, (done) =>
          done.leads === 1 ? "Leads queued again: 1." : "It stays: the same lead came in again meanwhile and is on its way or accepted.",
        ),
      ),
    );
  }
  const node = el("li.lead", {}, el("div", {}, el("code", {}, lead.lead), el("br"), parts.where), parts.reason, buttons);
  node.parts = parts;
  return node;
}

function updateLead(node, lead) {
  text(node.parts.where, `line ${figures.format(lead.line)} of ${lead.name}, to ${lead.table}`);
  text(node.parts.reason, `${lead.reason || "no reason was given"} (${count(lead.attempts, "attempt")})`);
}

// ---- The last hour ----

const plots = {};
let hour = null;

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function axes() {
  const axis = { stroke: color("soft"), grid: { stroke: color("line"), width: 1 }, ticks: { show: false }, font: `12px ${getComputedStyle(document.body).fontFamily}` };
  return [
    { ...axis, grid: { show: false }, size: 28, incrs: [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600], values: [[3600, "{HH}:{mm}", null, null, null, null, null, null, 1], [60, "{HH}:{mm}", null, null, null, null, null, null, 1], [1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1]], space: 70 },
    { ...axis, size: 48, values: (plot, ticks) => ticks.map((tick) => loose.format(tick)) },
  ];
}

function plot(id, data, series, range, extra = {}) {
  const place = $(id);
  const old = plots[id];
  if (old && old.shape === series.length) {
    old.range = range;
    old.plot.setData(data);
    return;
  }
  old?.plot.destroy();
  const mine = { shape: series.length, range };
  plots[id] = mine;
  mine.plot = new uPlot(
    {
      width: Math.max(200, place.clientWidth),
      height: 200,
      legend: { show: false },
      cursor: { drag: { setScale: false, x: false, y: false }, points: { show: false }, y: false },
      scales: { x: { time: true, range: () => mine.range }, y: { range: (u, low, high) => [0, Math.max(extra.least || 1, high * 1.1)] } },
      axes: axes(),
      series: [{}, ...series],
      hooks: { setCursor: [(u) => extra.said?.(u.cursor.idx)] },
    },
    data,
    place,
  );
}

function showHour() {
  if (!hour) {
    return;
  }
  const now = hour.at.length > 0 ? hour.at[hour.at.length - 1] : Math.floor(Date.now() / 1000);
  const first = hour.at.length > 0 ? hour.at[0] : now;
  const range = [Math.max(now - 3_600, Math.min(first - 10, now - 300)), now + 1];

  const rates = hour.at.map((at, i) => (hour.accepted[i] + hour.refused[i] + hour.in_doubt[i] + hour.again[i]) / hour.seconds[i]);
  const rateSaid = (i) => {
    const at = i === null || i === undefined || hour.at[i] === undefined ? hour.at.length - 1 : i;
    text(
      $("rate-said"),
      at < 0
        ? "Nothing yet: the first figures come 10 s after the start."
        : `${time(hour.at[at] * 1000)}: ${fine.format(rates[at])} of ${loose.format(hour.allowed[at])} leads a second; at most ${fine.format(Math.max(...rates))} within the hour.`,
    );
  };
  rateSaid(null);
  // Each figure is that of the time before it, so the first one begins a step earlier.
  const before = (figures) => (figures.length > 0 ? [figures[0], ...figures] : []);
  const steps = uPlot.paths.stepped({ align: -1 });
  plot(
    "rate-plot",
    [hour.at.length > 0 ? [first - hour.seconds[0], ...hour.at] : [], before(rates), before(hour.allowed)],
    [
      { label: "answered", stroke: color("sending"), fill: `color-mix(in srgb, ${color("sending")} 22%, transparent)`, width: 2, paths: steps, points: { show: false } },
      { label: "allowed", stroke: color("allowed"), dash: [6, 5], width: 1.5, paths: steps, points: { show: false } },
    ],
    range,
    { said: (i) => rateSaid(i > 0 ? i - 1 : i) },
  );

  // A bar stands for 10 s while there is little to see, for a minute later on.
  const step = range[1] - range[0] > 900 ? 60 : 10;
  text($("bucket"), step === 60 ? "a minute" : "in 10 s");
  const kinds = ["accepted", "again", "in_doubt", "refused"];
  const buckets = new Map();
  hour.at.forEach((at, i) => {
    const bucket = Math.floor(at / step) * step;
    const sums = buckets.get(bucket) || [0, 0, 0, 0];
    kinds.forEach((kind, k) => (sums[k] += hour[kind][i]));
    buckets.set(bucket, sums);
  });
  const times = [...buckets.keys()];
  const all = kinds.map((kind) => hour[kind].reduce((leads, number) => leads + number, 0));
  const answersSaid = (i) => {
    const sums = i === null || i === undefined ? all : buckets.get(times[i]) || all;
    const words = ["accepted", "sent again", "in doubt", "refused"].map((word, k) => `${figures.format(sums[k])} ${word}`).join(", ");
    text($("answers-said"), `${sums === all ? "In all" : time(times[i] * 1000)}: ${words}.`);
  };
  answersSaid(null);
  // Drawn from the back: each bar reaches from zero to the sum of its own and those below it.
  const stacked = [0, 1, 2, 3].map((k) => times.map((at) => buckets.get(at).slice(0, k + 1).reduce((a, b) => a + b, 0)));
  const bars = uPlot.paths.bars({ size: [0.8, 40], align: 1 });
  plot(
    "answers-plot",
    [times, stacked[3], stacked[2], stacked[1], stacked[0]],
    ["refused", "doubt", "again", "accepted"].map((name) => ({ label: name, fill: color(name), width: 0, paths: bars, points: { show: false } })),
    [range[0], range[1] + step],
    { said: answersSaid, least: 5 },
  );
}

function redraw() {
  Object.keys(plots).forEach((id) => {
    plots[id].plot.destroy();
    delete plots[id];
  });
  showHour();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
new ResizeObserver(() =>
  Object.entries(plots).forEach(([id, { plot: one }]) => {
    const width = Math.max(200, $(id).clientWidth);
    if (one.width !== width) {
      one.setSize({ width, height: 200 });
    }
  }),
).observe(document.querySelector(".plots"));

// ---- Live ----

const handlers = {
  status: (data) => {
    show(data);
    link("live", "live");
  },
  history: (data) => {
    hour = data;
    showHour();
  },
  problem: (data) => link("lost", data.error),
};

let stop = null;

function link(state, words) {
  mark(document.body, "class", state);
  text($("link-text"), words);
}

/** Reads the stream until it ends; throws when it breaks off or is silent. */
async function follow() {
  const control = new AbortController();
  stop = () => control.abort();
  let silence = 0;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => control.abort(), SILENCE);
  };
  try {
    const response = await ask("status/events", { signal: control.signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      heard();
      const { value, done } = await reader.read();
      if (done) {
        throw new Error("the connection ended");
      }
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      events.forEach((event) => {
        const [name, data] = event.split("\n");
        if (name.startsWith("event: ")) {
          handlers[name.slice(7)]?.(JSON.parse(data.slice(6)));
        }
      });
    }
  } finally {
    clearTimeout(silence);
    stop = null;
  }
}

async function live() {
  let wait = 500;
  for (;;) {
    const began = Date.now();
    try {
      await follow();
    } catch (failure) {
      if (Date.now() - began > 10_000) {
        wait = 500;
      }
      if (!document.hidden) {
        const why = failure instanceof Refused ? failure.message : "is it running?";
        link("lost", `no connection since ${time(Date.now())}: ${why} Trying again`);
      }
    }
    await (document.hidden ? shown() : new Promise((done) => setTimeout(done, wait)));
    wait = Math.min(wait * 2, 10_000);
  }
}

/** Nobody looks at a hidden page: Kiln computes nothing for it. */
function shown() {
  return new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    stop?.();
  }
});

live();
