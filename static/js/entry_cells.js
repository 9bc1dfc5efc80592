/* The habits of a spreadsheet: moving, choosing a block, filling down, clearing, confirming last month's value,
   and taking a paste or a fill back as one step. */
(function () {
  "use strict";

  const entry = window.entry;
  if (!entry) {
    return;
  }

  const { form } = entry;
  /* The block: where it began and where it reaches now, as {row, field}; null while it is one cell. */
  let block = null;
  let anchor = null;
  let dragging = false;
  let wasHere = false;
  let before = null;
  let isEditing = false;
  const done = [];
  const undone = [];

  function isGrid(element) {
    return entry.isCell(element) && element.closest("tr.entry-row") !== null;
  }

  /* The columns one types in, from left to right. */
  function fields() {
    if (entry.columns) {
      return entry.columns();
    }
    const row = entry.visibleRows().find((one) => one.isTyped);
    return row ? Array.from(row.line.querySelectorAll("input[name], textarea[name]")).filter((input) => input.type !== "hidden").map(entry.fieldOf) : [];
  }

  function goTo(row, field) {
    const input = row && row.input(field || "value");
    if (!input) {
      return false;
    }
    if (row.line.getClientRects().length === 0) {
      entry.view.reveal(row);
    }
    input.focus();
    if (input.select) {
      input.select();
    }
    return true;
  }

  /* The next line in this direction that has the column, from `row`. */
  function neighbour(row, field, step) {
    const rows = entry.visibleRows();
    let at = rows.indexOf(row) + step;
    while (rows[at] && !rows[at].input(field)) {
      at += step;
    }
    return rows[at] || null;
  }

  function beside(input, step) {
    const row = entry.rowOf(input);
    const names = fields();
    let at = names.indexOf(entry.fieldOf(input)) + step;
    while (names[at] && !row.input(names[at])) {
      at += step;
    }
    if (names[at]) {
      return goTo(row, names[at]);
    }
    const next = neighbour(row, names[step > 0 ? 0 : names.length - 1], step);
    return next ? goTo(next, names[step > 0 ? 0 : names.length - 1]) : false;
  }

  /* ---------- The block ---------- */
  function place(input) {
    return { row: entry.rowOf(input), field: entry.fieldOf(input) };
  }

  function select(from, to) {
    form.querySelectorAll(".is-selected").forEach((cell) => cell.classList.remove("is-selected"));
    block = from && to && (from.row !== to.row || from.field !== to.field) ? { from, to } : null;
    if (block) {
      selected().forEach(({ row, names }) => {
        names.forEach((name) => {
          const input = row.input(name);
          const cell = input ? input.closest("td") : row.line.querySelector("[data-col='" + name + "']");
          if (cell) {
            cell.classList.add("is-selected");
          }
        });
      });
    }
  }

  /* The lines and columns of the block, or of the one cell that has the keyboard. */
  function selected() {
    const at = block || (isGrid(document.activeElement) && { from: place(document.activeElement), to: place(document.activeElement) });
    if (!at) {
      return [];
    }
    const rows = entry.visibleRows();
    const names = fields();
    const [top, bottom] = [rows.indexOf(at.from.row), rows.indexOf(at.to.row)].sort((a, b) => a - b);
    const [start, end] = [names.indexOf(at.from.field), names.indexOf(at.to.field)].sort((a, b) => a - b);
    return rows.slice(Math.max(top, 0), bottom + 1).map((row) => ({ row, names: names.slice(Math.max(start, 0), end + 1) }));
  }

  function extend(input, rowStep, fieldStep) {
    const to = block ? block.to : place(input);
    const from = block ? block.from : place(input);
    const rows = entry.visibleRows();
    const names = fields();
    const row = rows[rows.indexOf(to.row) + rowStep] || to.row;
    select(from, { row, field: names[names.indexOf(to.field) + fieldStep] || to.field });
    row.line.scrollIntoView({ block: "nearest" });
  }

  /* ---------- Changing several cells, and back ---------- */
  /* changes: [{row, field, text}]; what is not the user's to fill is passed over. The number of changed cells. */
  function write(changes) {
    const step = [];
    changes.forEach(({ row, field, text }) => {
      const input = row.input(field);
      if (input && input.value !== text) {
        step.push({ row, field, from: input.value, to: text });
      }
    });
    if (step.length) {
      done.push(step);
      undone.length = 0;
      put(step, "to");
    }
    return step.length;
  }

  function put(step, which) {
    step.forEach((change) => {
      const input = change.row.input(change.field);
      if (input) {
        input.value = change[which];
      }
    });
    entry.save.changedAll(Array.from(new Set(step.map((change) => change.row))));
    noteStart(document.activeElement);
  }

  /* Cells somebody has typed in since are left as they are. */
  function back(from, to, now, then) {
    const step = from.pop();
    if (!step) {
      return false;
    }
    const same = step.filter((change) => change.row.holds(change.field, change[now]));
    put(same, then);
    to.push(step);
    const rest = step.length - same.length;
    entry.band("paste", "info", (then === "from" ? "已撤销" : "已恢复") + "：" + same.length + " 格" + (rest ? "；另有 " + rest + " 格后来又改过，没有动" : "") + "。");
    return true;
  }

  function clear() {
    const changes = [];
    selected().forEach(({ row, names }) => names.forEach((field) => changes.push({ row, field, text: "" })));
    const count = write(changes);
    if (count > 1) {
      entry.band("paste", "info", "清空了 " + count + " 格。Ctrl+Z 撤销。");
    }
  }

  /* Ctrl+D: the block's first line downwards; without a block, the cell above. */
  function fillDown(input) {
    let lines = selected();
    if (lines.length < 2) {
      const above = neighbour(entry.rowOf(input), entry.fieldOf(input), -1);
      if (!above) {
        return;
      }
      lines = [{ row: above, names: [entry.fieldOf(input)] }, ...lines];
    }
    const [first, ...rest] = lines;
    const changes = [];
    rest.forEach(({ row, names }) => names.forEach((field) => changes.push({ row, field, text: first.row.text(field) })));
    const count = write(changes);
    if (count > 1) {
      entry.band("paste", "info", "向下填充 " + count + " 格。Ctrl+Z 撤销。");
    }
  }

  /* 沿用: last month's value becomes this month's, in these lines; one step to undo. */
  function carry(rows) {
    const changes = rows.filter((row) => row.carried).map((row) => ({ row, field: "value", text: row.carried }));
    const count = write(changes);
    if (count > 1) {
      entry.band("paste", "info", "沿用上月 " + count + " 格。Ctrl+Z 撤销。");
    }
    return count;
  }

  /* ---------- Keys ---------- */
  function noteStart(input) {
    before = isGrid(input) || entry.isCell(input) ? { input, text: input.value } : null;
  }

  function isAllSelected(input) {
    return input.selectionStart === 0 && input.selectionEnd === input.value.length;
  }

  const MOVES = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };

  function arrows(event, input) {
    const [rowStep, fieldStep] = MOVES[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) {
      return false;
    }
    if (event.shiftKey) {
      if (fieldStep && !isAllSelected(input) && !block) {
        return false;
      }
      extend(input, rowStep, fieldStep);
      return true;
    }
    if (fieldStep) {
      const atEnd = fieldStep < 0 ? input.selectionEnd === 0 : input.selectionStart === input.value.length;
      if (!(atEnd || (isAllSelected(input) && !isEditing))) {
        return false;
      }
      return beside(input, fieldStep);
    }
    const next = neighbour(entry.rowOf(input), entry.fieldOf(input), rowStep);
    if (next) {
      goTo(next, entry.fieldOf(input));
    }
    return true;
  }

  function tab(event, input) {
    if (event.altKey || event.ctrlKey) {
      return false;
    }
    /* The notes under a line (reason, buttons) come after its cells. */
    const row = entry.rowOf(input);
    const names = fields();
    const isLast = entry.fieldOf(input) === names[names.length - 1];
    const inNotes = !event.shiftKey && isLast && row.notes && !row.notes.hidden && row.notes.querySelector("input, textarea, button, a[href]");
    return inNotes ? false : beside(input, event.shiftKey ? -1 : 1);
  }

  /* key → what it does in a cell; true when the key is used up. */
  const KEYS = {
    ArrowDown: arrows,
    ArrowUp: arrows,
    ArrowLeft: arrows,
    ArrowRight: arrows,
    Tab: tab,
    Enter(event, input) {
      if (event.altKey) {
        entry.view.openPanel(entry.rowOf(input));
        return true;
      }
      const next = neighbour(entry.rowOf(input), entry.fieldOf(input), event.shiftKey ? -1 : 1);
      if (next) {
        goTo(next, entry.fieldOf(input));
      } else {
        entry.save.leave(entry.rowOf(input));
      }
      return true;
    },
    F2(event, input) {
      isEditing = true;
      input.setSelectionRange(input.value.length, input.value.length);
      return true;
    },
    Escape(event, input) {
      if (block) {
        select(null);
      } else if (before && before.input === input && before.text !== input.value) {
        input.value = before.text;
        entry.save.changed(entry.rowOf(input), true);
        input.select();
      } else if (!entry.view.closePanel()) {
        input.select();
      }
      isEditing = false;
      return true;
    },
    " "(event, input) {
      const row = entry.rowOf(input);
      if (entry.fieldOf(input) !== "value") {
        return false;
      }
      /* Where there is nothing to confirm a space must not wipe out the number. */
      return carry(block ? selected().map((line) => line.row) : [row]) > 0 || input.inputMode === "decimal";
    },
    Delete(event, input) {
      if (!block) {
        return false;
      }
      clear(input);
      return true;
    },
    Backspace(event, input) {
      return KEYS.Delete(event, input);
    },
  };

  const WITH_CONTROL = {
    d(event, input) {
      fillDown(input);
      return true;
    },
    /* What is being typed is the browser's to take back; a paste or a fill is ours. */
    z(event, input) {
      const isTyped = before && before.input === input && before.text !== input.value;
      return event.shiftKey ? back(undone, done, "from", "to") : !isTyped && back(done, undone, "to", "from");
    },
    y() {
      return back(undone, done, "from", "to");
    },
  };

  document.addEventListener("keydown", (event) => {
    const input = event.target;
    const control = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (control && event.key.toLowerCase() === "s" && !event.shiftKey) {
      event.preventDefault();
      entry.save.saveNow();
      return;
    }
    if (!isGrid(input) || event.isComposing) {
      return;
    }
    const act = control ? WITH_CONTROL[event.key.toLowerCase()] : KEYS[event.key];
    if (act && act(event, input)) {
      event.preventDefault();
      return;
    }
    if (event.key.length === 1 && !control && block) {
      select(null);
    }
  });

  form.addEventListener("input", (event) => {
    const row = entry.isCell(event.target) && entry.rowOf(event.target);
    if (row) {
      if (block) {
        select(null);
      }
      entry.save.changed(row, true);
    }
  });

  form.addEventListener("focusin", (event) => {
    noteStart(event.target);
    isEditing = false;
    if (isGrid(event.target) && !dragging) {
      select(null);
      form.querySelectorAll("tr.is-current").forEach((line) => line.classList.remove("is-current"));
      entry.rowOf(event.target).line.classList.add("is-current");
    }
  });

  form.addEventListener("focusout", (event) => {
    const row = entry.isCell(event.target) && entry.rowOf(event.target);
    if (row) {
      /* Once the focus has gone: the text may be shown as the server writes it. */
      window.setTimeout(() => entry.save.leave(row), 0);
    }
  });

  /* ---------- Mouse: drag and Shift+click choose a block ---------- */
  form.addEventListener("mousedown", (event) => {
    const input = event.target.closest("td") && event.target.closest("td").querySelector("input, textarea");
    if (event.button !== 0 || !isGrid(event.target) || !input) {
      return;
    }
    if (event.shiftKey && isGrid(document.activeElement)) {
      event.preventDefault();
      select(place(document.activeElement), place(input));
      return;
    }
    anchor = place(input);
    wasHere = document.activeElement === input;
  });

  /* The first click takes the whole cell, so that typing replaces it; the second goes into the text. */
  form.addEventListener("click", (event) => {
    const input = event.target;
    if (isGrid(input) && !wasHere && !block && input.selectionStart === input.selectionEnd) {
      input.select();
    }
    wasHere = true;
  });

  form.addEventListener("mousemove", (event) => {
    const row = anchor && event.buttons === 1 && entry.rowOf(event.target);
    if (!row) {
      return;
    }
    const cell = event.target.closest("td");
    const input = cell && cell.querySelector("input[name]");
    const field = input && isGrid(input) ? entry.fieldOf(input) : anchor.field;
    if (row !== anchor.row || field !== anchor.field) {
      dragging = true;
      event.preventDefault();
      window.getSelection().removeAllRanges();
      select(anchor, { row, field });
    }
  });

  document.addEventListener("mouseup", () => {
    if (dragging && anchor && anchor.row.input(anchor.field)) {
      /* The keyboard stays where the block began: that is where a copy or a fill is asked for. */
      anchor.row.input(anchor.field).focus({ preventScroll: true });
      anchor.row.input(anchor.field).select();
    }
    anchor = null;
    dragging = false;
  });

  /* ---------- 沿用 buttons ---------- */
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || button.hasAttribute("data-use")) {
      return;
    }
    const section = button.hasAttribute("data-carry-section") && button.closest("tbody");
    if (button.name === "carry" || section) {
      event.preventDefault();
      const rows = section ? Array.from(section.querySelectorAll("tr.entry-row"), entry.rowOf) : [entry.rowOf(button)];
      carry(rows);
      goTo(rows.find((row) => row.isTyped));
    }
  });

  const all = document.getElementById("carry-all");
  if (all) {
    all.addEventListener("click", (event) => {
      event.preventDefault();
      carry(Array.from(entry.rows.values()));
    });
  }

  entry.cells = { write, selected, fields, goTo, clear, isGrid, hasBlock: () => block !== null, isAllSelected };
})();
