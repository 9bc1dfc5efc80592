/* One project's table: the saving, keys and clipboard of the entry page, with several cells in a line. A line is what
   arrows and blocks go by, a cell what is sent; `field` is the column's indicator. Nothing is calculated here. */
(function () {
  "use strict";

  const entry = window.entry;
  if (!entry || !entry.form.hasAttribute("data-matrix")) {
    return;
  }

  const { form } = entry;
  const KINDS = ["waiting", "sending", "invalid", "conflict", "returned", "flagged", "carried"];

  class Cell {
    constructor(box, line) {
      this.box = box;
      this.line = line;
      this.typed = box.querySelector("input");
      this.part = "figures";
      this.key = this.typed.getAttribute("data-key");
      this.id = this.part + "/" + this.key;
      this.version = Number(this.typed.getAttribute("data-version"));
      this.name = this.typed.getAttribute("aria-label").replace(" 本月累计", "");
      this.sent = this.typed.defaultValue;
      this.shown = this.typed.defaultValue;
      this.stored = { kind: KINDS.find((kind) => box.classList.contains("is-" + kind)) || "", sign: box.getAttribute("data-sign") || "", title: this.typed.title };
      this.notes = null;
      this.isTyped = true;
    }

    inputs() {
      return [this.typed];
    }

    input(field) {
      return field === "value" ? this.typed : null;
    }

    text(field) {
      return field === "value" ? this.typed.value : "";
    }

    texts() {
      return { value: this.typed.value };
    }

    isChanged() {
      return this.typed.value !== this.sent && this.typed.value !== this.shown;
    }

    get isDirty() {
      return this.isChanged();
    }

    show({ kind, sign, title }) {
      KINDS.forEach((one) => this.box.classList.toggle("is-" + one, one === kind));
      if (sign) {
        this.box.setAttribute("data-sign", sign);
      } else {
        this.box.removeAttribute("data-sign");
      }
      this.typed.title = title || "";
      this.showCarried();
    }

    showState(tone, sign, word) {
      this.show({ kind: tone === "blue" ? "sending" : "waiting", sign, title: word });
    }

    showStored() {
      this.show(this.stored);
    }

    /* Last month's value lies in an empty cell until it is confirmed. */
    showCarried() {
      this.box.classList.toggle("is-carried", this.typed.hasAttribute("data-carried") && this.typed.value === "");
    }

    showText() {
      if (this.typed !== document.activeElement && this.typed.value === this.sent) {
        this.typed.value = this.shown;
      }
    }

    apply(cell, sent) {
      const isStored = cell.outcome === "saved" || cell.outcome === "unchanged";
      if (cell.outcome !== "invalid") {
        this.version = cell.version;
      }
      if (isStored) {
        this.sent = sent.value;
        this.shown = cell.display.value;
        this.showText();
      }
      this.typed.toggleAttribute("aria-invalid", false);
      if (cell.outcome === "invalid") {
        this.typed.setAttribute("aria-invalid", "true");
      }
      this.stored = { kind: cell.mark === "carried" ? "" : cell.mark, sign: cell.sign, title: cell.message };
      this.showStored();
      showRate(this.box, cell.display.rate, cell.tones.rate === "red");
      say(this, cell);
    }

    /* What is stored now, as a fresh page has it. */
    take(box) {
      const typed = box.querySelector("input");
      if (!typed || this.isDirty) {
        return;
      }
      this.version = Number(typed.getAttribute("data-version"));
      this.sent = typed.value;
      this.shown = typed.value;
      this.typed.value = typed.value;
      this.stored = { kind: KINDS.find((kind) => kind !== "carried" && box.classList.contains("is-" + kind)) || "", sign: box.getAttribute("data-sign") || "", title: typed.title };
      this.showStored();
    }
  }

  /* The rate is the way to the panel, where there is one. */
  function showRate(box, text, isBehind) {
    const rate = box.nextElementSibling;
    const link = rate.querySelector("a");
    (link || rate).textContent = link ? text || "…" : text;
    rate.classList.toggle("tone-red", isBehind);
  }

  class Line {
    constructor(line) {
      this.line = line;
      this.notes = null;
      this.carried = "";
      this.cells = new Map();
      line.querySelectorAll("td.input-cell").forEach((box) => this.cells.set(box.getAttribute("data-col"), new Cell(box, line)));
    }

    get isTyped() {
      return this.cells.size > 0;
    }

    input(field) {
      const cell = this.cells.get(field);
      return cell ? cell.typed : null;
    }

    text(field) {
      const input = this.input(field);
      return input ? input.value : "";
    }

    /* Whether the cell still holds this text, be it as the server writes it. */
    holds(field, text) {
      const cell = this.cells.get(field);
      return Boolean(cell) && (cell.typed.value === text || (cell.sent === text && cell.typed.value === cell.shown));
    }

    /* What a copy takes of a cell one cannot type in; 无任务 is not the same as empty. */
    column(field) {
      const box = this.line.querySelector("td[data-col='" + field + "']");
      const target = box.previousElementSibling.previousElementSibling.textContent;
      return box.textContent.trim() || (target === "无任务" || target === "不适用" ? "无任务" : "");
    }
  }

  const lines = new Map();
  const cells = new Map();
  form.querySelectorAll("tr.entry-row").forEach((element) => {
    const line = new Line(element);
    lines.set(element, line);
    line.cells.forEach((cell) => cells.set(cell.id, cell));
  });
  const columns = Array.from(form.querySelectorAll("[data-filled]"), (head) => head.getAttribute("data-filled"));

  function cellOf(input) {
    return cells.get("figures/" + input.getAttribute("data-key"));
  }

  /* A button of the list above the table belongs to a cell, a way to the panel to its place, everything else in the
     table to a line. */
  function rowOf(element) {
    if (element.hasAttribute("data-use")) {
      return cellOf(element);
    }
    return element.hasAttribute("data-cell") ? placeOf(element.closest("td").previousElementSibling) : lines.get(element.closest("tr")) || null;
  }

  /* A cell as the panel knows it: the box with the way to it, what to type in, and how to show what is stored now. */
  function placeOf(box) {
    const input = box.querySelector("input");
    const field = box.getAttribute("data-col");
    return {
      line: box.nextElementSibling,
      input: () => input,
      refresh: () =>
        window
          .fetch(window.location.pathname, { credentials: "same-origin" })
          .then((response) => response.text())
          .then((html) => {
            const unit = box.parentNode.getAttribute("data-unit");
            const page = new window.DOMParser().parseFromString(html, "text/html");
            const fresh = Array.from(page.querySelectorAll("tr.entry-row")).find((line) => line.getAttribute("data-unit") === unit);
            const found = fresh && fresh.querySelector("[data-col='" + field + "']");
            if (found && input) {
              cellOf(input).take(found);
            }
          }),
    };
  }

  /* ---------- What the server refused, above the table: the words, and what can be done ---------- */
  function place() {
    let box = document.querySelector(".matrix-wrong");
    if (!box) {
      box = document.createElement("section");
      box.className = "box matrix-wrong";
      box.setAttribute("aria-live", "polite");
      box.append(document.createElement("ul"));
      box.firstChild.className = "line-list";
      form.parentNode.insertBefore(box, form);
    }
    return box;
  }

  function say(cell, reply) {
    const before = document.querySelector(".matrix-wrong [data-about='" + cell.key + "']");
    if (before) {
      before.remove();
    }
    const isWrong = reply.outcome === "invalid" || reply.outcome === "conflict";
    if (isWrong) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      const words = document.createElement("span");
      item.setAttribute("data-about", cell.key);
      link.href = "#" + cell.typed.id;
      link.textContent = cell.name;
      words.textContent = reply.message;
      item.append(link, words);
      if (reply.theirs) {
        item.append(choice(cell, "theirs", "用 " + (reply.theirs.value || "空")), choice(cell, "mine", "用 " + (cell.typed.value || "空")));
      }
      place().querySelector("ul").append(item);
    }
    const box = document.querySelector(".matrix-wrong");
    if (box) {
      box.hidden = !box.querySelector("li");
    }
  }

  function choice(cell, whose, label) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm btn-outline-secondary";
    button.setAttribute("data-use", whose);
    button.setAttribute("data-key", cell.key);
    button.textContent = label;
    return button;
  }

  /* ---------- The names the other scripts use ---------- */
  const { save } = entry;
  const panel = entry.view;

  /* Of a line the cell one is in was typed in; of many lines every cell may have been. */
  function changed(row, typing) {
    if (row instanceof Cell) {
      save.changed(row, typing);
    } else if (lines.get(document.activeElement.closest("tr")) === row && cellOf(document.activeElement)) {
      save.changed(cellOf(document.activeElement), typing);
    } else {
      changedAll([row]);
    }
  }

  /* A paste or a fill is meant as it is: nobody is still typing. */
  function changedAll(rows) {
    save.changedAll(rows.flatMap((row) => Array.from(row.cells.values())));
    save.flush();
  }

  function leave(row) {
    row.cells.forEach((cell) => {
      if (cell.typed !== document.activeElement) {
        save.leave(cell);
      }
    });
  }

  Object.assign(entry, {
    rows: cells,
    rowOf,
    fieldOf: (input) => input.closest("td").getAttribute("data-col"),
    isCell: (element) => Boolean(element && element.matches && element.matches("td.input-cell > input")),
    visibleRows: () => Array.from(lines.values()),
    columns: () => columns,
    save: Object.assign({}, save, { changed, changedAll, leave }),
    view: {
      apply(reply) {
        Object.keys(reply.columns || {}).forEach((pk) => {
          form.querySelector("[data-filled='" + pk + "']").textContent = reply.columns[pk];
        });
        Object.keys(reply.sums || {}).forEach((pk) => {
          const box = form.querySelector("[data-sum='" + pk + "']");
          if (box) {
            box.textContent = reply.sums[pk].value;
            box.previousElementSibling.previousElementSibling.textContent = reply.sums[pk].target;
            showRate(box, reply.sums[pk].rate, reply.sums[pk].is_behind);
          }
        });
      },
      reveal() {},
      openPanel() {
        open(document.activeElement.closest("td"));
      },
      closePanel: panel.closePanel,
    },
  });

  function open(box, part) {
    if (box && box.nextElementSibling.querySelector("a[data-cell]")) {
      panel.openPanel(placeOf(box), part);
    }
  }

  /* The sign in a cell's corner opens what is said of it; it is drawn on the box, so a click on it is one on the box. */
  form.addEventListener("click", (event) => {
    const box = event.target;
    if (box.matches("td[data-col][data-sign]") && event.offsetX < 24) {
      open(box, box.matches(".is-flagged") ? "#reason" : box.matches(".is-returned") ? "#answer" : undefined);
    }
  });

  /* Space takes over last month's value, in this cell or in the whole block. */
  form.addEventListener("keydown", (event) => {
    if (event.key !== " " || event.ctrlKey || event.altKey || !entry.isCell(event.target)) {
      return;
    }
    const changes = [];
    entry.cells.selected().forEach(({ row, names }) =>
      names.forEach((field) => {
        const input = row.input(field);
        if (input && input.value === "" && input.hasAttribute("data-carried")) {
          changes.push({ row, field, text: input.getAttribute("data-carried") });
        }
      })
    );
    if (changes.length) {
      event.preventDefault();
      entry.cells.write(changes);
    }
  });

  document.querySelectorAll("#save, .matrix-save").forEach((button) => {
    button.hidden = true;
  });
  entry.store.start();
  cells.forEach((cell) => {
    if (cell.isDirty) {
      save.changed(cell);
    }
  });
  form.setAttribute("data-ready", "");
})();
