/* What has not reached the server lies in this browser, one record per cell under the user and the report; nobody
   else's is read: {where, part, key, name, version, value, remark?, reason?}. A cell goes when it is answered. */
(function () {
  "use strict";

  const entry = window.entry;
  if (!entry) {
    return;
  }

  const user = entry.form.getAttribute("data-user");
  const START = "livelihood-unsent:";
  const MINE = START + user + ":" + entry.form.getAttribute("data-report") + ":";
  /* Cells an earlier page left, until somebody decides, by id; those of this page, as they were written. */
  let left = {};
  const kept = new Map();
  let works = true;

  /* Do something with the storage; null where the browser has none, or no room. */
  function use(act) {
    try {
      works = true;
      return act(window.localStorage);
    } catch {
      works = false;
      return null;
    }
  }

  function keys(start) {
    return use((storage) => Object.keys(storage).filter((key) => key.startsWith(start))) || [];
  }

  /* Written before it is sent, and taken away when it is answered; not what another window wrote there meanwhile. */
  function keep(row, isUnsent) {
    const key = MINE + row.id;
    delete left[row.id];
    if (isUnsent) {
      const { part, name, version } = row;
      kept.set(row, JSON.stringify({ where: window.location.pathname, part, key: row.key, name, version, ...row.texts() }));
      use((storage) => storage.setItem(key, kept.get(row)));
      const words = "这个浏览器不让网页存东西（无痕窗口，或磁盘已满）：没送出的格只在这一页里，请等显示“已保存”再关闭。";
      entry.band("storage", "warning", works ? "" : words);
    } else if (kept.has(row)) {
      const mine = kept.get(row);
      kept.delete(row);
      use((storage) => storage.getItem(key) === mine && storage.removeItem(key));
    }
  }

  function textsOf(cell) {
    return ["value", "remark", "reason"].filter((field) => cell[field] !== undefined);
  }

  /* Whether the page already shows what was left. */
  function isStored(row, cell) {
    const plain = (text) => text.replace(/[\s,，]/g, "");
    return Boolean(row) && textsOf(cell).every((field) => plain(cell[field]) === plain(row.text(field)));
  }

  function canFill(id) {
    return entry.rows.has(id) && entry.rows.get(id).isTyped;
  }

  function restore() {
    const cells = left;
    const missing = Object.keys(cells).filter((id) => !canFill(id));
    left = Object.fromEntries(missing.map((id) => [id, cells[id]]));
    Object.keys(cells).filter(canFill).forEach((id) => {
      const row = entry.rows.get(id);
      /* The version they were typed over: what somebody stored meanwhile comes back as a conflict. */
      row.version = Math.min(cells[id].version, row.version);
      textsOf(cells[id]).filter((field) => row.input(field)).forEach((field) => {
        row.input(field).value = cells[id][field];
      });
      use((storage) => storage.removeItem(MINE + id));
      entry.save.changed(row);
    });
    offer(missing.length ? missing.length + " 格现在不能填了（已签字、已封账或不归您填）：" : "");
    entry.save.flush();
  }

  function discard() {
    Object.keys(left).forEach((id) => use((storage) => storage.removeItem(MINE + id)));
    left = {};
    offer();
  }

  function list() {
    const box = entry.make("ul", "entry-left");
    Object.entries(left).forEach(([id, cell]) => {
      const more = (cell.remark ? `，备注“${cell.remark}”` : "") + (cell.reason ? `，说明“${cell.reason}”` : "");
      const now = entry.rows.has(id) ? entry.rows.get(id).text("value") : "";
      box.append(entry.make("li", "", `${cell.name}：没送到的是“${cell.value || "空"}”${more}；现在存的是“${now || "空"}”`));
    });
    return box;
  }

  function offer(before, isLooking, isSure) {
    const ids = Object.keys(left);
    const buttons = [
      ...(ids.some(canFill) ? [{ label: "恢复并送出", primary: true, action: restore }] : []),
      ...(isLooking ? [] : [{ label: "看一看", action: () => offer(before, true, isSure) }]),
      isSure ? { label: `确定丢弃 ${ids.length} 格`, action: discard } : { label: "丢弃", action: () => offer(before, isLooking, true) },
    ];
    const box = entry.band("left", "warning", ids.length ? `${before || ""}上次有 ${ids.length} 格没有送到：` : "", buttons);
    if (box && isLooking) {
      box.append(list());
    }
  }

  function start() {
    keys(MINE).forEach((key) => {
      const id = key.slice(MINE.length);
      const cell = use((storage) => JSON.parse(storage.getItem(key)));
      if (!cell || isStored(entry.rows.get(id), cell)) {
        use((storage) => storage.removeItem(key));
      } else {
        left[id] = cell;
      }
    });
    offer();
    if (keys(START).some((key) => !key.startsWith(START + user + ":"))) {
      entry.band("others", "info", "这台电脑上还留着别的账号没有送出的格，要用那个账号登录才能看到。");
    }
  }

  /* The same report in a second window, which has sent its cells by now. */
  window.addEventListener("storage", (event) => {
    const id = (event.key || "").slice(MINE.length);
    if (event.key && event.key.startsWith(MINE) && event.newValue === null && left[id]) {
      delete left[id];
      offer();
    }
  });

  window.addEventListener("beforeunload", (event) => {
    if (!works && kept.size) {
      event.preventDefault();
      event.returnValue = "";
    }
  });

  function forget() {
    kept.clear();
    discard();
    keys(MINE).forEach((key) => use((storage) => storage.removeItem(key)));
  }

  entry.store = { keep, forget, restore, start, user };
})();
