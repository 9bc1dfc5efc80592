/* Changed cells go to the server in small batches: kept in the browser first, one request at a time, the same key
   until it is answered. The server decides about each cell; its answer is shown as it comes. */
const { entry } = window;

const { form } = entry;
const MOST = Number(form.dataset.most) || 150;
/* So many cells at once are a whole sheet pasted: nothing is waited for. */
const MANY = 20;
/* Milliseconds: after a change, after the last key, for an answer, between two tries. */
const [PAUSE, TYPING, PATIENCE, LONGEST_WAIT] = [600, 2000, 30000, 30000];
const RELOAD = { label: "刷新页面", primary: true, action: () => window.location.reload() };
/* Not sent yet, with the moment of the last key (0: meant as it is); refused, until somebody has decided. */
const waiting = new Map();
const held = new Map();
/* The batch under way: {body, sent: cell → texts, timer of the next try}. */
let flight = null;
let [failures, timer, isStopped, savedAt] = [0, 0, false, ""];
let afterwards = null;
let reportVersion = Number(form.dataset.version || 0);

const isFlying = (cell) => Boolean(flight) && flight.sent.has(cell);
const unsent = () => new Set([...waiting.keys(), ...(flight ? flight.sent.keys() : [])]).size;
const keep = (cell) => entry.store.keep(cell, waiting.has(cell) || held.has(cell) || isFlying(cell));

function wait(cell, since) {
  held.delete(cell);
  waiting.set(cell, since);
  cell.mark("waiting");
}

/** Cells were typed in, pasted into or put back. */
function changedAll(found, isTyping) {
  const cells = new Set(found);
  cells.forEach((cell) => {
    if (cell.isDirty || held.has(cell) || isFlying(cell)) wait(cell, isTyping ? Date.now() : 0);
    else if (waiting.delete(cell)) cell.mark();
    cell.showCarried();
    keep(cell);
  });
  showStatus();
  schedule(cells.size > MANY ? 0 : PAUSE);
}

/** The cell was left: what stands in it is meant. */
function leave(cell) {
  if (!waiting.has(cell)) {
    cell.tidy();
    return;
  }
  waiting.set(cell, 0);
  schedule(PAUSE);
}

/** Ask for the server's word on a cell nobody has typed in. */
function ask(cell) {
  if (!cell || !cell.typed) return;
  wait(cell, 0);
  send();
}

function schedule(delay) {
  window.clearTimeout(timer);
  timer = window.setTimeout(send, delay);
}

/** Everything now, without waiting for the cell one stands in. */
function flush() {
  waiting.forEach((since, cell) => waiting.set(cell, 0));
  retry();
  send();
}

function send() {
  window.clearTimeout(timer);
  if (flight || isStopped || !waiting.size) return;
  const ready = [...waiting.keys()].filter((cell) => Date.now() - waiting.get(cell) >= TYPING).slice(0, MOST);
  if (!ready.length) {
    schedule(TYPING / 2);
    return;
  }
  const parts = {};
  flight = { sent: new Map(ready.map((cell) => [cell, cell.texts])) };
  flight.sent.forEach((texts, cell) => {
    waiting.delete(cell);
    parts[cell.part] ||= {};
    parts[cell.part][cell.key] = { version: cell.version, ...texts };
    cell.mark("sending");
  });
  flight.body = JSON.stringify({ key: newKey(), parts });
  post();
}

