/* Beside a cell: its months, revisions, evidence, reasons. The server writes it; its forms are sent without leaving
   the table, and the focus goes back to the cell. */
(function () {
  "use strict";

  const entry = window.entry;
  if (!entry) {
    return;
  }

  const { form } = entry;
  const panel = document.getElementById("cell-panel");
  /* What the panel is about: {line, input, refresh}; and what had the keyboard before. */
  let row = null;
  let opener = null;

  function addressOf({ line }) {
    const link = line.querySelector("a[data-cell]");
    return link ? link.getAttribute("data-cell") || link.getAttribute("href").split("?")[0] : "";
  }

  function open(of, part) {
    if (of && addressOf(of)) {
      opener = document.activeElement;
      row = of;
      form.querySelectorAll(".is-open").forEach((line) => line.classList.remove("is-open"));
      row.line.classList.add("is-open");
      load(part);
    }
  }

  function load(part) {
    const mine = row;
    return window
      .fetch(addressOf(mine), { headers: { "HX-Request": "true" } })
      .then((response) => (response.ok && !response.redirected ? response.text() : Promise.reject()))
      .catch(() => '<p class="empty">详情没有取到，请稍后再试。</p>')
      .then((html) => mine === row && show(html, part));
  }

  function show(html, part) {
    const isNew = panel.hidden;
    const close = entry.make("button", "btn btn-sm entry-panel-close", "Esc 关闭");
    Object.assign(close, { type: "button", onclick: shut });
    panel.innerHTML = html;
    panel.prepend(close);
    panel.hidden = false;
    panel.parentNode.classList.add("has-panel");
    const target = part && panel.querySelector(part);
    if (target) {
      (target.querySelector("textarea, input:not([type=hidden]), button") || target).focus();
    } else if (isNew) {
      panel.focus();
    }
    row.line.scrollIntoView({ block: "nearest" });
  }

  /* True when there was something to close. */
  function shut() {
    if (panel.hidden) {
      return false;
    }
    const hadFocus = panel.contains(document.activeElement);
    panel.hidden = true;
    panel.textContent = "";
    panel.parentNode.classList.remove("has-panel");
    row.line.classList.remove("is-open");
    row = null;
    if (hadFocus && document.contains(opener)) {
      opener.focus();
    }
    return true;
  }

  /* A form of the panel answers with a whole page: the words are taken from it, the line asks for itself. */
  function send(step, submitter) {
    const body = new window.FormData(step);
    const mine = row;
    if (submitter && submitter.name) {
      body.append(submitter.name, submitter.value);
    }
    submitter.disabled = true;
    window
      .fetch(step.getAttribute("action"), { method: "POST", body })
      .then((response) => response.text().then((html) => {
        const page = new window.DOMParser().parseFromString(html, "text/html");
        const isError = !response.ok || page.querySelector(".band-error, .field-error") !== null;
        const said = Array.from(page.querySelectorAll("#messages .band, .band-error, .field-error"), (band) => (band.lastElementChild || band).textContent.trim());
        mine.refresh();
        return load().then(() => say(isError ? "error" : "success", said.join("；") || (response.ok ? "" : "没有完成，请稍后再试。")));
      }))
      .catch(() => {
        submitter.disabled = false;
        say("error", "网络不通，没有送出；填的内容还在，请稍后再试。");
      });
  }

  function say(level, words) {
    if (words && !panel.hidden) {
      const band = entry.make("div", "band band-" + level, words);
      band.setAttribute("role", level === "error" ? "alert" : "status");
      panel.insertBefore(band, panel.children[1] || null);
    }
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest ? event.target : document.body;
    const link = target.closest("#entry a[data-cell]");
    const edit = target.closest("[data-edit]");
    if (link && !event.ctrlKey && !event.metaKey && event.button === 0) {
      event.preventDefault();
      open(entry.rowOf(link), link.hash);
    } else if (edit) {
      const back = panel.contains(edit) ? row : entry.rowOf(edit);
      event.preventDefault();
      shut();
      entry.cells.goTo(back);
    }
  });

  if (panel) {
    panel.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      send(event.target, event.submitter);
    });
    panel.addEventListener("keydown", (event) => event.key === "Escape" && shut());
  }

  entry.view = { openPanel: open, closePanel: shut };
})();
