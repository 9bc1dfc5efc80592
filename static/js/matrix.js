/* One project's table: several cells in a line, each sent by itself. Nothing is calculated here. */
const { entry } = window;

const { form, page } = entry;
const wrong = document.querySelector(".matrix-wrong");
const KINDS = ["invalid", "conflict", "returned", "flagged"];

/** A cell of the table; beside it stands its rate, which is the way to the panel. */
class MatrixCell extends entry.Cell {
  get name() {
    return this.box.getAttribute("aria-label").replace(/ 本[月周]累计$/, "");
  }

  get notes() {
    return null;
  }

  get inputs() {
    return [this.box];
  }

  show({ mark, sign, message, display, tones, note_html: noteHtml }) {
    const box = this.box.parentNode;
    KINDS.forEach((kind) => box.classList.toggle(`is-${kind}`, kind === mark));
    box.toggleAttribute("data-sign", Boolean(sign));
    if (sign) box.dataset.sign = sign;
    this.box.title = message;
    showRate(box, display.rate, tones.rate === "red");
    this.showNote(noteHtml);
  }

  /** What the server refused stands above the table, with what can be done. */
  showNote(html) {
    const before = wrong.querySelector(`[data-key='${this.key}']`);
    if (before) before.remove();
    wrong.querySelector("ul").insertAdjacentHTML("beforeend", html);
    wrong.hidden = !wrong.querySelector("li");
  }
}

/** Write the rate beside a cell; "…" where it is only the way to the panel. */
function showRate(box, text, isBehind) {
  const rate = box.nextElementSibling;
  const link = rate.querySelector("a");
  (link || rate).textContent = link ? text || "…" : text;
  rate.classList.toggle("tone-red", isBehind);
}

/** The counts over the columns, and the line of the whole. */
function apply({ columns, sums }) {
  Object.entries(columns).forEach(([pk, note]) => Object.assign(form.querySelector(`[data-filled='${pk}']`), { textContent: note }));
  Object.entries(sums).forEach(([pk, { value, target, rate, is_behind: isBehind }]) => {
    const box = form.querySelector(`[data-sum='${pk}']`);
    if (!box) return;
    box.textContent = value;
    box.previousElementSibling.previousElementSibling.textContent = target;
    showRate(box, rate, isBehind);
  });
}

/* The sign in a cell's corner opens what is said of it; it is drawn on the box, so a click on it is one on the box. */
form.addEventListener("click", ({ target, offsetX }) => {
  if (!target.matches("td[data-sign]") || offsetX >= 24) return;
  entry.panel.open(target.nextElementSibling.querySelector("a[data-cell]"), target.matches(".is-flagged") ? "#reason" : target.matches(".is-returned") && "#answer");
});

Object.assign(page, { apply });
form.querySelectorAll("td.input-cell > input").forEach((input) => new MatrixCell(input));
entry.start();
