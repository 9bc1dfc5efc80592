/* The lines of the entry page: what stands in them and what the server last said of them. The other entry_*.js build
   on it. Without scripts the page is a plain form; nothing is calculated here. */
(function () {
  "use strict";

  const form = document.getElementById("entry");
  if (!form || !form.hasAttribute("data-cells-url")) {
    return;
  }

  /* A cell's fields by how their names begin; a part with other fields says so in data-field. */
  const FIELDS = { "f-": "value", "r-": "remark", "w-": "reason" };
  const SIGNS = { success: "✓", error: "×", warning: "!", info: "›" };

  function fieldOf(input) {
    return input.getAttribute("data-field") || FIELDS[input.name.slice(0, 2)];
  }

  function isCell(element) {
    return Boolean(element && element.closest && element.matches("input, textarea") && element.type !== "hidden" && rowOf(element));
  }

  function wordsOf(element) {
    return element ? element.textContent.replace(/\s+/g, " ").trim() : "";
  }

  /* One line of the table; `known` is what is stored: the text last sent, and how the server shows it. */
  class Row {
    constructor(line) {
      const version = line.querySelector("input[name^='v-']");
      this.line = line;
      this.part = line.getAttribute("data-part");
      this.key = line.getAttribute("data-key");
      this.id = this.part + "/" + this.key;
      this.version = Number(version ? version.value : 0);
      this.stateCell = line.querySelector("[data-col='state']");
      this.stateHtml = this.stateCell ? this.stateCell.innerHTML : "";
      this.known = {};
    }

    get notes() {
      const next = this.line.nextElementSibling;
      return next && next.classList.contains("entry-notes") ? next : null;
    }

    get name() {
      return wordsOf(this.line.querySelector("th")) || this.key;
    }

    column(name) {
      return wordsOf(this.line.querySelector("[data-col='" + name + "']"));
    }

    get isTyped() {
      return this.input("value") !== null;
    }

    /* The fields one types in; the reason stands in the line of notes and comes and goes with it. */
    inputs() {
      const notes = this.notes ? this.notes.querySelectorAll("[name^='w-']") : [];
      return [...this.line.querySelectorAll("input[name], textarea[name]"), ...notes].filter((input) => input.type !== "hidden" && fieldOf(input));
    }

    input(field) {
      return this.inputs().find((input) => fieldOf(input) === field) || null;
    }

    text(field) {
      const input = this.input(field);
      return input ? input.value : "";
    }

    stored(field) {
      const input = this.input(field);
      return this.known[field] || { sent: input ? input.defaultValue : "", shown: input ? input.defaultValue : "" };
    }

    isChanged(field) {
      const { sent, shown } = this.stored(field);
      return ![sent, shown].includes(this.text(field));
    }

    get isDirty() {
      return this.inputs().some((input) => this.isChanged(fieldOf(input)));
    }

    /* What the server is sent: the value, and of the other fields those that changed. */
    texts() {
      const isSent = (input) => fieldOf(input) === "value" || input.hasAttribute("data-field") || this.isChanged(fieldOf(input));
      return Object.fromEntries(this.inputs().filter(isSent).map((input) => [fieldOf(input), input.value]));
    }

    /* Whether a field still holds this text, be it as the server writes it. */
    holds(field, text) {
      const { sent, shown } = this.stored(field);
      return this.text(field) === text || (sent === text && this.text(field) === shown);
    }

    /* The cell as the server writes it (6,420), once nobody is typing in it. */
    showText(field) {
      const input = this.input(field);
      if (input && input !== document.activeElement && input.value === this.stored(field).sent) {
        input.value = this.stored(field).shown;
      }
    }

    /* Last month's value lies in an empty cell until it is confirmed: grey, and nothing of it is stored. */
    get carried() {
      return this.isTyped && this.text("value") === "" ? this.input("value").getAttribute("data-carried") || "" : "";
    }

    showCarried() {
      const input = this.input("value");
      if (!input) {
        return;
      }
      /* Cleared again: the server offers last month's value once more. */
      if (!input.hasAttribute("data-carried") && this.is("carried")) {
        input.setAttribute("data-carried", this.column("last"));
        input.placeholder = this.column("last");
      }
      input.closest("td").classList.toggle("is-carried", this.carried !== "");
    }

    is(state) {
      return this.line.getAttribute("data-states").split(" ").includes(state);
    }

    showState(tone, sign, word) {
      this.stateCell.innerHTML = `<span class="state state-${tone}"><span class="state-sign" aria-hidden="true">${sign}</span>${word}</span>`;
    }

    /* Back to what the server last said. */
    showStored() {
      this.stateCell.innerHTML = this.stateHtml;
    }

    /* The server's word on this cell, and `sent`, the texts it is about. */
    apply(cell, sent) {
      const input = this.input("value");
      const isInvalid = cell.outcome === "invalid";
      const isConflict = cell.outcome === "conflict";
      if (!isInvalid) {
        this.version = cell.version;
      }
      if (!isInvalid && !isConflict) {
        Object.keys(sent).forEach((field) => {
          this.known[field] = { sent: sent[field], shown: field in cell.display ? cell.display[field] : sent[field] };
        });
        this.showText("value");
      }
      this.line.setAttribute("data-states", cell.states);
      if (input) {
        const { classList } = input.closest("td");
        classList.toggle("is-invalid", isInvalid);
        classList.toggle("is-conflict", isConflict);
        classList.toggle("is-returned", this.is("returned"));
        input.setAttribute("aria-invalid", String(isInvalid));
        input.title = isInvalid ? cell.message : "";
      }
      this.showCarried();
      this.applyColumns(cell.display, cell.tones);
      this.stateHtml = cell.state_html;
      this.showStored();
      this.applyNotes(cell.notes_html);
    }

    applyColumns(display, tones) {
      this.line.querySelectorAll("[data-col]").forEach((box) => {
        const column = box.getAttribute("data-col");
        if (column in display && !box.querySelector("input, textarea")) {
          /* What is said to screen readers behind the figure stays. */
          const text = box.firstChild && box.firstChild.nodeType === 3 ? box.firstChild : box.insertBefore(document.createTextNode(""), box.firstChild);
          text.data = display[column];
          box.classList.toggle("tone-red", tones[column] === "red");
        }
      });
    }

    /* A reason being typed stays as it is, and under the cursor. */
    applyNotes(html) {
      const isTyping = this.isChanged("reason") || this.input("reason") === document.activeElement;
      const typed = isTyping ? this.input("reason") : null;
      const hadFocus = typed === document.activeElement;
      if (html && !this.notes) {
        this.line.after(make("tr", "entry-notes"));
        this.notes.setAttribute("data-for", this.key);
      }
      if (!this.notes) {
        return;
      }
      this.notes.innerHTML = html;
      this.notes.hidden = !html || this.line.hidden;
      const fresh = this.input("reason");
      this.known.reason = fresh ? { sent: fresh.defaultValue, shown: fresh.defaultValue } : undefined;
      if (fresh && typed) {
        fresh.replaceWith(typed);
        if (hadFocus) {
          typed.focus();
        }
      }
    }

    /* Something was done with the cell beside the table: the server is asked what it says of it now. */
    refresh() {
      entry.save.ask(this);
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
    const line = element.closest("tr");
    return byLine.get(line && line.classList.contains("entry-notes") ? line.previousElementSibling : line) || null;
  }

  /* The lines one sees now, and in them the columns one types in: what arrows, blocks and pastes go by. */
  function visibleRows() {
    return Array.from(rows.values()).filter((row) => row.line.getClientRects().length > 0);
  }

  function make(tag, className, text) {
    return Object.assign(document.createElement(tag), { className, textContent: text || "" });
  }

  /* Words across the top of the page; one of a kind at a time. buttons: {label, action | href, primary}. */
  function band(kind, level, text, buttons) {
    const place = document.getElementById("entry-bands");
    const before = place.querySelector("[data-band='" + kind + "']");
    const hadFocus = Boolean(before) && before.contains(document.activeElement);
    if (before) {
      before.remove();
    }
    if (!text) {
      return null;
    }
    const box = make("div", "band band-" + level);
    const sign = make("span", "band-sign", SIGNS[level]);
    box.setAttribute("data-band", kind);
    sign.setAttribute("aria-hidden", "true");
    box.append(sign, make("span", "", text));
    (buttons || []).forEach(({ label, action, href, primary }) => {
      const button = make(href ? "a" : "button", "btn btn-sm " + (primary ? "btn-primary" : "btn-outline-secondary"), label);
      Object.assign(button, href ? { href } : { type: "button", onclick: action });
      box.append(button);
    });
    if (!buttons && level !== "error") {
      const close = Object.assign(make("button", "band-close", "×"), { type: "button", onclick: () => box.remove() });
      close.setAttribute("aria-label", "关闭这条提示");
      box.append(close);
    }
    place.append(box);
    if (hadFocus) {
      box.tabIndex = -1;
      box.focus();
    }
    return box;
  }

  const entry = { form, rows, rowOf, fieldOf, isCell, visibleRows, band, make };
  window.entry = entry;
})();
