/* 为什么: <a data-why href="…"> opens its answer beside the page. Without this script it is a link to the same answer as
   a page. Esc closes; ← → go to the neighbouring figure of the row, k j to the one above and below; w or ? opens the
   figure of the cell that has the keyboard. The server says everything; nothing is calculated here. */
(function () {
  "use strict";

  const NOT_THERE = "没有这个数，或者它不在您的范围内。";
  const FAILED = "没有取到，请稍后再试，或者打开整页看。";
  let panel = null;
  /* The link on the page the panel is open for, and the address it shows. */
  let link = null;
  let shown = "";

  function make() {
    panel = document.createElement("div");
    panel.id = "why-panel";
    panel.className = "drawer why-panel";
    panel.tabIndex = -1;
    panel.hidden = true;
    panel.setAttribute("role", "dialog");
    panel.setAttribute("aria-labelledby", "why-title");
    document.body.append(panel);
  }

  function mark(isOpen) {
    if (link) {
      (link.closest("td, th, li") || link).classList.toggle("is-why", isOpen);
    }
  }

  /** Fill the panel with the answer at an address; an answer that comes late is not shown. */
  function load(address) {
    shown = address;
    panel.setAttribute("aria-busy", "true");
    return window
      .fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" })
      .then((response) => {
        if (response.redirected) {
          window.location.assign(address);
          return "";
        }
        return response.ok ? response.text() : Promise.reject(response.status === 404 ? NOT_THERE : FAILED);
      })
      .catch((reason) => failure(typeof reason === "string" ? reason : FAILED, address))
      .then((content) => {
        if (shown !== address || panel.hidden || !content) {
          return;
        }
        panel.removeAttribute("aria-busy");
        panel.textContent = "";
        if (typeof content === "string") {
          panel.innerHTML = content;
        } else {
          panel.append(content);
        }
        panel.scrollTop = 0;
      });
  }

  function failure(text, address) {
    const box = document.createElement("p");
    const page = document.createElement("a");
    const button = document.createElement("button");
    box.className = "empty";
    box.id = "why-title";
    page.href = address;
    page.textContent = "打开整页";
    button.type = "button";
    button.className = "btn btn-sm btn-outline-secondary";
    button.setAttribute("data-why-close", "");
    button.textContent = "Esc 关闭";
    box.append(`${text} `, page, " ", button);
    return box;
  }

  function open(to) {
    if (!panel) {
      make();
    }
    if (!panel.contains(to)) {
      mark(false);
      link = to;
      mark(true);
    }
    if (panel.hidden) {
      panel.innerHTML = '<p class="empty" id="why-title">正在取这个数的来由…</p>';
      panel.hidden = false;
    }
    load(to.href);
    panel.focus({ preventScroll: true });
  }

  function close() {
    mark(false);
    panel.hidden = true;
    panel.textContent = "";
    shown = "";
    if (link && document.contains(link)) {
      link.focus();
    }
    link = null;
  }

  const inRow = (row) => (row ? [...row.querySelectorAll("a[data-why]")] : []);

  /** The link beside the open one: `step` −1 or 1 in its row. */
  function beside(step) {
    const links = inRow(link.closest("tr, ul, ol"));
    return links[links.indexOf(link) + step];
  }

  /** The link above or below: in the same column of the next row that has one there. */
  function below(step) {
    const cell = link.closest("td, th");
    let row = cell && cell.parentElement;
    while (row) {
      row = step > 0 ? row.nextElementSibling : row.previousElementSibling;
      const other = row && row.cells ? [...row.cells].find((one) => one.cellIndex === cell.cellIndex) : null;
      const found = other && other.querySelector("a[data-why]");
      if (found) {
        return found;
      }
    }
    return null;
  }

  const MOVES = {
    ArrowLeft: () => beside(-1),
    ArrowRight: () => beside(1),
    k: () => below(-1),
    j: () => below(1),
  };

  const isTyping = (target) => target.matches("input, textarea, select, [contenteditable]");

  function copy(button) {
    const field = document.createElement("textarea");
    const words = button.textContent;
    /* The clipboard interface needs https; an intranet address without it still has this one. */
    field.value = button.getAttribute("data-why-copy");
    field.className = "visually-hidden";
    button.after(field);
    field.select();
    button.textContent = document.execCommand("copy") ? "已复制" : "请按 Ctrl+C";
    field.remove();
    button.focus();
    window.setTimeout(() => {
      button.textContent = words;
    }, 2000);
  }

  document.addEventListener("click", (event) => {
    const to = event.target.closest("a[data-why]");
    const copied = event.target.closest("[data-why-copy]");
    if (copied) {
      copy(copied);
    } else if (event.target.closest("[data-why-close]")) {
      close();
    } else if (to && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !to.closest(".why-sheet")) {
      event.preventDefault();
      open(to);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
      return;
    }
    const isOpen = panel && !panel.hidden;
    if (isOpen && event.key === "Escape") {
      close();
    } else if (isOpen && link && MOVES[event.key] && document.contains(link)) {
      const next = MOVES[event.key]();
      if (next) {
        event.preventDefault();
        next.scrollIntoView({ block: "nearest", inline: "nearest" });
        open(next);
      }
    } else if (event.key === "w" || event.key === "?") {
      const place = event.target.closest("td, th, tr, li");
      const to = place && place.querySelector("a[data-why]");
      if (to && !to.closest(".why-sheet")) {
        event.preventDefault();
        open(to);
      }
    }
  });

  document.querySelectorAll("[data-why-copy]").forEach((button) => {
    button.hidden = false;
  });

  if (window.location.hash === "#print" && document.querySelector(".why-sheet")) {
    window.print();
  }
})();
