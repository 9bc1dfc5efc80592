/* What one sees of the table: filters, folded sections, the strip of items, counts as the server gives them; and the
   start of it all. The server counts; nothing is counted here but what has not been sent. */
(function () {
  "use strict";

  const entry = window.entry;
  if (!entry) {
    return;
  }

  const { form } = entry;
  const scroll = document.getElementById("entry-scroll");
  const FOLDED = "livelihood-folded:" + form.getAttribute("data-report");
  const help = document.getElementById("entry-help");
  const helpButton = document.getElementById("entry-help-open");

  /* ---------- Filters: the lines as they stand when the filter is chosen; a cell filled now does not vanish ---------- */
  function filter(state) {
    form.removeAttribute("data-show");
    entry.rows.forEach((row) => {
      row.line.hidden = Boolean(state) && !row.line.getAttribute("data-states").split(" ").includes(state);
      if (row.notes) {
        row.notes.hidden = row.line.hidden;
      }
    });
    form.querySelectorAll("tbody[data-section]").forEach((section) => {
      section.hidden = Boolean(state) && !section.querySelector("tr.entry-row:not([hidden])");
    });
    document.querySelectorAll("[data-filter]").forEach((link) => {
      link.toggleAttribute("aria-current", false);
      if (link.getAttribute("data-filter") === state) {
        link.setAttribute("aria-current", "true");
      }
    });
    const isEmpty = Boolean(state) && !form.querySelector("tr.entry-row:not([hidden])");
    entry.band("filter", "info", isEmpty ? "这一类现在没有。" : "", [{ label: "看全部", action: () => choose("") }]);
  }

  function choose(state) {
    const address = new window.URL(window.location.href);
    address.searchParams.delete("show");
    if (state) {
      address.searchParams.set("show", state);
    }
    window.history.replaceState(null, "", address);
    filter(state);
    scroll.scrollTop = 0;
  }

  /* ---------- Sections ---------- */
  function fold(section, isFolded) {
    section.classList.toggle("is-folded", isFolded);
    section.querySelector("[data-fold]").setAttribute("aria-expanded", String(!isFolded));
    const folded = Array.from(form.querySelectorAll("tbody.is-folded"), (one) => one.getAttribute("data-section"));
    try {
      window.sessionStorage.setItem(FOLDED, folded.join(" "));
    } catch {
      /* Only the memory of what was folded is lost. */
    }
  }

  function foldAsBefore() {
    let folded = "";
    try {
      folded = window.sessionStorage.getItem(FOLDED) || "";
    } catch {
      folded = "";
    }
    form.querySelectorAll("tbody[data-section]").forEach((section) => {
      const button = section.querySelector("[data-fold]");
      if (button && section.querySelector("tr.entry-row")) {
        button.hidden = false;
        if (folded.split(" ").includes(section.getAttribute("data-section"))) {
          fold(section, true);
        }
      }
    });
  }

  /* Bring a line into sight that a filter or a fold hides. */
  function reveal(row) {
    const section = row.line.closest("tbody");
    if (section.classList.contains("is-folded")) {
      fold(section, false);
    }
    if (row.line.hidden || section.hidden) {
      choose("");
    }
  }

  /* The strip shows which item is at the top of the table. */
  function showPlace() {
    const top = scroll.getBoundingClientRect().top + 60;
    const here = Array.from(form.querySelectorAll("tbody[data-section]")).find((section) => section.getBoundingClientRect().bottom > top && !section.hidden);
    document.querySelectorAll("[data-strip]").forEach((link) => {
      link.classList.toggle("is-here", Boolean(here) && link.getAttribute("data-strip") === here.getAttribute("data-section"));
    });
  }

  /* ---------- The server's counts and marks ---------- */
  function apply(reply) {
    const counts = reply.counts || {};
    Object.keys(counts).forEach((name) => {
      document.querySelectorAll("[data-count='" + name + "']").forEach((place) => {
        place.textContent = counts[name];
      });
      document.querySelectorAll("[data-none='" + name + "']").forEach((place) => {
        place.hidden = !counts[name];
      });
    });
    bar(counts);
    Object.keys(reply.sections || {}).forEach((seq) => mark(seq, reply.sections[seq]));
  }

  function bar(counts) {
    const confirmed = document.querySelector("[data-bar='confirmed']");
    const carried = document.querySelector("[data-bar='carried']");
    if (confirmed && counts.confirmed !== undefined) {
      confirmed.setAttribute("width", counts.confirmed);
      carried.setAttribute("x", counts.confirmed);
      carried.setAttribute("width", counts.carried);
    }
  }

  function mark(seq, section) {
    const note = form.querySelector("tbody[data-section='" + seq + "'] [data-section-note]");
    const link = document.querySelector("[data-strip='" + seq + "']");
    const sign = document.querySelector("#entry-legend [data-mark='" + section.mark + "']");
    if (note) {
      note.textContent = section.note;
    }
    if (link) {
      const isHere = link.classList.contains("is-here");
      link.className = "mark-" + section.mark + (isHere ? " is-here" : "");
      link.title = link.title.split("：")[0] + "：" + section.note;
      link.querySelector("[data-strip-mark]").textContent = sign ? sign.textContent : "";
    }
    showCarry(seq);
  }

  /* 本节沿用 goes when nothing is left to confirm. */
  function showCarry(seq) {
    const button = form.querySelector("[data-carry-section='" + seq + "']");
    if (button) {
      const left = button.closest("tbody").querySelectorAll("td.is-carried").length;
      button.hidden = !left;
      button.textContent = "本节沿用 " + left;
    }
  }

  /* ---------- Help ---------- */
  function showHelp(isOpen) {
    help.hidden = !isOpen;
    helpButton.setAttribute("aria-expanded", String(isOpen));
    (isOpen ? document.getElementById("entry-help-close") : helpButton).focus();
  }

  if (help) {
    helpButton.hidden = false;
    helpButton.addEventListener("click", () => showHelp(help.hidden));
    document.getElementById("entry-help-close").addEventListener("click", () => showHelp(false));
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest || event.ctrlKey || event.metaKey) {
      return;
    }
    const link = event.target.closest("[data-filter]");
    const button = event.target.closest("[data-fold]");
    const strip = event.target.closest("[data-strip]");
    if (link) {
      event.preventDefault();
      choose(link.getAttribute("data-filter"));
    } else if (button) {
      const section = button.closest("tbody");
      fold(section, !section.classList.contains("is-folded"));
    } else if (strip) {
      const section = form.querySelector("tbody[data-section='" + strip.getAttribute("data-strip") + "']");
      if (section && section.hidden) {
        choose("");
      }
      if (section && section.classList.contains("is-folded")) {
        fold(section, false);
      }
    }
  });

  document.addEventListener("keydown", (event) => {
    const section = event.target.closest ? event.target.closest("tbody[data-section]") : null;
    if (event.key === "F1" && help) {
      event.preventDefault();
      showHelp(help.hidden);
    } else if (event.key === "Escape" && help && help.contains(event.target)) {
      showHelp(false);
    } else if (section && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      fold(section, event.key === "ArrowUp");
      section.querySelector("[data-fold]").focus();
    }
  });

  let isAsked = false;
  scroll.addEventListener("scroll", () => {
    if (!isAsked) {
      isAsked = true;
      window.requestAnimationFrame(() => {
        isAsked = false;
        showPlace();
      });
    }
  });

  Object.assign(entry.view, { apply, reveal });

  /* ---------- Start ---------- */
  entry.save.hideSave();
  form.querySelectorAll("[data-edit]").forEach((button) => {
    button.hidden = false;
  });
  foldAsBefore();
  filter(new window.URL(window.location.href).searchParams.get("show") || "");
  showPlace();
  entry.store.start();
  entry.rows.forEach((row) => {
    /* From cell to cell without a stop at every name: Alt+Enter opens the same. */
    const name = row.line.querySelector("a[data-cell]");
    if (name && row.isTyped) {
      name.tabIndex = -1;
    }
    /* Typed before the script was there. */
    if (row.isDirty) {
      entry.save.changed(row);
    }
  });
  form.setAttribute("data-ready", "");
})();
