/* The cells of the entry page and of a project's table: what stands in them, what the server last said of them. The
   other entry_*.js build on it. Without scripts both pages are plain forms; nothing is calculated here. */
const form = document.querySelector("#entry[data-cells-url]");

/* A cell's fields by how their names begin. */
const FIELDS = { "f-": "value", "r-": "remark", "w-": "reason" };
const SIGNS = { success: "✓", error: "×", warning: "!", info: "›" };
const cells = new Map();

/** What the text in an input is of its cell; undefined for what no cell is typed in. */
const fieldOf = (element) => (element.type === "hidden" || !element.name ? undefined : FIELDS[element.name.slice(0, 2)]);

/** Whether an input holds neither what is stored (its default) nor the text that was stored as that. */
const isChanged = (input) => ![input.defaultValue, input.sent].includes(input.value);

/** Whether an input still holds this text, be it as the server writes it. */
const holds = (input, text) => input.value === text || (input.sent === text && input.value === input.defaultValue);

/** What is sent and answered as one; `box` is the line, or in a project's table the input itself. */
class Cell {
  constructor(box) {
    Object.assign(this, { box, part: box.dataset.part, key: box.dataset.key });
    this.id = `${this.part}/${this.key}`;
    this.typed = this.input("value");
    this.version = Number(this.typed ? this.typed.dataset.version : 0);
    cells.set(this.id, this);
  }

  /** The line of what is said of the cell, where there is one: the reason is typed in there. */
  get notes() {
    const next = this.box.nextElementSibling;
    return next && next.matches(".entry-notes") ? next : null;
  }

  get inputs() {
    const notes = this.notes ? this.notes.querySelectorAll("input") : [];
    return [this.box, ...this.box.querySelectorAll("input"), ...notes].filter(fieldOf);
  }

  input(field) {
    return this.inputs.find((input) => fieldOf(input) === field);
  }

  text(field) {
    const input = this.input(field);
    return input ? input.value : "";
  }

  get isDirty() {
    return this.inputs.some(isChanged);
  }

  /** What the server is sent: the value, and of the other fields those that changed. */
  get texts() {
    const sent = this.inputs.filter((input) => input === this.typed || isChanged(input));
    return Object.fromEntries(sent.map((input) => [fieldOf(input), input.value]));
  }

  /** Say how far the cell is on its way to the server: "waiting", "sending", "late", or not. */
  mark(way = "") {
    (this.box === this.typed ? this.box.parentNode : this.box).dataset.way = way;
  }

  /** Last month's value lies in an empty cell until it is confirmed: grey, and nothing of it is stored. */
  showCarried() {
    if (this.typed) this.typed.parentNode.classList.toggle("is-carried", this.typed.matches(":placeholder-shown"));
  }

  /** The texts as the server writes them (6,420), once nobody is typing. */
  tidy() {
    const isStored = (input) => input !== document.activeElement && input.value === input.sent;
    this.inputs.filter(isStored).forEach((input) => Object.assign(input, { value: input.defaultValue }));
  }

  /** Take in the server's word on this cell; `sent`: the texts it is about. */
  apply(reply, sent) {
    const isInvalid = reply.outcome === "invalid";
    if (!isInvalid) this.version = reply.version;
    if (!isInvalid && reply.outcome !== "conflict") {
      this.inputs.filter((input) => fieldOf(input) in sent).forEach((input) => {
        const { [fieldOf(input)]: text } = sent;
        Object.assign(input, { sent: text, defaultValue: { ...sent, ...reply.display }[fieldOf(input)] });
      });
      this.tidy();
    }
    if (this.typed) this.typed.setAttribute("aria-invalid", String(isInvalid));
    this.mark();
    this.show(reply);
    this.showCarried();
  }
}

/** The cell an element belongs to: by itself, by its line, or by the line of notes under that. */
function cellOf(element) {
  const notes = element.closest(".entry-notes");
  const box = (notes ? notes.previousElementSibling : element).closest("[data-key]");
  return box ? cells.get(`${box.dataset.part}/${box.dataset.key}`) : undefined;
}

/** Do something with the browser's storage; undefined where it has none, or no room. */
function attempt(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}

const make = (tag, props) => Object.assign(document.createElement(tag), props);

function makeButton({ label, action, href, primary }) {
  const className = `btn btn-sm ${primary ? "btn-primary" : "btn-outline-secondary"}`;
  return make(href ? "a" : "button", { className, textContent: label, ...(href ? { href } : { type: "button", onclick: action }) });
}

/** Words across the top of the page, one band of a kind at a time; buttons: {label, action | href, primary}. */
function band(kind, level, text, buttons) {
  const place = document.getElementById("entry-bands");
  const before = place.querySelector(`[data-band='${kind}']`);
  const hadFocus = before && before.contains(document.activeElement);
  if (before) before.remove();
  if (!text) return null;
  const box = make("div", { className: `band band-${level}` });
  box.dataset.band = kind;
  box.append(make("span", { className: "band-sign", textContent: SIGNS[level], ariaHidden: "true" }), make("span", { textContent: text }));
  if (buttons) {
    box.append(...buttons.map(makeButton));
  } else if (level !== "error") {
    box.append(make("button", { className: "band-close", type: "button", textContent: "×", ariaLabel: "关闭这条提示", onclick: () => box.remove() }));
  }
  place.append(box);
  if (hadFocus) {
    box.tabIndex = -1;
    box.focus();
  }
  return box;
}

/** Begin, once the page has made its cells; what was typed before the script was there is sent. */
function start() {
  document.body.classList.add("is-scripted");
  window.entry.store.start();
  window.entry.save.changedAll([...cells.values()].filter((cell) => cell.isDirty));
  form.dataset.ready = "";
}

/* `page`: what each page does with a reply, and with a line that is to be brought into sight. */
window.entry = { form, cells, Cell, cellOf, isChanged, holds, band, make, attempt, start, page: {} };
