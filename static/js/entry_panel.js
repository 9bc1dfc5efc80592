/* Beside a cell: its months, revisions, evidence, reasons. The server writes it; its forms are sent without leaving
   the table, and the focus goes back to the cell. */
const { entry } = window;

const panel = document.getElementById("cell-panel");
/* The link the panel was opened by, and what had the keyboard before. */
let link = null;
let opener = null;

/** Open what a cell's link leads to; `part`: what in it gets the keyboard. */
function open(to, part) {
  if (!to) return;
  if (link) highlight(false);
  opener = document.activeElement;
  link = to;
  highlight(true);
  load(part);
}

const linkOf = ({ part, key }) => entry.form.querySelector(`[data-part='${part}'][data-key='${key}'] a[data-cell]`);
const highlight = (isOpen) => link.closest("td[data-rate], tr").classList.toggle("is-open", isOpen);

function load(part) {
  const mine = link;
  return window
    .fetch(mine.dataset.cell || mine.getAttribute("href").split("?")[0], { headers: { "HX-Request": "true" } })
    .then((response) => (response.ok && !response.redirected ? response.text() : Promise.reject()))
    .catch(() => '<p class="empty">详情没有取到，请稍后再试。</p>')
    .then((html) => mine === link && show(html, part));
}

function show(html, part) {
  const isNew = panel.hidden;
  panel.innerHTML = html;
  panel.prepend(entry.make("button", { className: "btn btn-sm entry-panel-close", textContent: "Esc 关闭", type: "button", onclick: close }));
  panel.hidden = false;
  panel.parentNode.classList.add("has-panel");
  const target = part && panel.querySelector(part);
  if (target) (target.querySelector("textarea, input:not([type=hidden]), button") || target).focus();
  else if (isNew) panel.focus();
  link.closest("tr").scrollIntoView({ block: "nearest" });
}

/** Close it; true when there was something to close. */
function close() {
  if (panel.hidden) return false;
  const hadFocus = panel.contains(document.activeElement);
  panel.hidden = true;
  panel.textContent = "";
  panel.parentNode.classList.remove("has-panel");
  highlight(false);
  link = null;
  if (hadFocus && document.contains(opener)) opener.focus();
  return true;
}

/** A form of the panel answers with a whole page: the words are taken from it, the cell asks for itself. */
function send(step, submitter) {
  const body = new window.FormData(step);
  const cell = entry.cellOf(link);
  if (submitter.name) body.append(submitter.name, submitter.value);
  submitter.disabled = true;
  window
    .fetch(step.getAttribute("action"), { method: "POST", body })
    .then((response) => response.text().then((html) => {
      const page = new window.DOMParser().parseFromString(html, "text/html");
      const isError = !response.ok || page.querySelector(".band-error, .field-error") !== null;
      const said = [...page.querySelectorAll("#messages .band, .band-error, .field-error")].map((band) => (band.lastElementChild || band).textContent.trim());
      entry.save.ask(cell);
      return load().then(() => say(isError ? "error" : "success", said.join("；") || (response.ok ? "" : "没有完成，请稍后再试。")));
    }))
    .catch(() => {
      submitter.disabled = false;
      say("error", "网络不通，没有送出；填的内容还在，请稍后再试。");
    });
}

function say(level, textContent) {
  if (!textContent || panel.hidden) return;
  const band = entry.make("div", { className: `band band-${level}`, textContent });
  band.setAttribute("role", level === "error" ? "alert" : "status");
  panel.insertBefore(band, panel.children[1] || null);
}

document.addEventListener("click", (event) => {
  const to = event.target.closest("#entry a[data-cell]");
  const edit = event.target.closest("[data-edit]");
  if (to && !event.ctrlKey && !event.metaKey && event.button === 0) {
    event.preventDefault();
    const cell = entry.cellOf(to);
    open(cell ? linkOf(cell) : to, to.hash);
  } else if (edit) {
    const cell = entry.cellOf(panel.contains(edit) ? link : edit);
    event.preventDefault();
    close();
    if (cell) entry.grid.goTo(cell.typed);
  }
});

panel.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  send(event.target, event.submitter);
});
panel.addEventListener("keydown", ({ key }) => key === "Escape" && close());

entry.panel = { open, openOf: (input) => open(linkOf(entry.cellOf(input))), close };
