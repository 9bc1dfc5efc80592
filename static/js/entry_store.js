/* What has not reached the server lies in this browser, under the user, the report and the tab; nobody else's is
   read. One record: {moment, closed, where, cells: {id: {part, key, name, version, value, remark?, reason?}}}. */
(function () {
  "use strict";

  const entry = window.entry;
  if (!entry) {
    return;
  }

  const user = entry.form.getAttribute("data-user");
  const report = entry.form.getAttribute("data-report");
  const START = "livelihood-unsent:";
  const MINE = START + user + ":" + report + ":";
  /* A tab that still lives writes its moment every few seconds. */
  const BEAT = 4000;
  const DEAD = 12000;
  const tab = Math.random().toString(36).slice(2, 10);
  /* Cells an earlier tab left, until somebody decides. */
  let left = {};
  let current = {};
  let works = true;

  function keys(start) {
    try {
      return Object.keys(window.localStorage).filter((key) => key.startsWith(start));
    } catch {
      works = false;
      return [];
    }
  }

  function read(key) {
    try {
      const record = JSON.parse(window.localStorage.getItem(key));
      return record && typeof record.cells === "object" ? record : null;
    } catch {
      return null;
    }
  }

  function write(closed) {
    const cells = Object.assign({}, left, current);
    try {
      if (Object.keys(cells).length) {
        const record = { moment: Date.now(), closed: Boolean(closed), where: window.location.pathname, cells };
        window.localStorage.setItem(MINE + tab, JSON.stringify(record));
      } else {
        window.localStorage.removeItem(MINE + tab);
      }
      works = true;
    } catch {
      works = false;
    }
    entry.band(
      "storage",
      "warning",
      works || !Object.keys(cells).length ? "" : "这个浏览器不让网页存东西（无痕窗口，或磁盘已满）：没送出的格只在这一页里，请等显示“已保存”再关闭。"
    );
    return works;
  }

  /* Keep exactly these cells; null when nothing waits. */
  function keep(cells) {
    current = cells;
    Object.keys(cells).forEach((id) => delete left[id]);
    return write();
  }

  function plain(text) {
    return String(text === undefined ? "" : text).replace(/[\s,，]/g, "");
  }

  /* Whether the page already shows what was left. */
  function isStored(id, cell) {
    const row = entry.rows.get(id);
    return Boolean(row) && ["value", "remark", "reason"].every((field) => cell[field] === undefined || plain(cell[field]) === plain(row.text(field)));
  }

  /* Take over what tabs that are gone have left; cells that are stored by now are dropped. */
  function takeOver() {
    keys(MINE).forEach((key) => {
      const record = key === MINE + tab ? null : read(key);
      if (record && !record.closed && Date.now() - record.moment < DEAD) {
        return;
      }
      if (record) {
        Object.keys(record.cells).forEach((id) => {
          if (!isStored(id, record.cells[id]) && !current[id]) {
            left[id] = record.cells[id];
          }
        });
        window.localStorage.removeItem(key);
      }
    });
    write();
    offer();
  }

  function restore() {
    const cells = left;
    const missing = [];
    left = {};
    const ids = Object.keys(cells).filter((id) => {
      const row = entry.rows.get(id);
      if (!row || !row.isTyped) {
        missing.push(cells[id]);
        return false;
      }
      return true;
    });
    ids.forEach((id) => {
      const row = entry.rows.get(id);
      /* The version they were typed over: what somebody stored meanwhile comes back as a conflict. */
      row.version = Math.min(cells[id].version, row.version);
      ["value", "remark", "reason"].forEach((field) => {
        const input = row.input(field);
        if (input && cells[id][field] !== undefined) {
          input.value = cells[id][field];
        }
      });
      row.showCarried();
      entry.save.changed(row);
    });
    missing.forEach((cell) => {
      left[cell.part + "/" + cell.key] = cell;
    });
    write();
    offer(missing.length ? missing.length + " 格现在不能填了（已签字、已封账或不归您填）：" : "");
    entry.save.flush();
  }

  function discard() {
    left = {};
    write();
    offer();
  }

  function list(cells) {
    const box = document.createElement("ul");
    box.className = "entry-left";
    Object.keys(cells).forEach((id) => {
      const cell = cells[id];
      const row = entry.rows.get(id);
      const item = document.createElement("li");
      item.textContent =
        cell.name + "：没送到的是“" + (cell.value || "空") + "”" + (cell.remark ? "，备注“" + cell.remark + "”" : "") + (cell.reason ? "，说明“" + cell.reason + "”" : "") +
        "；现在存的是“" + ((row && row.text("value")) || "空") + "”";
      box.append(item);
    });
    return box;
  }

  function offer(words) {
    const count = Object.keys(left).length;
    if (!count) {
      entry.band("left");
      return;
    }
    const canFill = Object.keys(left).some((id) => entry.rows.get(id) && entry.rows.get(id).isTyped);
    const look = { label: "看一看", action: () => look.box.append(list(left)) };
    const drop = {
      label: "丢弃",
      action: (event) => {
        if (event.target.hasAttribute("data-sure")) {
          discard();
        } else {
          event.target.setAttribute("data-sure", "");
          event.target.textContent = "确定丢弃 " + count + " 格";
        }
      },
    };
    const buttons = canFill ? [{ label: "恢复并送出", primary: true, action: restore }] : [];
    look.box = entry.band("left", "warning", (words || "") + "上次有 " + count + " 格没有送到：", buttons.concat([look, drop]));
    look.box.addEventListener("click", (event) => {
      if (event.target.textContent === "看一看") {
        event.target.remove();
      }
    });
  }

  function start() {
    takeOver();
    /* A tab that died without a word a moment ago, or the same report in a second tab. */
    if (keys(MINE).some((key) => key !== MINE + tab)) {
      window.setTimeout(takeOver, DEAD + BEAT);
    }
    if (keys(START).some((key) => !key.startsWith(START + user + ":"))) {
      entry.band("others", "info", "这台电脑上还留着别的账号没有送出的格，要用那个账号登录才能看到。");
    }
    window.setInterval(() => {
      if (Object.keys(current).length || Object.keys(left).length) {
        write();
      }
    }, BEAT);
    window.addEventListener("pagehide", () => write(true));
    window.addEventListener("beforeunload", (event) => {
      if (!works && Object.keys(current).length) {
        event.preventDefault();
        event.returnValue = "";
      }
    });
  }

  function forget() {
    left = {};
    current = {};
    write();
  }

  entry.store = { keep, forget, restore, start, user };
})();
