/* What has not reached the server lies in this browser, one record per cell under the user and the report; nobody
   else's is read: {where, part, key, name, version, value, remark?, reason?}. A cell goes when it is answered. */
const { entry } = window;

const { user, report } = entry.form.dataset;
const START = "livelihood-unsent:";
const MINE = `${START}${user}:${report}:`;
const NO_ROOM = "这个浏览器不让网页存东西（无痕窗口，或磁盘已满）：没送出的格只在这一页里，请等显示“已保存”再关闭。";
/* Records an earlier page left, until somebody decides, by id; those of this page, as they were written. */
let left = {};
const kept = new Map();
let works = true;

const keysOf = (start) => entry.attempt(() => Object.keys(window.localStorage).filter((key) => key.startsWith(start))) || [];
const read = (key) => entry.attempt(() => window.localStorage.getItem(key));
const drop = (id) => entry.attempt(() => window.localStorage.removeItem(MINE + id));

/** Written before it is sent, taken away when it is answered; not what another window wrote there meanwhile. */
function keep(cell, isUnsent) {
  const mine = kept.get(cell);
  delete left[cell.id];
  if (isUnsent) {
    const { part, key, name, version, texts } = cell;
    kept.set(cell, JSON.stringify({ where: window.location.pathname, part, key, name, version, ...texts }));
    works = entry.attempt(() => {
      window.localStorage.setItem(MINE + cell.id, kept.get(cell));
      return true;
    }) === true;
    entry.band("storage", "warning", works ? "" : NO_ROOM);
  } else if (kept.delete(cell) && read(MINE + cell.id) === mine) {
    drop(cell.id);
  }
}

const fieldsOf = (record) => ["value", "remark", "reason"].filter((field) => record[field] !== undefined);
const plain = (text) => text.replace(/[\s,，]/g, "");
const canFill = (id) => entry.cells.has(id) && Boolean(entry.cells.get(id).typed);

/** Whether the page already shows what was left. */
function isStored(cell, record) {
  return Boolean(cell) && fieldsOf(record).every((field) => plain(record[field]) === plain(cell.text(field)));
}

/** Put what was left into its cells over the version it was typed over: what others stored since is a conflict. */
function restore() {
  const filled = Object.entries(left).filter(([id]) => canFill(id));
  filled.forEach(([id, record]) => {
    const cell = entry.cells.get(id);
    cell.version = Math.min(record.version, cell.version);
    fieldsOf(record).filter((field) => cell.input(field)).forEach((field) => Object.assign(cell.input(field), { value: record[field] }));
    drop(id);
    delete left[id];
  });
  entry.save.changedAll(filled.map(([id]) => entry.cells.get(id)));
  const rest = Object.keys(left).length;
  offer(rest ? `${rest} 格现在不能填了（已签字、已封账或不归您填）：` : "");
  entry.save.flush();
}

function discard() {
  Object.keys(left).forEach(drop);
  left = {};
  offer();
}

/** What was left, cell by cell, beside what is stored now. */
function list() {
  const lines = Object.entries(left).map(([id, { name, value, remark, reason }]) => {
    const more = (remark ? `，备注“${remark}”` : "") + (reason ? `，说明“${reason}”` : "");
    const now = entry.cells.has(id) ? entry.cells.get(id).text("value") : "";
    return entry.make("li", { textContent: `${name}：没送到的是“${value || "空"}”${more}；现在存的是“${now || "空"}”` });
  });
  const box = entry.make("ul", { className: "entry-left" });
  box.append(...lines);
  return box;
}

/** Ask what becomes of what was left; `isLooking` shows it, `isSure` is the second question before it goes. */
function offer(before = "", isLooking, isSure) {
  const ids = Object.keys(left);
  const buttons = [
    ids.some(canFill) && { label: "恢复并送出", primary: true, action: restore },
    !isLooking && { label: "看一看", action: () => offer(before, true, isSure) },
    isSure ? { label: `确定丢弃 ${ids.length} 格`, action: discard } : { label: "丢弃", action: () => offer(before, isLooking, true) },
  ];
  const box = entry.band("left", "warning", ids.length ? `${before}上次有 ${ids.length} 格没有送到：` : "", buttons.filter(Boolean));
  if (box && isLooking) box.append(list());
}

function start() {
  keysOf(MINE).forEach((key) => {
    const id = key.slice(MINE.length);
    const record = entry.attempt(() => JSON.parse(read(key)));
    if (!record || isStored(entry.cells.get(id), record)) drop(id);
    else left[id] = record;
  });
  offer();
  if (keysOf(START).some((key) => !key.startsWith(`${START}${user}:`))) {
    entry.band("others", "info", "这台电脑上还留着别的账号没有送出的格，要用那个账号登录才能看到。");
  }
}

/* The same report in a second window, which has sent its cells by now. */
window.addEventListener("storage", ({ key, newValue }) => {
  const id = key && key.startsWith(MINE) && newValue === null ? key.slice(MINE.length) : "";
  if (!left[id]) return;
  delete left[id];
  offer();
});

window.addEventListener("beforeunload", (event) => {
  if (works || !kept.size) return;
  event.preventDefault();
  event.returnValue = "";
});

/** Nothing of this user and report is kept any more. */
function forget() {
  kept.clear();
  keysOf(MINE).forEach((key) => drop(key.slice(MINE.length)));
  discard();
}

entry.store = { keep, forget, restore, start };
