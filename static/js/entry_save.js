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
  /* Not sent yet; sent and not answered; answered with a refusal that somebody must decide about. */
  const waiting = new Map();
  const held = new Map();
  let flight = null;
  let failures = 0;
  let timer = 0;
  let stopped = "";
  let token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  let reportVersion = Number(form.getAttribute("data-version") || 0);
  let afterwards = null;

  function uuid() {
    const bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  function unsentRows() {
    const ids = new Set([...waiting.keys(), ...(flight ? flight.rows.map((row) => row.id) : [])]);
    return Array.from(ids, (id) => entry.rows.get(id));
  }

  function persist() {
    const cells = {};
    new Set([...unsentRows(), ...Array.from(held.keys(), (id) => entry.rows.get(id))]).forEach((row) => {
      cells[row.id] = Object.assign({ part: row.part, key: row.key, name: row.name, version: row.version }, row.texts());
    });
    entry.store.keep(cells);
    showStatus();
  }

  /* A cell was typed in, pasted into or put back. */
  function changed(row, typing) {
    mark(row, typing);
    persist();
    schedule();
  }

  function changedAll(rows) {
    rows.forEach((row) => mark(row, false));
    persist();
    schedule();
  }

  function mark(row, typing) {
    const isSent = flight && flight.rows.includes(row);
    if (row.isDirty || isSent || held.has(row.id)) {
      held.delete(row.id);
      waiting.set(row.id, typing ? Date.now() : 0);
      row.showState("grey", "…", "待送");
    } else if (waiting.delete(row.id)) {
      row.showStored();
    }
    row.showCarried();
  }

  /* The cell was left: what stands in it is meant. */
  function leave(row) {
    if (waiting.has(row.id)) {
      waiting.set(row.id, 0);
      schedule();
    } else {
      row.showText("value");
    }
  }

  function schedule(delay) {
    window.clearTimeout(timer);
    if (!flight && !stopped && waiting.size) {
      timer = window.setTimeout(send, delay === undefined ? PAUSE : delay);
    }
  }

  /* Everything now, without waiting for the cell one stands in. */
  function flush() {
    waiting.forEach((since, id) => waiting.set(id, 0));
    if (flight && flight.timer) {
      retryNow();
    } else {
      send();
    }
  }

  function send() {
    window.clearTimeout(timer);
    if (flight || stopped || !waiting.size) {
      return;
    }
    const now = Date.now();
    const ready = Array.from(waiting.keys()).filter((id) => now - waiting.get(id) >= TYPING);
    if (!ready.length) {
      timer = window.setTimeout(send, TYPING / 2);
      return;
    }
    const parts = {};
    flight = { key: uuid(), rows: [], sent: new Map() };
    ready.slice(0, MOST).forEach((id) => {
      const row = entry.rows.get(id);
      const texts = row.texts();
      waiting.delete(id);
      flight.rows.push(row);
      flight.sent.set(id, texts);
      parts[row.part] = parts[row.part] || {};
      parts[row.part][row.key] = Object.assign({ version: row.version }, texts);
      row.showState("blue", "›", "正在保存");
    });
    flight.body = JSON.stringify({ key: flight.key, parts });
    post();
  }

  function post() {
    const mine = flight;
    const stop = new window.AbortController();
    const patience = window.setTimeout(() => stop.abort(), PATIENCE);
    mine.timer = 0;
    showStatus();
    window
      .fetch(form.getAttribute("data-cells-url"), {
        method: "POST",
        credentials: "same-origin",
        redirect: "error",
        /* Leaving the page does not call back what is under way. */
        keepalive: mine.body.length < 20000,
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
        body: mine.body,
        signal: stop.signal,
      })
      .then((response) => response.json().then((reply) => ({ status: response.status, reply }), () => ({ status: response.status, reply: {} })))
      .then(answered, () => failed("网络不通"))
      .finally(() => window.clearTimeout(patience));
  }

  function answered({ status, reply }) {
    if (!flight) {
      return;
    }
    if (status === 200 && reply.parts) {
      failures = 0;
      entry.band("network");
      entry.band("refused");
      entry.band("step");
      apply(reply);
    } else if (status === 401) {
      pause("login", "登录已过期", reply.login);
    } else if (status === 403 && !flight.renewed) {
      flight.renewed = true;
      renewToken();
    } else if (status >= 500 || status === 408 || status === 429 || status === 200) {
      failed("服务器没有答复");
    } else {
      pause("refused", reply.refused || "服务器没有收下这些格（" + status + "）", "", reply.reload);
    }
  }

  /* Try again with the same key: 1, 2, 4 … 30 seconds, or at once when the network says it is back. */
  function failed(why) {
    if (!flight) {
      return;
    }
    const wait = Math.min(LONGEST_WAIT, Math.pow(2, failures));
    failures += 1;
    flight.timer = window.setTimeout(post, wait * 1000);
    flight.rows.forEach((row) => row.showState("amber", "!", "还没送到"));
    /* What was to follow at once must not follow an hour later. */
    afterwards = null;
    entry.band("step");
    sayNetwork(why);
    showStatus();
  }

  function sayNetwork(why) {
    const count = unsentRows().length;
    const words = why + "，" + count + " 格还没有送到服务器。已存在本机浏览器里，接通后自动补送；请不要换电脑。";
    entry.band("network", "error", words, [{ label: "现在重试", action: retryNow }]);
  }

  function retryNow() {
    if (flight && flight.timer) {
      window.clearTimeout(flight.timer);
      post();
    } else if (stopped) {
      stopped = "";
      entry.band("refused");
      schedule(0);
    }
  }

  /* The batch comes back to the waiting cells; nothing is sent until somebody has acted. */
  function pause(kind, why, login, reload) {
    stopped = kind;
    flight.rows.forEach((row) => {
      waiting.set(row.id, 0);
      row.showState("amber", "!", "还没送到");
    });
    flight = null;
    afterwards = null;
    entry.band("network");
    const count = waiting.size;
    if (kind === "login") {
      const words = why + "：" + count + " 格还没有送出，都留在这台电脑的浏览器里。登录后回到这一页，可以恢复并送出。";
      entry.band("refused", "error", words, [
        { label: "重新登录", primary: true, href: login || "/login/?next=" + encodeURIComponent(window.location.pathname) },
        { label: "已在别的窗口登录，再送一次", action: retryNow },
      ]);
    } else {
      const buttons = [{ label: "复制没送出的内容", action: copyUnsent }, { label: "再送一次", action: retryNow }];
      if (reload) {
        buttons.unshift({ label: "刷新页面", primary: true, action: () => window.location.reload() });
      }
      entry.band("refused", "error", why + " " + count + " 格没有存，还留在浏览器里，没有丢。", buttons);
    }
    persist();
  }

  /* After a new login the page's token is old; a fresh copy of the page has the new one, if it is still ours. */
  function renewToken() {
    const mine = flight;
    window
      .fetch(window.location.pathname, { credentials: "same-origin" })
      .then((response) => response.text())
      .then((html) => {
        const page = new window.DOMParser().parseFromString(html, "text/html");
        const fresh = page.getElementById("entry");
        if (!fresh) {
          pause("login", "登录已过期");
        } else if (fresh.getAttribute("data-user") !== entry.store.user) {
          pause("refused", "这个浏览器里现在登录的是另一个账号。请退出后用您的账号登录，再回到这一页。");
        } else {
          token = fresh.querySelector("[name=csrfmiddlewaretoken]").value;
          document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((input) => {
            input.value = token;
          });
          document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
          if (flight === mine) {
            post();
          }
        }
      })
      .catch(() => failed("网络不通"));
  }

  function apply(reply) {
    const mine = flight;
    flight = null;
    mine.rows.forEach((row) => {
      const cell = (reply.parts[row.part] || {})[row.key];
      const sent = mine.sent.get(row.id);
      if (!cell) {
        waiting.set(row.id, 0);
        return;
      }
      row.apply(cell, sent);
      const isStored = cell.outcome === "saved" || cell.outcome === "unchanged";
      if (Object.keys(sent).some((field) => row.input(field) && row.text(field) !== sent[field] && row.isChanged(field))) {
        if (!waiting.has(row.id)) {
          waiting.set(row.id, 0);
        }
        row.showState("grey", "…", "待送");
      } else {
        waiting.delete(row.id);
        if (isStored) {
          held.delete(row.id);
        } else {
          held.set(row.id, cell);
        }
      }
    });
    applyBeside(reply, mine);
    form.setAttribute("data-saved-at", reply.saved_at || "");
    keepVersion(reply.report_version);
    entry.view.apply(reply);
    persist();
    if (waiting.size) {
      schedule(mine.rows.length === MOST ? 0 : PAUSE);
    } else {
      drained();
    }
  }

  /* What a rule between cells now says of others; a cell that waits to be sent is answered itself. */
  function applyBeside(reply, mine) {
    entry.rows.forEach((row) => {
      const cell = (reply.parts[row.part] || {})[row.key];
      if (cell && !mine.rows.includes(row) && !row.isDirty && !waiting.has(row.id)) {
        row.apply(cell, {});
      }
    });
  }

  /* Steps act on the report as it was seen: our own batch makes one version more; anything beyond is another's. */
  function keepVersion(version) {
    if (version === undefined) {
      return;
    }
    if (version > reportVersion + 1) {
      entry.band("others-changed", "info", "别人刚才也改了这份月报。签字、提交之前请先看最新内容。", [
        { label: "刷新页面", action: () => window.location.reload() },
      ]);
      return;
    }
    reportVersion = version;
    showVersion();
  }

  /* A step taken beside the table made versions of its own. */
  function takeVersion(page) {
    const fresh = page.getElementById("entry");
    const version = fresh ? Number(fresh.getAttribute("data-version")) : NaN;
    if (version) {
      keepVersion(version);
    }
    refreshFoot();
  }

  function showVersion() {
    document.querySelectorAll(".foot-bar [name=version]").forEach((input) => {
      input.value = reportVersion;
    });
  }

  function drained() {
    showStatus();
    if (afterwards) {
      const go = afterwards;
      afterwards = null;
      go();
    } else {
      refreshFoot();
    }
  }

  /* What may be signed now stands in a fresh copy of the page; only its foot is taken, with the version seen here. */
  function refreshFoot() {
    const steps = document.getElementById("foot-steps");
    if (!steps || !steps.querySelector("[data-steps]")) {
      return;
    }
    window
      .fetch(window.location.pathname, { credentials: "same-origin" })
      .then((response) => response.text())
      .then((html) => {
        const fresh = new window.DOMParser().parseFromString(html, "text/html").getElementById("foot-steps");
        if (fresh && !flight && !waiting.size && !steps.contains(document.activeElement)) {
          steps.innerHTML = fresh.innerHTML;
          hideSave();
          if (window.htmx) {
            window.htmx.process(steps);
          }
          showVersion();
        }
      })
      .catch(() => null);
  }

  /* The plain form's button is for pages without scripts. */
  function hideSave() {
    const button = document.getElementById("save");
    if (button) {
      button.hidden = true;
    }
  }

  /* 用对方的 takes over what they stored; 用我的 sends mine over it. */
  function decide(row, whose) {
    const cell = held.get(row.id);
    if (whose === "theirs" && cell && cell.theirs) {
      ["value", "remark"].forEach((field) => {
        if (row.input(field) && cell.theirs[field] !== undefined && cell.theirs[field] !== null) {
          row.input(field).value = cell.theirs[field];
        }
      });
    }
    held.delete(row.id);
    waiting.set(row.id, 0);
    row.showState("grey", "…", "待送");
    persist();
    send();
  }

  /* Before logging out: everything first, then go; or nothing is kept any more. */
  function sendThen(go) {
    entry.store.restore();
    afterwards = () => (held.size ? sayHeld() : go());
    if (unsentRows().length) {
      flush();
    } else {
      drained();
    }
  }

  /* Asked for by the person: where a cell was refused, the work goes on there. */
  function saveNow() {
    afterwards = () => (held.size ? entry.cells.goTo(entry.rows.get(held.keys().next().value)) : refreshFoot());
    if (unsentRows().length) {
      flush();
    } else {
      drained();
    }
  }

  function forget() {
    window.clearTimeout(timer);
    stopped = "forgotten";
    waiting.clear();
    held.clear();
    flight = null;
    entry.store.forget();
  }

  function copyUnsent() {
    const lines = unsentRows().map((row) => [row.name, row.text("value"), row.text("remark")].join("\t"));
    entry.paste.put(lines.join("\n"));
    entry.band("copied", "info", "已复制 " + lines.length + " 行，可以粘贴到表格里。");
  }

  function showStatus() {
    const count = unsentRows().length;
    const kinds = Array.from(held.values(), (cell) => cell.outcome);
    const flying = flight && !flight.timer ? flight.rows.length : 0;
    show("saved", form.getAttribute("data-saved-at") && !count ? "✓ 已保存 " + form.getAttribute("data-saved-at") : "");
    show("sending", flying ? "› 正在保存 " + flying + " 格" : "");
    show("waiting", count - flying ? "… 待送 " + (count - flying) + " 格" : "");
    show("invalid", total("invalid", kinds) ? "× 无效 " + total("invalid", kinds) : "");
    show("conflict", total("conflict", kinds) ? "! 冲突 " + total("conflict", kinds) : "");
    document.querySelectorAll("#foot-steps form button[type=submit]").forEach((button) => {
      button.title = count ? "还有 " + count + " 格没送出，送完再办" : "";
    });
    if (document.querySelector("#entry-bands [data-band='network']") && flight) {
      const words = document.querySelector("#entry-bands [data-band='network'] > span + span");
      words.textContent = words.textContent.replace(/\d+ 格/, count + " 格");
    }
  }

  function total(kind, kinds) {
    return kinds.filter((outcome) => outcome === kind).length;
  }

  function show(name, words) {
    const place = document.querySelector("[data-status='" + name + "']");
    if (place && place.textContent !== words) {
      place.textContent = words;
      place.hidden = !words;
    }
  }

  /* What is signed must be what is stored: a step waits for the last cell, then goes on by itself. */
  document.addEventListener(
    "submit",
    (event) => {
      const step = event.target;
      if (step === form) {
        event.preventDefault();
        flush();
      } else if (step.closest("#foot-steps") && (unsentRows().length || held.size)) {
        event.preventDefault();
        event.stopPropagation();
        if (unsentRows().length) {
          const button = event.submitter;
          afterwards = () => (held.size ? sayHeld() : step.requestSubmit(button));
          entry.band("step", "info", "还有 " + unsentRows().length + " 格没送出，送完自动继续。");
          flush();
        } else {
          sayHeld();
        }
      }
    },
    true
  );

  function sayHeld() {
    entry.band("step", "error", "还有 " + held.size + " 格无效或有冲突，先改好或选定再办。");
    entry.cells.goTo(entry.rows.get(held.keys().next().value));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest ? event.target.closest("[data-use]") : null;
    const row = button && entry.rowOf(button);
    if (row) {
      event.preventDefault();
      decide(row, button.getAttribute("data-use"));
      entry.cells.goTo(row);
    }
  });

  window.addEventListener("online", retryNow);
  window.addEventListener("offline", () => {
    if (unsentRows().length) {
      sayNetwork("网络不通");
    }
  });

  entry.save = { hideSave, saveNow, sendThen, forget, takeVersion, changed, changedAll, leave, flush, unsent: () => unsentRows().length, showStatus };
})();
