/* The report's own page: its lines, filters, folded sections, the strip of items, counts as the server gives them.
   The server counts; nothing is counted here. */
const { entry } = window;

const { form, page } = entry;
const sections = [...form.querySelectorAll("tbody[data-section]")];
const tables = [...form.querySelectorAll("table.entry-table")];
const scroll = document.getElementById("entry-scroll");
const help = document.getElementById("entry-help");
const FOLDED = `livelihood-folded:${form.dataset.report}`;

/** A line of the report. */
class Row extends entry.Cell {
  constructor(line) {
    super(line);
    /* From cell to cell without a stop at every name: Alt+Enter opens the same. */
    if (this.typed) line.querySelector("a[data-cell]").tabIndex = -1;
  }

  get name() {
    return this.box.querySelector("th").textContent.replace(/\s+/g, " ").trim();
  }

  show({ outcome, message, display, tones, states, state_html: stateHtml, notes_html: notesHtml }) {
    this.box.dataset.states = states;
    this.box.querySelector("[data-col=state]").innerHTML = stateHtml;
    if (this.typed) {
      const { classList } = this.typed.parentNode;
      ["invalid", "conflict"].forEach((name) => classList.toggle(`is-${name}`, outcome === name));
      classList.toggle("is-returned", states.split(" ").includes("returned"));
      this.typed.title = outcome === "invalid" ? message : "";
      /* Cleared again: the server offers the value from before once more. */
      if (states.split(" ").includes("carried")) this.typed.placeholder = this.typed.dataset.carried;
    }
    this.box.querySelectorAll("td[data-col]:not(.input-cell)").forEach((box) => {
      if (!(box.dataset.col in display)) return;
      /* What is said to screen readers behind the figure stays. */
      const text = box.firstChild && box.firstChild.nodeType === 3 ? box.firstChild : box.insertBefore(document.createTextNode(""), box.firstChild);
      text.data = display[box.dataset.col];
      box.classList.toggle("tone-red", tones[box.dataset.col] === "red");
    });
    this.showNotes(notesHtml);
  }

  /** The line of notes as the server writes it; a reason being typed stays as it is, and under the cursor. */
  showNotes(html) {
    const typed = this.input("reason");
    const hadFocus = typed && typed === document.activeElement;
    const isTyping = typed && (hadFocus || entry.isChanged(typed));
    if (html && !this.notes) {
      this.box.after(entry.make("tr", { className: "entry-notes" }));
      this.notes.dataset.for = this.key;
    }
    if (!this.notes) return;
    this.notes.innerHTML = html;
    this.notes.hidden = !html || this.box.hidden;
    const fresh = this.input("reason");
    if (!fresh || !isTyping) return;
    Object.assign(typed, { defaultValue: fresh.defaultValue, sent: undefined });
    fresh.replaceWith(typed);
    if (hadFocus) typed.focus();
  }
}

const sectionOf = (code) => sections.find((section) => section.dataset.section === code);
const setHidden = (element, hidden) => Object.assign(element, { hidden });

