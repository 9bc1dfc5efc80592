/* The habits of a spreadsheet in a table of inputs: moving, choosing a block, filling down, clearing, confirming last
   month's value, and taking a paste or a fill back as one step. A line is a tr.entry-row, a column its data-col. */
const { entry } = window;

const { form } = entry;
const columns = form.dataset.columns.trim().split(" ");
const MOVES = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };
/* Where a block began and where it reaches now, as {line, column}; null while it is one cell. */
let block = null;
/* Where the mouse went down, and whether that cell had the keyboard already. */
let anchor = null;
let wasHere = false;
/* The cell that has the keyboard and what stood in it when it got it; F2 makes arrows move in the text. */
let before = {};
let isEditing = false;
const done = [];
const undone = [];

const isGrid = (element) => Boolean(element) && element.matches("td.input-cell > input");
const boxAt = (line, column) => line.querySelector(`[data-col='${column}']`);
const inputIn = (box) => box.querySelector("input");
const placeOf = (input) => ({ line: input.closest("tr"), column: input.closest("td").dataset.col });

/** The lines one sees now: what arrows, blocks and pastes go by. */
const lines = () => [...form.querySelectorAll("tr.entry-row")].filter((line) => line.getClientRects().length);

/** Put the keyboard into an input and take its text; whether there is one. */
function goTo(input) {
  if (!input) return false;
  if (!input.getClientRects().length) entry.page.reveal(input.closest("tr"));
  input.focus();
  input.select();
  return true;
}

/** The cell of this column in the next line that has one to type in. */
function neighbour(input, step) {
  const { column } = placeOf(input);
  const inputs = lines().map((line) => inputIn(boxAt(line, column))).filter(Boolean);
  return inputs[inputs.indexOf(input) + step];
}

/** To the next cell as one reads, or back. */
function beside(input, step) {
  const inputs = lines().flatMap((line) => [...line.querySelectorAll(".input-cell > input:not([type=hidden])")]);
  return goTo(inputs[inputs.indexOf(input) + step]);
}

/* ---------- The block ---------- */
/** The part of a list between two of its members. */
function between(list, one, other) {
  const [start, end] = [list.indexOf(one), list.indexOf(other)].sort((a, b) => a - b);
  return list.slice(Math.max(start, 0), end + 1);
}

/** The boxes of the block line by line, or of the one cell that has the keyboard. */
function selected() {
  const here = document.activeElement;
  if (!block && !isGrid(here)) return [];
  const { from, to } = block || { from: placeOf(here), to: placeOf(here) };
  const names = between(columns, from.column, to.column);
  return between(lines(), from.line, to.line).map((line) => names.map((column) => boxAt(line, column)));
}

const selectedInputs = () => selected().flat().map(inputIn).filter(Boolean);

function select(from, to) {
  form.querySelectorAll(".is-selected").forEach((box) => box.classList.remove("is-selected"));
  block = to && (from.line !== to.line || from.column !== to.column) ? { from, to } : null;
  if (block) selected().flat().forEach((box) => box.classList.add("is-selected"));
}

function extend(input, down, right) {
  const { from, to } = block || { from: placeOf(input), to: placeOf(input) };
  const all = lines();
  const line = all[all.indexOf(to.line) + down] || to.line;
  select(from, { line, column: columns[columns.indexOf(to.column) + right] || to.column });
  line.scrollIntoView({ block: "nearest" });
}

/* ---------- Changing several cells, and back ---------- */
/** Write [input, text] pairs as one step; the number of changed cells, which is said with `words` where several. */
function write(changes, words) {
  const step = changes.filter(([input, text]) => input.value !== text).map(([input, to]) => ({ input, from: input.value, to }));
  if (step.length) {
    done.push(step);
    undone.length = 0;
    put(step, "to");
  }
  if (words && step.length > 1) entry.band("paste", "info", `${words} ${step.length} 格。Ctrl+Z 撤销。`);
  return step.length;
}

function put(step, which) {
  step.forEach((change) => Object.assign(change.input, { value: change[which] }));
  entry.save.changedAll(step.map(({ input }) => entry.cellOf(input)));
  noteStart(document.activeElement);
}

/** Take the last step of a list back; cells somebody has typed in since are left as they are. */
function back(from, to, now, then) {
  const step = from.pop();
  if (!step) return false;
  const same = step.filter((change) => entry.holds(change.input, change[now]));
  const rest = step.length - same.length;
  to.push(step);
  put(same, then);
  entry.band("paste", "info", `${then === "from" ? "已撤销" : "已恢复"}：${same.length} 格${rest ? `；另有 ${rest} 格后来又改过，没有动` : ""}。`);
  return true;
}

const undo = () => back(done, undone, "to", "from");
const redo = () => back(undone, done, "from", "to");
const clear = () => write(selectedInputs().map((input) => [input, ""]), "清空了");

/** Ctrl+D: the block's first line downwards; of a single line, the cells above it. */
function fillDown(input) {
  const rows = selected();
  const above = rows.length > 1 ? null : neighbour(input, -1);
  if (above) rows.unshift(rows[0].map((box) => boxAt(above.closest("tr"), box.dataset.col)));
  const sources = rows.shift().map(inputIn);
  const pairs = rows.flatMap((row) => row.map((box, at) => [inputIn(box), sources[at] && sources[at].value]));
  write(pairs.filter(([target, text]) => target && text !== undefined && text !== null), "向下填充");
  return true;
}

/** 沿用: the values before become this month's in these inputs; one step to undo. */
function carry(inputs) {
  return write(inputs.filter((input) => input.matches(":placeholder-shown")).map((input) => [input, input.placeholder]), "沿用上期");
}