/** 32 hexadecimal digits; crypto.randomUUID() is newer than the oldest browser, and wants https. */
function newKey() {
  return Array.from(window.crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function post() {
  const { body } = flight;
  const stop = new window.AbortController();
  const patience = window.setTimeout(() => stop.abort(), PATIENCE);
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token };
  flight.timer = 0;
  showStatus();
  window
    /* keepalive: leaving the page does not call back what is under way. */
    .fetch(form.dataset.cellsUrl, { method: "POST", redirect: "error", keepalive: body.length < 20000, headers, body, signal: stop.signal })
    .then((response) => response.json().catch(() => ({})).then((reply) => answered(response.status, reply)), () => failed("网络不通"))
    .finally(() => window.clearTimeout(patience));
}

function answered(status, reply) {
  if (!flight) return;
  if (status === 200 && reply.parts) {
    take(reply);
  } else if (status === 401) {
    loggedOut(reply.login);
  } else if (reply.token && !flight.isRenewed) {
    renew(reply);
  } else if (status >= 500 || [200, 408, 429].includes(status)) {
    failed("服务器没有答复");
  } else {
    refused({ refused: `服务器没有收下这些格（${status}）`, ...reply });
  }
}

/** Try again with the same key: after 1, 2, 4 … 30 seconds, or at once when the network says it is back. */
function failed(why) {
  if (!flight) return;
  flight.timer = window.setTimeout(post, Math.min(LONGEST_WAIT, 1000 * 2 ** failures));
  failures += 1;
  flight.sent.forEach((texts, cell) => cell.mark("late"));
  /* What was to follow at once must not follow an hour later. */
  afterwards = null;
  entry.band("step");
  sayNetwork(why);
  showStatus();
}

function sayNetwork(why) {
  const words = `${why}，${unsent()} 格还没有送到服务器。已存在本机浏览器里，接通后自动补送；请不要换电脑。`;
  entry.band("network", "error", words, [{ label: "现在重试", action: retry }]);
}

function retry() {
  if (flight && flight.timer) {
    window.clearTimeout(flight.timer);
    post();
  } else if (isStopped) {
    isStopped = false;
    entry.band("refused");
    schedule(0);
  }
}

/** The batch comes back to the waiting cells; nothing is sent until somebody has acted. wordsOf: of their number. */
function stopWith(wordsOf, buttons) {
  isStopped = true;
  afterwards = null;
  flight.sent.forEach((texts, cell) => {
    wait(cell, 0);
    cell.mark("late");
  });
  flight = null;
  entry.band("network");
  showStatus();
  entry.band("refused", "error", wordsOf(waiting.size), buttons);
}

function refused({ refused: why, reload }) {
  const again = { label: "再送一次", action: retry };
  stopWith((count) => `${why} ${count} 格没有存，还留在浏览器里，没有丢。`, reload ? [RELOAD, again] : [again]);
}

function loggedOut(login) {
  stopWith((count) => `登录已过期：${count} 格还没有送出，都留在这台电脑的浏览器里。登录后回到这一页，可以恢复并送出。`, [
    { label: "重新登录", primary: true, href: login || "/login/?next=" + encodeURIComponent(window.location.pathname) },
    { label: "已在别的窗口登录，再送一次", action: retry },
  ]);
}

/** After a new login the page's token is old; the reply has the new one, which is ours if the person is the same. */
function renew({ token, user }) {
  if (String(user) !== form.dataset.user) {
    refused({ refused: "这个浏览器里现在登录的是另一个账号。请退出后用您的账号登录，再回到这一页。" });
    return;
  }
  document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((input) => Object.assign(input, { value: token }));
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  flight.isRenewed = true;
  post();
}

/** Show what became of each cell, then send what is left, or go on. */
function take(reply) {
  const { sent } = flight;
  const of = (cell) => (reply.parts[cell.part] || {})[cell.key];
  flight = null;
  failures = 0;
  ["network", "refused", "step"].forEach((kind) => entry.band(kind));
  sent.forEach((texts, cell) => takeCell(cell, of(cell), texts));
  /* What a rule between cells now says of others; a cell that waits to be sent is answered itself. */
  entry.cells.forEach((cell) => {
    if (of(cell) && !sent.has(cell) && !cell.isDirty && !waiting.has(cell)) cell.apply(of(cell), {});
  });
  savedAt = reply.saved_at;
  takeVersion(reply.report_version);
  entry.page.apply(reply);
  showStatus();
  if (waiting.size) schedule(sent.size === MOST ? 0 : PAUSE);
  else drained();
}

function takeCell(cell, answer, texts) {
  if (answer) cell.apply(answer, texts);
  const isTypedOn = Object.keys(texts).some((field) => cell.input(field) && entry.isChanged(cell.input(field)) && cell.text(field) !== texts[field]);
  if (!answer || isTypedOn) {
    wait(cell, waiting.get(cell) || 0);
  } else {
    waiting.delete(cell);
    held.delete(cell);
    if (["invalid", "conflict"].includes(answer.outcome)) held.set(cell, answer);
  }
  keep(cell);
}

/** Steps act on the report as it was seen: our own batch makes one version more; anything beyond is another's. */
function takeVersion(version) {
  if (version > reportVersion + 1) {
    entry.band("others-changed", "info", "别人刚才也改了这份月报。签字、提交之前请先看最新内容。", [RELOAD]);
  } else if (version) {
    reportVersion = version;
    showVersion();
  }
}

function showVersion() {
  document.querySelectorAll(".foot-bar [name=version]").forEach((input) => Object.assign(input, { value: reportVersion }));
}

function drained() {
  const go = afterwards || refreshFoot;
  afterwards = null;
  go();
}

/** What may be signed now is asked for by itself, and shown with the version seen here. */
function refreshFoot() {
  const steps = document.getElementById("foot-steps");
  if (!steps || !steps.querySelector("[data-steps]")) return;
  window
    .fetch(steps.dataset.url)
    .then((response) => (response.ok && !response.redirected ? response.text() : Promise.reject()))
    .then((html) => {
      if (unsent() || steps.contains(document.activeElement)) return;
      steps.innerHTML = html;
      showVersion();
    })
    .catch(() => null);
}

/** 用对方的 takes over what they stored; 用我的 sends mine over it. */
function decide(cell, whose) {
  const { theirs } = held.get(cell) || {};
  const fields = whose === "theirs" && theirs ? ["value", "remark"] : [];
  fields.filter((field) => cell.input(field) && typeof theirs[field] === "string").forEach((field) => {
    cell.input(field).value = theirs[field];
  });
  wait(cell, 0);
  keep(cell);
  send();
}

/** Everything to the server, then go on; where a cell was refused the work goes on there. */
function settle(go, orElse) {
  afterwards = () => (held.size ? orElse() : go());
  if (unsent()) flush();
  else drained();
}

const goToHeld = () => held.size && entry.grid.goTo(held.keys().next().value.typed);

function sayHeld() {
  entry.band("step", "error", `还有 ${held.size} 格无效或有冲突，先改好或选定再办。`);
  goToHeld();
}

/** Before logging out: what an earlier page left is sent too. */
function sendThen(go) {
  entry.store.restore();
  settle(go, sayHeld);
}

/** Before logging out: nothing is kept any more. */
function forget() {
  isStopped = true;
  flight = null;
  waiting.clear();
  held.clear();
  entry.store.forget();
}

function showStatus() {
  const count = unsent();
  const flying = flight && !flight.timer ? flight.sent.size : 0;
  const refusals = (outcome) => [...held.values()].filter((answer) => answer.outcome === outcome).length;
  show("saved", savedAt && !count, `✓ 已保存 ${savedAt}`);
  show("sending", flying, `› 正在保存 ${flying} 格`);
  show("waiting", count > flying, `… 待送 ${count - flying} 格`);
  show("invalid", refusals("invalid"), `× 无效 ${refusals("invalid")}`);
  show("conflict", refusals("conflict"), `! 冲突 ${refusals("conflict")}`);
  document.querySelectorAll("[data-band='network'] > .band-sign + span").forEach((place) => {
    place.textContent = place.textContent.replace(/\d+ 格/, `${count} 格`);
  });
}

/** One of the words in the foot; what is read aloud is written only when it changes. */
function show(name, isOn, words) {
  const place = document.querySelector(`[data-status='${name}']`);
  const textContent = isOn ? words : "";
  if (place.textContent !== textContent) Object.assign(place, { textContent, hidden: !isOn });
}

/* What is signed must be what is stored: a step waits for the last cell, then goes on by itself. */
document.addEventListener("submit", (event) => {
  const step = event.target;
  if (step === form) {
    event.preventDefault();
    flush();
  } else if (step.closest("#foot-steps") && (unsent() || held.size)) {
    event.preventDefault();
    event.stopPropagation();
    entry.band("step", "info", unsent() ? `还有 ${unsent()} 格没送出，送完自动继续。` : "");
    settle(() => step.requestSubmit(event.submitter), sayHeld);
  }
}, true);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-use]");
  const cell = button && entry.cellOf(button);
  if (!cell) return;
  event.preventDefault();
  decide(cell, button.dataset.use);
  entry.grid.goTo(cell.typed);
});

window.addEventListener("online", retry);
window.addEventListener("offline", () => unsent() && sayNetwork("网络不通"));

entry.save = { changedAll, leave, ask, flush, saveNow: () => settle(refreshFoot, goToHeld), sendThen, forget };