/* ---------- Filters: the lines as they stand when the filter is chosen; a cell filled now does not vanish ---------- */
function filter(state) {
  form.removeAttribute("data-show");
  entry.cells.forEach(({ box, notes }) => {
    setHidden(box, Boolean(state) && !box.dataset.states.split(" ").includes(state));
    if (notes) setHidden(notes, box.hidden);
  });
  sections.forEach((section) => setHidden(section, Boolean(state) && !section.querySelector("tr.entry-row:not([hidden])")));
  /* A part with none of these lines shows no empty head; the last one keeps its own. */
  tables.forEach((table) => setHidden(table.closest(".entry-part") || table, tables.length > 1 && !table.querySelector("tbody:not([hidden])")));
  document.querySelectorAll("[data-filter]").forEach((link) => {
    if (link.dataset.filter === state) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
  const isEmpty = state && sections.every((section) => section.hidden);
  entry.band("filter", "info", isEmpty ? "这一类现在没有。" : "", [{ label: "看全部", action: () => choose("") }]);
}

function choose(state) {
  const address = new window.URL(window.location.href);
  address.searchParams.delete("show");
  if (state) address.searchParams.set("show", state);
  window.history.replaceState(null, "", address);
  filter(state);
  scroll.scrollTop = 0;
}

/* ---------- Sections; what is folded is remembered for this window ---------- */
function fold(section, isFolded) {
  section.classList.toggle("is-folded", isFolded);
  section.querySelector("[data-fold]").setAttribute("aria-expanded", String(!isFolded));
}

function foldAndRemember(section, isFolded) {
  fold(section, isFolded);
  const folded = sections.filter((one) => one.classList.contains("is-folded")).map((one) => one.dataset.section);
  entry.attempt(() => window.sessionStorage.setItem(FOLDED, folded.join(" ")));
}

/** Bring a section, or a line of it, into sight that a filter or a fold hides. */
function reveal(section, isHidden) {
  if (section.classList.contains("is-folded")) foldAndRemember(section, false);
  if (isHidden) choose("");
}

/** The strip shows which item is at the top of the table. */
function showPlace() {
  const top = scroll.getBoundingClientRect().top + 60;
  const here = sections.find((section) => !section.hidden && section.getBoundingClientRect().bottom > top);
  document.querySelectorAll("[data-strip]").forEach((link) => link.classList.toggle("is-here", sectionOf(link.dataset.strip) === here));
}

/* ---------- The server's counts and marks ---------- */
function apply({ counts, sections: marks }) {
  document.querySelectorAll("[data-count]").forEach((place) => Object.assign(place, { textContent: counts[place.dataset.count] ?? place.textContent }));
  document.querySelectorAll("[data-none]").forEach((place) => setHidden(place, !counts[place.dataset.none]));
  document.querySelectorAll("[data-bar]").forEach((part) => {
    part.setAttribute("x", part.dataset.bar === "carried" ? counts.confirmed : 0);
    part.setAttribute("width", counts[part.dataset.bar]);
  });
  Object.keys(marks).filter(sectionOf).forEach((code) => mark(code, marks[code]));
}

function mark(code, { mark: name, note }) {
  const section = sectionOf(code);
  const link = document.querySelector(`[data-strip='${code}']`);
  const carry = section.querySelector("[data-carry-section]");
  section.querySelector("[data-section-note]").textContent = note;
  if (link) {
    link.className = `mark-${name} ${link.classList.contains("is-here") ? "is-here" : ""}`;
    link.title = `${link.title.split("：")[0]}：${note}`;
    link.querySelector("[data-strip-mark]").textContent = document.querySelector(`#entry-legend [data-mark='${name}']`).textContent;
  }
  /* 本节沿用 goes when nothing is left to confirm. */
  if (carry) {
    const { length } = section.querySelectorAll("td.is-carried");
    Object.assign(carry, { hidden: !length, textContent: `本节沿用 ${length}` });
  }
}

function showHelp(isOpen) {
  const button = document.getElementById("entry-help-open");
  setHidden(help, !isOpen);
  button.setAttribute("aria-expanded", String(isOpen));
  (isOpen ? document.getElementById("entry-help-close") : button).focus();
}

document.addEventListener("click", (event) => {
  const target = event.ctrlKey || event.metaKey ? document.body : event.target;
  const link = target.closest("[data-filter]");
  const button = target.closest("[data-fold]");
  const strip = target.closest("[data-strip]");
  if (link) {
    event.preventDefault();
    choose(link.dataset.filter);
  } else if (button) {
    foldAndRemember(button.closest("tbody"), button.getAttribute("aria-expanded") === "true");
  } else if (strip) {
    reveal(sectionOf(strip.dataset.strip), sectionOf(strip.dataset.strip).hidden);
  } else if (target.closest("#entry-help-open, #entry-help-close")) {
    showHelp(help.hidden);
  }
});

document.addEventListener("keydown", (event) => {
  const section = event.target.closest("tbody[data-section]");
  if (help && (event.key === "F1" || (event.key === "Escape" && help.contains(event.target)))) {
    event.preventDefault();
    showHelp(help.hidden);
  } else if (section && event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    foldAndRemember(section, event.key === "ArrowUp");
    section.querySelector("[data-fold]").focus();
  }
});

scroll.addEventListener("scroll", () => window.requestAnimationFrame(showPlace));

Object.assign(page, { apply, reveal: (line) => reveal(line.closest("tbody"), line.hidden) });
form.querySelectorAll("tr.entry-row").forEach((line) => new Row(line));
(entry.attempt(() => window.sessionStorage.getItem(FOLDED)) || "").split(" ").map(sectionOf).filter(Boolean).forEach((section) => fold(section, true));
filter(new window.URL(window.location.href).searchParams.get("show") || "");
showPlace();
entry.start();
