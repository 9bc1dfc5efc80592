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
  let row = null;
  let opener = null;

  function address(of) {
    const link = of.line.querySelector("a[data-cell]");
    return link ? link.getAttribute("href").split("?")[0] : "";
  }

  function open(of, part) {
    if (!of || !address(of)) {
      return;
    }
    opener = document.activeElement;
    row = of;
    form.querySelectorAll("tr.is-open").forEach((line) => line.classList.remove("is-open"));
    row.line.classList.add("is-open");
    load(part);
  }

  function load(part) {
    const mine = row;
    return window
      .fetch(address(mine), { credentials: "same-origin", headers: { "HX-Request": "true" } })
      .then((response) => {
        if (!response.ok || response.redirected) {
          throw new Error(String(response.status));
        }
        return response.text();
      })
      .then((html) => {
        if (row === mine) {
          show(html, part);
        }
      })
      .catch(() => show('<p class="empty">详情没有取到，请稍后再试。</p>'));
  }

  function show(html, part) {
    const isNew = panel.hidden;
    panel.innerHTML = html;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn btn-sm entry-panel-close";
    close.textContent = "Esc 关闭";
    close.addEventListener("click", shut);
    panel.prepend(close);
    panel.hidden = false;
    document.querySelector(".entry-main").classList.add("has-panel");
    if (window.htmx) {
      window.htmx.process(panel);
    }
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
    document.querySelector(".entry-main").classList.remove("has-panel");
    row.line.classList.remove("is-open");
    if (hadFocus && opener && document.contains(opener)) {
      opener.focus();
    }
    row = null;
    return true;
  }

  /* A form of the panel answers with the report's page: the line, the counts and the messages are taken from it. */
  function send(step, submitter) {
    const data = new window.FormData(step);
    if (submitter && submitter.name) {
      data.append(submitter.name, submitter.value);
    }
    const mine = row;
    if (submitter) {
      submitter.disabled = true;
    }
    window
      .fetch(step.getAttribute("action"), { method: "POST", body: data, credentials: "same-origin" })
      .then((response) => response.text().then((html) => ({ html, ok: response.ok })))
      .then(({ html, ok }) => {
        const page = new window.DOMParser().parseFromString(html, "text/html");
        const said = Array.from(page.querySelectorAll("#messages .band, .band-error, .field-error"), (band) => band.lastElementChild || band);
        const isError = !ok || page.querySelector(".band-error, .field-error");
        takeLine(page, mine);
        return load().then(() => sayInPanel(isError ? "error" : "success", said.map((words) => words.textContent.trim()).join("；") || (ok ? "" : "没有完成，请稍后再试。")));
      })
      .catch(() => {
        if (submitter) {
          submitter.disabled = false;
        }
        sayInPanel("error", "网络不通，没有送出；填的内容还在，请稍后再试。");
      });
  }

  function takeLine(page, mine) {
    const fresh = page.getElementById(mine.line.id);
    if (!fresh || mine.isDirty) {
      return;
    }
    const notes = fresh.nextElementSibling;
    const isNotes = notes && notes.classList.contains("entry-notes");
    mine.apply({
      outcome: "unchanged",
      states: fresh.getAttribute("data-states"),
      state_html: fresh.querySelector("[data-col='state']").innerHTML,
      notes_html: isNotes ? notes.innerHTML : "",
    }, {});
    page.querySelectorAll("[data-count]").forEach((count) => {
      document.querySelectorAll("[data-count='" + count.getAttribute("data-count") + "']").forEach((place) => {
        place.textContent = count.textContent;
      });
    });
    entry.save.takeVersion(page);
  }

  function sayInPanel(level, words) {
    if (!words || panel.hidden) {
      return;
    }
    const band = document.createElement("div");
    band.className = "band band-" + level;
    band.setAttribute("role", level === "error" ? "alert" : "status");
    band.textContent = words;
    panel.insertBefore(band, panel.children[1] || null);
  }

  form.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-cell]");
    const edit = event.target.closest("[data-edit]");
    if (link && !event.ctrlKey && !event.metaKey && event.button === 0) {
      event.preventDefault();
      open(entry.rowOf(link), link.hash);
    } else if (edit) {
      entry.cells.goTo(entry.rowOf(edit));
    }
  });

  panel.addEventListener("submit", (event) => {
    if (event.target.method === "post" && !event.target.hasAttribute("hx-post")) {
      event.preventDefault();
      event.stopPropagation();
      send(event.target, event.submitter);
    }
  });

  panel.addEventListener("click", (event) => {
    if (event.target.closest("[data-edit]") && row) {
      const back = row;
      shut();
      entry.cells.goTo(back);
    }
  });

  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      shut();
    }
  });

  entry.view = { openPanel: open, closePanel: shut };
})();