/* ---------- Keys ---------- */
const noteStart = (input) => { before = { input, text: input.value }; };
const isTypedIn = (input) => before.input === input && before.text !== input.value;
const isAllSelected = (input) => input.selectionStart === 0 && input.selectionEnd === input.value.length;

function arrow(event, input) {
  const [down, right] = MOVES[event.key];
  if (event.altKey) return false;
  if (event.shiftKey) {
    if (right && !block && !isAllSelected(input)) return false;
    extend(input, down, right);
    return true;
  }
  if (down) {
    goTo(neighbour(input, down));
    return true;
  }
  const isAtEnd = right < 0 ? input.selectionEnd === 0 : input.selectionStart === input.value.length;
  return (isAtEnd || (isAllSelected(input) && !isEditing)) && beside(input, right);
}

function erase() {
  if (block) clear();
  return block !== null;
}

/* key → what it does in a cell; true when the key is used up. */
const KEYS = {
  ArrowDown: arrow,
  ArrowUp: arrow,
  ArrowLeft: arrow,
  ArrowRight: arrow,
  Delete: erase,
  Backspace: erase,
  Tab(event, input) {
    /* The notes under a line (reason, buttons) come after its cells. */
    const { notes } = entry.cellOf(input);
    const isLast = placeOf(input).column === columns[columns.length - 1];
    const hasMore = notes && !notes.hidden && notes.querySelector("input, textarea, button, a[href]");
    return !event.altKey && !(isLast && !event.shiftKey && hasMore) && beside(input, event.shiftKey ? -1 : 1);
  },
  Enter(event, input) {
    if (event.altKey) entry.panel.openOf(input);
    else if (!goTo(neighbour(input, event.shiftKey ? -1 : 1))) entry.save.leave(entry.cellOf(input));
    return true;
  },
  F2(event, input) {
    isEditing = true;
    input.setSelectionRange(input.value.length, input.value.length);
    return true;
  },
  Escape(event, input) {
    isEditing = false;
    if (block) {
      select(null);
    } else if (isTypedIn(input)) {
      input.value = before.text;
      entry.save.changedAll([entry.cellOf(input)], true);
      input.select();
    } else if (!entry.panel.close()) {
      input.select();
    }
    return true;
  },
  /* Where there is nothing to confirm a space must not wipe out the number. */
  " ": (event, input) => carry(selectedInputs()) > 0 || input.inputMode === "decimal",
};

const WITH_CONTROL = {
  d: (event, input) => fillDown(input),
  /* What is being typed is the browser's to take back; a paste or a fill is ours. */
  z: (event, input) => (event.shiftKey ? redo() : !isTypedIn(input) && undo()),
  y: redo,
};

document.addEventListener("keydown", (event) => {
  const input = event.target;
  const control = (event.ctrlKey || event.metaKey) && !event.altKey;
  const key = control ? event.key.toLowerCase() : event.key;
  if (control && !event.shiftKey && key === "s") {
    event.preventDefault();
    entry.save.saveNow();
  } else if (isGrid(input) && !event.isComposing) {
    const act = (control ? WITH_CONTROL : KEYS)[key];
    if (act && act(event, input)) event.preventDefault();
  }
});

form.addEventListener("input", ({ target }) => {
  const cell = entry.cellOf(target);
  if (!cell) return;
  select(null);
  entry.save.changedAll([cell], true);
});

form.addEventListener("focusin", ({ target }) => {
  noteStart(target);
  isEditing = false;
  if (isGrid(target) && !(anchor && block)) select(null);
});

form.addEventListener("focusout", ({ target }) => {
  const cell = target.matches("input") && entry.cellOf(target);
  /* Once the focus has gone: the text may be shown as the server writes it. */
  if (cell) window.setTimeout(() => entry.save.leave(cell), 0);
});

/* ---------- Mouse: drag and Shift+click choose a block ---------- */
form.addEventListener("mousedown", (event) => {
  const here = document.activeElement;
  wasHere = here === event.target;
  anchor = event.button === 0 && isGrid(event.target) ? event.target : null;
  if (anchor && event.shiftKey && isGrid(here)) {
    event.preventDefault();
    select(placeOf(here), placeOf(anchor));
    anchor = null;
  }
});

form.addEventListener("mouseover", (event) => {
  const line = anchor && event.buttons === 1 && event.target.closest("tr.entry-row");
  if (!line) return;
  const box = event.target.closest(".input-cell") || anchor.parentNode;
  select(placeOf(anchor), { line, column: box.dataset.col });
  window.getSelection().removeAllRanges();
});

document.addEventListener("mouseup", () => {
  /* The keyboard stays where the block began: that is where a copy or a fill is asked for. */
  if (anchor && block) {
    anchor.focus({ preventScroll: true });
    anchor.select();
  }
  anchor = null;
});

/* The first click takes the whole cell, so that typing replaces it; the second goes into the text. */
form.addEventListener("click", ({ target }) => {
  if (isGrid(target) && !wasHere && !block && target.selectionStart === target.selectionEnd) target.select();
});

/* 沿用: of a cell, of an item, of all. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=carry]");
  if (!button) return;
  const place = button.id === "carry-all" ? form : button.closest("[data-carry-section]") ? button.closest("tbody") : button.closest("tr");
  const inputs = [...place.querySelectorAll(".input-cell > input:not([type=hidden])")];
  event.preventDefault();
  carry(inputs);
  if (place !== form) goTo(inputs[0]);
});

entry.grid = { columns, lines, boxAt, inputIn, placeOf, isGrid, goTo, selected, selectedInputs, write, clear, hasBlock: () => block !== null };
