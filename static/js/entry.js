/* The cells of the entry page: what stands in them and what the server last said of them. The other entry_*.js
   use it. Without scripts the page is a plain form; nothing is calculated here. */
(function () {
  "use strict";

  const form = document.getElementById("entry");
  if (!form || !form.hasAttribute("data-cells-url")) {
    return;
  }

  /* A cell's fields by the first letter of its name; a part with other fields says so in data-field. */
  const FIELDS = { f: "value", r: "remark", w: "reason" };

  function fieldOf(input) {
    return input.getAttribute("data-field") || FIELDS[input.name.slice(0, 2).replace("-", "")];
  }

  function isCell(element) {
    return Boolean(element && element.closest && element.matches("input, textarea") && element.type !== "hidden" && rowOf(element));
  }

  /* One line of the table; `known` is what is stored: the text last sent, and how the server shows it. */
  class Row {
    constructor(line) {
      this.line = line;
      this.part = line.getAttribute("data-part");
      this.key = line.getAttribute("data-key");
      this.id = this.part + "/" + this.key;
      this.stateCell = line.querySelector("[data-col='state']");
      this.stateHtml = this.stateCell ? this.stateCell.innerHTML : "";
      this.known = {};
      const version = line.querySelector("input[name^='v-']");
      this.version = Number(version ? version.value : 0);
      this.inputs().forEach((input) => {
        this.known[fieldOf(input)] = { sent: input.defaultValue, shown: input.defaultValue };
      });
    }

    get notes() {
      const next = this.line.nextElementSibling;
      return next && next.classList.contains("entry-notes") ? next : null;
    }

    get name() {
      const name = this.line.querySelector("th");
      return name ? name.textContent.replace(/\s+/g, " ").trim() : this.key;
    }

    column(name) {
      const cell = this.line.querySelector("[data-col='" + name + "']");
      return cell ? cell.textContent.replace(/\s+/g, " ").trim() : "";
    }

    get isTyped() {
      return this.input("value") !== null;
    }

    /* The fields one types in; the reason stands in the line of notes and comes and goes with it. */
    inputs() {
      const found = Array.from(this.line.querySelectorAll("input[name], textarea[name]"));
      const notes = this.notes;
      if (notes) {
        found.push(...notes.querySelectorAll("[name^='w-']"));
      }
      return found.filter((input) => input.type !== "hidden" && fieldOf(input));
    }

    input(field) {
      return this.inputs().find((input) => fieldOf(input) === field) || null;
    }

    text(field) {
      const input = this.input(field);
      return input ? input.value : "";
    }

    isChanged(field, one) {
      const input = one || this.input(field);
      if (!input) {
        return false;
      }
      const known = this.known[field] || { sent: input.defaultValue, shown: input.defaultValue };
      return input.value !== known.sent && input.value !== known.shown;
    }

    get isDirty() {
      return this.inputs().some((input) => this.isChanged(fieldOf(input)));
    }

    /* What the server is sent: the value, and of the other fields those that changed. */
    texts() {
      const texts = {};
      this.inputs().forEach((input) => {
        const field = fieldOf(input);
        if (field === "value" || input.hasAttribute("data-field") || this.isChanged(field)) {
          texts[field] = input.value;
        }
      });
      return texts;
    }

    /* Last month's value lies in an empty cell until it is confirmed: grey, and nothing of it is stored. */
    get carried() {
      const input = this.input("value");
      return input && input.value === "" ? input.getAttribute("data-carried") || "" : "";
    }

    showCarried() {
      const input = this.input("value");
      /* Cleared again: the server offers last month's value once more. */
      if (input && !input.hasAttribute("data-carried") && this.line.getAttribute("data-states").split(" ").includes("carried")) {
        input.setAttribute("data-carried", this.column("last"));
        input.placeholder = this.column("last");
      }
      if (input && input.hasAttribute("data-carried")) {
        input.closest("td").classList.toggle("is-carried", input.value === "");
      }
    }

    showState(tone, sign, word) {
      if (this.stateCell) {
        this.stateCell.innerHTML = '<span class="state state-' + tone + '"><span class="state-sign" aria-hidden="true">' + sign + "</span>" + word + "</span>";
      }
    }

    /* Back to what the server last said. */
    showStored() {
      if (this.stateCell && this.stateCell.innerHTML !== this.stateHtml) {
        this.stateCell.innerHTML = this.stateHtml;
      }
    }

    /* The server's word on this cell, and `sent`, the texts it is about. */
    apply(cell, sent) {
      const isStored = cell.outcome === "saved" || cell.outcome === "unchanged";
      const display = cell.display || {};
      if (cell.version !== undefined && cell.outcome !== "invalid") {
        this.version = cell.version;
        this.line.querySelectorAll("input[name^='v-']").forEach((hidden) => {
          hidden.value = cell.version;
        });
      }
      if (isStored) {
        Object.keys(sent).forEach((field) => {
          this.known[field] = { sent: sent[field], shown: display[field] === undefined ? sent[field] : display[field] };
        });
        this.showText("value");
      }
      const input = this.input("value");
      if (input) {
        const box = input.closest("td");
        box.classList.toggle("is-invalid", cell.outcome === "invalid");
        box.classList.toggle("is-conflict", cell.outcome === "conflict");
        box.classList.toggle("is-returned", this.hasState(cell, "returned"));
        input.toggleAttribute("aria-invalid", false);
        if (cell.outcome === "invalid") {
          input.setAttribute("aria-invalid", "true");
        }
        input.title = cell.outcome === "invalid" ? cell.message || "" : "";
      }
      this.applyColumns(display, cell.tones || {});
      if (cell.states !== undefined) {
        this.line.setAttribute("data-states", cell.states);
      }
      this.showCarried();
      if (cell.state_html !== undefined) {
        this.stateHtml = cell.state_html;
        this.stateCell.innerHTML = cell.state_html;
      }
      if (cell.notes_html !== undefined) {
        this.applyNotes(cell.notes_html);
      }
    }

    hasState(cell, state) {
      return String(cell.states === undefined ? this.line.getAttribute("data-states") : cell.states).split(" ").includes(state);
    }

    applyColumns(display, tones) {
      this.line.querySelectorAll("[data-col]").forEach((box) => {
        const column = box.getAttribute("data-col");
        if (box !== this.stateCell && display[column] !== undefined && !box.querySelector("input, textarea")) {
          /* What is said to screen readers behind the figure stays. */
          if (box.firstChild && box.firstChild.nodeType === 3) {
            box.firstChild.data = display[column];
          } else {
            box.prepend(display[column]);
          }
          box.classList.remove("tone-red", "tone-amber", "tone-green", "tone-grey");
          if (tones[column]) {
            box.classList.add("tone-" + tones[column]);
          }
        }
      });
    }

    /* A reason being typed stays under the cursor. */
    applyNotes(html) {
      let notes = this.notes;
      if (!notes) {
        if (!html) {
          return;
        }
        notes = document.createElement("tr");
        notes.className = "entry-notes";
        notes.setAttribute("data-for", this.key);
        this.line.parentNode.insertBefore(notes, this.line.nextSibling);
      }
      const active = document.activeElement;
      const old = Array.from(notes.querySelectorAll("[name^='w-']"));
      const typed = old.filter((input) => this.isChanged("reason", input)).map((input) => [input.name, input.value]);
      const caret = notes.contains(active) && active.name ? { name: active.name, position: active.selectionStart } : null;
      notes.innerHTML = html;
      notes.querySelectorAll("[data-edit]").forEach((button) => {
        button.hidden = false;
      });
      notes.hidden = !html || this.line.hidden;
      notes.querySelectorAll("[name^='w-']").forEach((input) => {
        this.known.reason = { sent: input.defaultValue, shown: input.defaultValue };
      });
      typed.forEach(([name, value]) => {
        const input = notes.querySelector("[name='" + name + "']");
        if (input) {
          input.value = value;
        }
      });
      const again = caret && notes.querySelector("[name='" + caret.name + "']");
      if (again) {
        again.focus();
        again.setSelectionRange(caret.position, caret.position);
      }
    }

    /* Whether a field still holds this text, be it as the server writes it. */
    holds(field, text) {
      const known = this.known[field] || {};
      return this.text(field) === text || (known.sent === text && this.text(field) === known.shown);
    }

    /* The cell as the server writes it (6,420), once nobody is typing in it. */
    showText(field) {
      const input = this.input(field);
      const known = this.known[field];
      if (input && known && input !== document.activeElement && input.value === known.sent) {
        input.value = known.shown;
      }
    }
  }

  const rows = new Map();
  const byLine = new Map();
  form.querySelectorAll("tr.entry-row").forEach((line) => {
    const row = new Row(line);
    rows.set(row.id, row);
    byLine.set(line, row);
  });

  function rowOf(element) {
    let line = element.closest("tr");
    if (line && line.classList.contains("entry-notes")) {
      line = line.previousElementSibling;
    }
    return byLine.get(line) || null;
  }

  /* The lines one sees now, and in them the columns one types in: what arrows, blocks and pastes go by. */
  function visibleRows() {
    return Array.from(rows.values()).filter((row) => row.line.getClientRects().length > 0);
  }

  /* Words across the top of the page; one of a kind at a time. buttons: {label, action | href, primary}. */
  function band(kind, level, text, buttons) {
    const place = document.getElementById("entry-bands");
    const before = place.querySelector("[data-band='" + kind + "']");
    const hadFocus = before && before.contains(document.activeElement);
    if (before) {
      before.remove();
    }
    if (!text) {
      return null;
    }
    const box = document.createElement("div");
    box.className = "band band-" + level;
    box.setAttribute("data-band", kind);
    const sign = document.createElement("span");
    sign.className = "band-sign";
    sign.setAttribute("aria-hidden", "true");
    sign.textContent = { success: "✓", error: "×", warning: "!", info: "›" }[level];
    const words = document.createElement("span");
    words.textContent = text;
    box.append(sign, words);
    (buttons || []).forEach((wish) => {
      const button = document.createElement(wish.href ? "a" : "button");
      button.className = "btn btn-sm " + (wish.primary ? "btn-primary" : "btn-outline-secondary");
      button.textContent = wish.label;
      if (wish.href) {
        button.href = wish.href;
      } else {
        button.type = "button";
        button.addEventListener("click", wish.action);
      }
      box.append(button);
    });
    if (!buttons && level !== "error") {
      const close = document.createElement("button");
      close.type = "button";
      close.className = "band-close";
      close.textContent = "×";
      close.setAttribute("aria-label", "关闭这条提示");
      close.addEventListener("click", () => box.remove());
      box.append(close);
    }
    place.append(box);
    if (hadFocus) {
      box.tabIndex = -1;
      box.focus();
    }
    return box;
  }

  window.entry = { form, rows, rowOf, fieldOf, isCell, visibleRows, band };
})();
