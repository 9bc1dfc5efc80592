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
  /* Where the mouse went down, and whether that cell had the keyboard already. */
  let anchor = null;
  let wasHere = false;
  /* The cell that has the keyboard and what stood in it when it got it; F2 makes arrows move in the text. */
  let before = {};
  let isEditing = false;
  const done = [];
  const undone = [];

  function isGrid(element) {
    return entry.isCell(element) && element.closest("tr.entry-row") !== null;
  }

  /* The columns one types in, from left to right. */
  function fields() {
    if (entry.columns) {
      return [...entry.columns()];
    }
    const row = entry.visibleRows().find((one) => one.isTyped);
    return row ? row.inputs().filter(isGrid).map(entry.fieldOf) : [];
  }

  function goTo(row, field) {
    const input = row && row.input(field || "value");
    if (input && row.line.getClientRects().length === 0) {
      entry.view.reveal(row);
    }
    if (input) {
      input.focus();
      input.select();
    }
    return Boolean(input);
  }

  /* The next line in this direction that has the column. */
  function neighbour(row, field, step) {
    const rows = entry.visibleRows();
    let at = rows.indexOf(row) + step;
    while (rows[at] && !rows[at].input(field)) {
      at += step;
    }
    return rows[at] || null;
  }

  /* To the next column that the line has, or to the first of the next line. */
  function beside(input, step) {
    const row = entry.rowOf(input);
    const names = step > 0 ? fields() : fields().reverse();
    const next = names.slice(names.indexOf(entry.fieldOf(input)) + 1).find((name) => row.input(name));
    return next ? goTo(row, next) : goTo(neighbour(row, names[0], step), names[0]);
  }

  /* ---------- The block ---------- */
  function place(input) {
    return { row: entry.rowOf(input), field: entry.fieldOf(input) };
  }

  function select(from, to) {
    form.querySelectorAll(".is-selected").forEach((cell) => cell.classList.remove("is-selected"));
    block = to && (from.row !== to.row || from.field !== to.field) ? { from, to } : null;
    if (block) {
      selected().forEach(({ row, names }) => names.forEach((name) => {
        const input = row.input(name);
        const cell = input ? input.closest("td") : row.line.querySelector("[data-col='" + name + "']");
        if (cell) {
          cell.classList.add("is-selected");
        }
      }));
    }
  }

  /* The part of a list between two of its members. */
  function between(list, one, other) {
    const [start, end] = [list.indexOf(one), list.indexOf(other)].sort((a, b) => a - b);
    return list.slice(Math.max(start, 0), end + 1);
  }

  /* The lines and columns of the block, or of the one cell that has the keyboard. */
  function selected() {
    const here = document.activeElement;
    const { from, to } = block || (isGrid(here) ? { from: place(here), to: place(here) } : {});
    const names = from ? between(fields(), from.field, to.field) : [];
    return from ? between(entry.visibleRows(), from.row, to.row).map((row) => ({ row, names })) : [];
  }

  function extend(input, rowStep, fieldStep) {
    const { from, to } = block || { from: place(input), to: place(input) };
    const rows = entry.visibleRows();
    const names = fields();
    const row = rows[rows.indexOf(to.row) + rowStep] || to.row;
    select(from, { row, field: names[names.indexOf(to.field) + fieldStep] || to.field });
    row.line.scrollIntoView({ block: "nearest" });
  }

  /* ---------- Changing several cells, and back ---------- */
  /* changes: [{row, field, text}]; what is not the user's to fill is passed over. The number of changed cells, which
     is said with `words` where there are several. */
  function write(changes, words) {
    const step = changes
      .filter(({ row, field, text }) => row.input(field) && row.input(field).value !== text)
      .map(({ row, field, text }) => ({ row, field, from: row.input(field).value, to: text }));
    if (step.length) {
      done.push(step);
      undone.length = 0;
      put(step, "to");
    }
    if (words && step.length > 1) {
      entry.band("paste", "info", `${words} ${step.length} 格。Ctrl+Z 撤销。`);
    }
    return step.length;
  }

  function put(step, which) {
    step.filter(({ row, field }) => row.input(field)).forEach((change) => {
      change.row.input(change.field).value = change[which];
    });
    entry.save.changedAll(Array.from(new Set(step.map(({ row }) => row))));
    noteStart(document.activeElement);
  }

  /* Cells somebody has typed in since are left as they are. */
  function back(from, to, now, then) {
    const step = from.pop();
    if (!step) {
      return false;
    }
    const same = step.filter((change) => change.row.holds(change.field, change[now]));
    const rest = step.length - same.length;
    to.push(step);
    put(same, then);
    entry.band("paste", "info", `${then === "from" ? "已撤销" : "已恢复"}：${same.length} 格${rest ? `；另有 ${rest} 格后来又改过，没有动` : ""}。`);
    return true;
  }

  const undo = () => back(done, undone, "to", "from");
  const redo = () => back(undone, done, "from", "to");

  /* What each cell of some lines is to hold: `textOf(row, field)`. */
  function changesOf(lines, textOf) {
    return lines.flatMap(({ row, names }) => names.map((field) => ({ row, field, text: textOf(row, field) })));
  }

  function clear() {
    write(changesOf(selected(), () => ""), "清空了");
  }

  /* Ctrl+D: the block's first line downwards; without a block, the cell above. */
  function fillDown(input) {
    let lines = selected();
    const above = lines.length > 1 ? null : neighbour(entry.rowOf(input), entry.fieldOf(input), -1);
    if (above) {
      lines = [{ row: above, names: lines[0].names }, ...lines];
    }
    write(changesOf(lines.slice(1), (row, field) => lines[0].row.text(field)), "向下填充");
    return true;
  }

  /* 沿用: last month's value becomes this month's, in these lines; one step to undo. */
  function carry(rows) {
    return write(rows.filter((row) => row.carried).map((row) => ({ row, field: "value", text: row.carried })), "沿用上月");
  }

  /* ---------- Keys ---------- */
  function noteStart(input) {
    before = { input, text: input.value };
  }

  function isTypedIn(input) {
    return before.input === input && before.text !== input.value;
  }

  function isAllSelected(input) {
    return input.selectionStart === 0 && input.selectionEnd === input.value.length;
  }

  const MOVES = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };

  function arrow(event, input) {
    const [rowStep, fieldStep] = MOVES[event.key];
    if (event.altKey) {
      return false;
    }
    if (event.shiftKey) {
      if (fieldStep && !block && !isAllSelected(input)) {
        return false;
      }
      extend(input, rowStep, fieldStep);
      return true;
    }
    if (rowStep) {
      goTo(neighbour(entry.rowOf(input), entry.fieldOf(input), rowStep), entry.fieldOf(input));
      return true;
    }
    const isAtEnd = fieldStep < 0 ? input.selectionEnd === 0 : input.selectionStart === input.value.length;
    return (isAtEnd || (isAllSelected(input) && !isEditing)) && beside(input, fieldStep);
  }

  /* key → what it does in a cell; true when the key is used up. */
  const KEYS = {
    ArrowDown: arrow,
    ArrowUp: arrow,
    ArrowLeft: arrow,
    ArrowRight: arrow,
    Tab(event, input) {
      /* The notes under a line (reason, buttons) come after its cells. */
      const { notes } = entry.rowOf(input);
      const isLast = entry.fieldOf(input) === fields().pop();
      const hasMore = notes && !notes.hidden && notes.querySelector("input, textarea, button, a[href]");
      return !event.altKey && !(isLast && !event.shiftKey && hasMore) && beside(input, event.shiftKey ? -1 : 1);
    },
    Enter(event, input) {
      const row = entry.rowOf(input);
      if (event.altKey) {
        entry.view.openPanel(row);
      } else if (!goTo(neighbour(row, entry.fieldOf(input), event.shiftKey ? -1 : 1), entry.fieldOf(input))) {
        entry.save.leave(row);
      }
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
        entry.save.changed(entry.rowOf(input), true);
        input.select();
      } else if (!entry.view.closePanel()) {
        input.select();
      }
      return true;
    },
    " "(event, input) {
      if (entry.fieldOf(input) !== "value") {
        return false;
      }
      /* Where there is nothing to confirm a space must not wipe out the number. */
      return carry(selected().map(({ row }) => row)) > 0 || input.inputMode === "decimal";
    },
    Delete() {
      if (block) {
        clear();
      }
      return block !== null;
    },
    Backspace: (event, input) => KEYS.Delete(event, input),
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
    if (control && !event.shiftKey && event.key.toLowerCase() === "s") {
      event.preventDefault();
      entry.save.saveNow();
    } else if (isGrid(input) && !event.isComposing) {
      const act = control ? WITH_CONTROL[event.key.toLowerCase()] : KEYS[event.key];
      if (act && act(event, input)) {
        event.preventDefault();
      }
    }
  });

  form.addEventListener("input", (event) => {
    if (entry.isCell(event.target)) {
      select(null);
      entry.save.changed(entry.rowOf(event.target), true);
    }
  });

  form.addEventListener("focusin", (event) => {
    noteStart(event.target);
    isEditing = false;
    if (isGrid(event.target) && !(anchor && block)) {
      select(null);
      form.querySelectorAll("tr.is-current").forEach((line) => line.classList.remove("is-current"));
      entry.rowOf(event.target).line.classList.add("is-current");
    }
  });

  form.addEventListener("focusout", (event) => {
    if (entry.isCell(event.target)) {
      /* Once the focus has gone: the text may be shown as the server writes it. */
      window.setTimeout(() => entry.save.leave(entry.rowOf(event.target)), 0);
    }
  });

  /* ---------- Mouse: drag and Shift+click choose a block ---------- */
  form.addEventListener("mousedown", (event) => {
    const here = document.activeElement;
    wasHere = here === event.target;
    if (event.button !== 0 || !isGrid(event.target)) {
      anchor = null;
    } else if (event.shiftKey && isGrid(here)) {
      event.preventDefault();
      select(place(here), place(event.target));
    } else {
      anchor = event.target;
    }
  });

  form.addEventListener("mouseover", (event) => {
    const row = anchor && event.buttons === 1 ? entry.rowOf(event.target) : null;
    if (row) {
      const cell = event.target.closest("td");
      const input = cell && cell.querySelector("input[name]");
      select(place(anchor), { row, field: isGrid(input) ? entry.fieldOf(input) : entry.fieldOf(anchor) });
      window.getSelection().removeAllRanges();
    }
  });

  document.addEventListener("mouseup", () => {
    if (anchor && block) {
      /* The keyboard stays where the block began: that is where a copy or a fill is asked for. */
      anchor.focus({ preventScroll: true });
      anchor.select();
    }
    anchor = null;
  });

  /* The first click takes the whole cell, so that typing replaces it; the second goes into the text. */
  form.addEventListener("click", (event) => {
    const input = event.target;
    if (isGrid(input) && !wasHere && !block && input.selectionStart === input.selectionEnd) {
      input.select();
    }
  });

  /* ---------- 沿用: of a cell, of an item, of all ---------- */
  document.addEventListener("click", (event) => {
    const button = event.target.closest ? event.target.closest("button[name=carry]") : null;
    const place = button && (button.id === "carry-all" ? form : button.hasAttribute("data-carry-section") && button.closest("tbody"));
    const rows = place ? Array.from(place.querySelectorAll("tr.entry-row"), entry.rowOf) : [button && entry.rowOf(button)];
    if (rows[0]) {
      event.preventDefault();
      carry(rows);
      if (place !== form) {
        goTo(rows.find((row) => row.isTyped));
      }
    }
  });

  entry.cells = { write, changesOf, selected, fields, goTo, clear, isGrid, hasBlock: () => block !== null };
})();
