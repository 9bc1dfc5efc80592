/* Changed cells go to the server in small batches: kept in the browser first, one request at a time, the same key
   until it is answered. The server decides about each cell; its answer is shown as it comes. */
(function () {
  "use strict";

  const entry = window.entry;
  if (!entry) {
    return;
  }

  const { form } = entry;
  const MOST = Number(form.getAttribute("data-most")) || 150;
  const PAUSE = 600;
  const TYPING = 2000;
  const PATIENCE = 30000;
  const LONGEST_WAIT = 30;
  /* Not sent yet, with the moment of the last key (0: meant as it is); refused, until somebody has decided. */
  const waiting = new Map();
  const held = new Map();
  /* The batch under way: {key, body, sent: row → texts, timer of the next try}. */
  let flight = null;
  let failures = 0;
  let timer = 0;
  let isStopped = false;
  let afterwards = null;
  let savedAt = "";
  let reportVersion = Number(form.getAttribute("data-version") || 0);

  function uuid() {
    const bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  function unsent() {
    return Array.from(new Set([...waiting.keys(), ...(flight ? flight.sent.keys() : [])]));
  }

  function wait(row, since) {
    held.delete(row);
    waiting.set(row, since);
    row.showState("grey", "…", "待送");
  }

  function keep(row) {
    entry.store.keep(row, waiting.has(row) || held.has(row) || Boolean(flight && flight.sent.has(row)));
  }

  /* A cell was typed in, pasted into or put back. */
  function changed(row, isTyping) {
    changedAll([row], isTyping);
  }

  function changedAll(rows, isTyping) {
    rows.forEach((row) => {
      if (row.isDirty || held.has(row) || (flight && flight.sent.has(row))) {
        wait(row, isTyping ? Date.now() : 0);
      } else if (waiting.delete(row)) {
        row.showStored();
      }
      row.showCarried();
      keep(row);
    });
    showStatus();
    schedule(PAUSE);
  }

  /* The cell was left: what stands in it is meant. */
  function leave(row) {
    if (waiting.has(row)) {
      waiting.set(row, 0);
      schedule(PAUSE);
    } else {
      row.showText("value");
    }
  }

  /* The server's word on a cell nobody has typed in. */
  function ask(row) {
    if (row.isTyped) {
      wait(row, 0);
      send();
    }
  }

  function schedule(delay) {
    window.clearTimeout(timer);
    timer = window.setTimeout(send, delay);
  }

  /* Everything now, without waiting for the cell one stands in. */
  function flush() {
    waiting.forEach((since, row) => waiting.set(row, 0));
    retry();
    send();
  }

  function send() {
    window.clearTimeout(timer);
    if (flight || isStopped || !waiting.size) {
      return;
    }
    const ready = Array.from(waiting.keys()).filter((row) => Date.now() - waiting.get(row) >= TYPING);
    if (!ready.length) {
      schedule(TYPING / 2);
      return;
    }
    const parts = {};
    flight = { key: uuid(), sent: new Map() };
    ready.slice(0, MOST).forEach((row) => {
      const texts = row.texts();
      flight.sent.set(row, texts);
      waiting.delete(row);
      parts[row.part] = parts[row.part] || {};
      parts[row.part][row.key] = { version: row.version, ...texts };
      row.showState("blue", "›", "正在保存");
    });
    flight.body = JSON.stringify({ key: flight.key, parts });
    post();
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
      .fetch(form.getAttribute("data-cells-url"), { method: "POST", redirect: "error", keepalive: body.length < 20000, headers, body, signal: stop.signal })
      .then((response) => response.json().catch(() => ({})).then((reply) => answered(response.status, reply)), () => failed("网络不通"))
      .finally(() => window.clearTimeout(patience));
  }

  function answered(status, reply) {
    if (!flight) {
      return;
    }
    if (status === 200 && reply.parts) {
      apply(reply);
    } else if (status === 401) {
      loggedOut(reply.login);
    } else if (status === 403 && !flight.isRenewed) {
      flight.isRenewed = true;
      renewToken();
    } else if (status >= 500 || [200, 408, 429].includes(status)) {
      failed("服务器没有答复");
    } else {
      refused(reply.refused || `服务器没有收下这些格（${status}）`, reply.reload);
    }
  }

  /* Try again with the same key: 1, 2, 4 … 30 seconds, or at once when the network says it is back. */
  function failed(why) {
    if (!flight) {
      return;
    }
    flight.timer = window.setTimeout(post, Math.min(LONGEST_WAIT, Math.pow(2, failures)) * 1000);
    failures += 1;
    flight.sent.forEach((texts, row) => row.showState("amber", "!", "还没送到"));
    /* What was to follow at once must not follow an hour later. */
    afterwards = null;
    entry.band("step");
    sayNetwork(why);
    showStatus();
  }

  function sayNetwork(why) {
    const words = `${why}，${unsent().length} 格还没有送到服务器。已存在本机浏览器里，接通后自动补送；请不要换电脑。`;
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

  /* The batch comes back to the waiting cells; nothing is sent until somebody has acted. The number of cells. */
  function pause() {
    isStopped = true;
    afterwards = null;
    flight.sent.forEach((texts, row) => {
      wait(row, 0);
      row.showState("amber", "!", "还没送到");
    });
    flight = null;
    entry.band("network");
    showStatus();
    return waiting.size;
  }

  function loggedOut(login) {
    const words = `登录已过期：${pause()} 格还没有送出，都留在这台电脑的浏览器里。登录后回到这一页，可以恢复并送出。`;
    entry.band("refused", "error", words, [
      { label: "重新登录", primary: true, href: login || "/login/?next=" + encodeURIComponent(window.location.pathname) },
      { label: "已在别的窗口登录，再送一次", action: retry },
    ]);
  }

  const RELOAD = { label: "刷新页面", primary: true, action: () => window.location.reload() };

  function refused(why, mayReload) {
    const again = { label: "再送一次", action: retry };
    entry.band("refused", "error", `${why} ${pause()} 格没有存，还留在浏览器里，没有丢。`, mayReload ? [RELOAD, again] : [again]);
  }

  function freshPage() {
    return window
      .fetch(window.location.pathname)
      .then((response) => response.text())
      .then((html) => new window.DOMParser().parseFromString(html, "text/html"));
  }

  /* After a new login the page's token is old; a fresh copy of the page has the new one, if it is still ours. */
  function renewToken() {
    freshPage().then((page) => {
      const fresh = page.getElementById("entry");
      if (!fresh) {
        loggedOut();
      } else if (fresh.getAttribute("data-user") !== entry.store.user) {
        refused("这个浏览器里现在登录的是另一个账号。请退出后用您的账号登录，再回到这一页。");
      } else {
        const { value } = fresh.querySelector("[name=csrfmiddlewaretoken]");
        document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((input) => Object.assign(input, { value }));
        document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": value }));
        post();
      }
    }).catch(() => failed("网络不通"));
  }

  function apply(reply) {
    const { sent } = flight;
    const of = (row) => (reply.parts[row.part] || {})[row.key];
    flight = null;
    failures = 0;
    ["network", "refused", "step"].forEach((kind) => entry.band(kind));
    sent.forEach((texts, row) => {
      const cell = of(row);
      if (cell) {
        row.apply(cell, texts);
      }
      if (!cell || Object.keys(texts).some((field) => row.isChanged(field) && row.text(field) !== texts[field])) {
        wait(row, waiting.get(row) || 0);
      } else {
        waiting.delete(row);
        (["invalid", "conflict"].includes(cell.outcome) ? held.set(row, cell) : held.delete(row));
      }
      keep(row);
    });
    /* What a rule between cells now says of others; a cell that waits to be sent is answered itself. */
    entry.rows.forEach((row) => {
      if (of(row) && !sent.has(row) && !row.isDirty && !waiting.has(row)) {
        row.apply(of(row), {});
      }
    });
    savedAt = reply.saved_at;
    keepVersion(reply.report_version);
    entry.view.apply(reply);
    showStatus();
    if (waiting.size) {
      schedule(sent.size === MOST ? 0 : PAUSE);
    } else {
      drained();
    }
  }

  /* Steps act on the report as it was seen: our own batch makes one version more; anything beyond is another's. */
  function keepVersion(version) {
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

  /* What may be signed now is asked for by itself, and shown with the version seen here. */
  function refreshFoot() {
    const steps = document.getElementById("foot-steps");
    if (steps && steps.querySelector("[data-steps]")) {
      window.fetch(steps.getAttribute("data-url")).then((response) => {
        if (!response.ok || response.redirected) {
          throw new Error("no foot");
        }
        return response.text();
      }).then((html) => {
        if (!unsent().length && !steps.contains(document.activeElement)) {
          steps.innerHTML = html;
          hideSave();
          showVersion();
        }
      }).catch(() => null);
    }
  }

  /* The plain form's button is for pages without scripts. */
  function hideSave() {
    document.querySelectorAll("#save").forEach((button) => Object.assign(button, { hidden: true }));
  }

  /* 用对方的 takes over what they stored; 用我的 sends mine over it. */
  function decide(row, whose) {
    const { theirs } = held.get(row) || {};
    if (whose === "theirs" && theirs) {
      ["value", "remark"].filter((field) => row.input(field) && typeof theirs[field] === "string").forEach((field) => {
        row.input(field).value = theirs[field];
      });
    }
    wait(row, 0);
    keep(row);
    send();
  }

  /* Everything to the server, then go on; where a cell was refused the work goes on there. */
  function settle(go, orElse) {
    afterwards = () => (held.size ? orElse() : go());
    if (unsent().length) {
      flush();
    } else {
      drained();
    }
  }

  function sayHeld() {
    entry.band("step", "error", `还有 ${held.size} 格无效或有冲突，先改好或选定再办。`);
    goToHeld();
  }

  function goToHeld() {
    entry.cells.goTo(held.keys().next().value);
  }

  /* Before logging out: what an earlier page left goes too; or nothing is kept any more. */
  function sendThen(go) {
    entry.store.restore();
    settle(go, sayHeld);
  }

  function forget() {
    isStopped = true;
    flight = null;
    waiting.clear();
    held.clear();
    entry.store.forget();
  }

  function showStatus() {
    const count = unsent().length;
    const flying = flight && !flight.timer ? flight.sent.size : 0;
    const outcomes = Array.from(held.values(), (cell) => cell.outcome);
    const refusals = (outcome) => outcomes.filter((one) => one === outcome).length;
    show("saved", savedAt && !count ? "✓ 已保存 " + savedAt : "");
    show("sending", flying ? `› 正在保存 ${flying} 格` : "");
    show("waiting", count > flying ? `… 待送 ${count - flying} 格` : "");
    show("invalid", refusals("invalid") ? "× 无效 " + refusals("invalid") : "");
    show("conflict", refusals("conflict") ? "! 冲突 " + refusals("conflict") : "");
    document.querySelectorAll("[data-band='network'] > .band-sign + span").forEach((words) => {
      words.textContent = words.textContent.replace(/\d+ 格/, count + " 格");
    });
  }

  function show(name, words) {
    const place = document.querySelector(`[data-status='${name}']`);
    if (place.textContent !== words) {
      Object.assign(place, { textContent: words, hidden: !words });
    }
  }

  /* What is signed must be what is stored: a step waits for the last cell, then goes on by itself. */
  document.addEventListener("submit", (event) => {
    const step = event.target;
    if (step === form) {
      event.preventDefault();
      flush();
    } else if (step.closest("#foot-steps") && (unsent().length || held.size)) {
      event.preventDefault();
      event.stopPropagation();
      entry.band("step", "info", unsent().length ? `还有 ${unsent().length} 格没送出，送完自动继续。` : "");
      settle(() => step.requestSubmit(event.submitter), sayHeld);
    }
  }, true);

  document.addEventListener("click", (event) => {
    const button = event.target.closest ? event.target.closest("[data-use]") : null;
    const row = button && entry.rowOf(button);
    if (row) {
      event.preventDefault();
      decide(row, button.getAttribute("data-use"));
      entry.cells.goTo(row);
    }
  });

  window.addEventListener("online", retry);
  window.addEventListener("offline", () => unsent().length && sayNetwork("网络不通"));

  entry.save = { hideSave, saveNow: () => settle(refreshFoot, goToHeld), sendThen, forget, ask, changed, changedAll, leave, flush };
})();
