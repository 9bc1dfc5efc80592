/* What one sees of the table: filters, folded sections, the strip of items, counts as the server gives them; and the
   start of it all. The server counts; nothing is counted here but what has not been sent. */
(function () {
  "use strict";

  const entry = window.entry;
  if (!entry) {
    return;
  }

  const { form } = entry;
  const sections = Array.from(form.querySelectorAll("tbody[data-section]"));
  const scroll = document.getElementById("entry-scroll");
  const help = document.getElementById("entry-help");
  const helpButton = document.getElementById("entry-help-open");
  const FOLDED = "livelihood-folded:" + form.getAttribute("data-report");

  function sectionOf(seq) {
    return sections.find((section) => section.getAttribute("data-section") === seq);
  }

  /* ---------- Filters: the lines as they stand when the filter is chosen; a cell filled now does not vanish ---------- */
  function filter(state) {
    form.removeAttribute("data-show");
    entry.rows.forEach((row) => {
      row.line.hidden = Boolean(state) && !row.is(state);
      if (row.notes) {
        row.notes.hidden = row.line.hidden;
      }
    });
    sections.forEach((section) => {
      section.hidden = Boolean(state) && !section.querySelector("tr.entry-row:not([hidden])");
    });
    /* A part with none of these lines shows no empty head; the last one keeps its own. */
    const tables = Array.from(form.querySelectorAll("table.entry-table"));
    tables.forEach((table) => {
      const isEmpty = tables.length > 1 && !table.querySelector("tbody:not([hidden])");
      (table.closest(".entry-part") || table).hidden = isEmpty;
    });
    document.querySelectorAll("[data-filter]").forEach((link) => {
      link.removeAttribute("aria-current");
      if (link.getAttribute("data-filter") === state) {
        link.setAttribute("aria-current", "true");
      }
    });
    const isEmpty = sections.every((section) => section.hidden);
    entry.band("filter", "info", isEmpty && state ? "这一类现在没有。" : "", [{ label: "看全部", action: () => choose("") }]);
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

  /* ---------- Sections; what is folded is remembered for this window ---------- */
  function fold(section, isFolded) {
    section.classList.toggle("is-folded", isFolded);
    section.querySelector("[data-fold]").setAttribute("aria-expanded", String(!isFolded));
  }

  function foldAndRemember(section, isFolded) {
    fold(section, isFolded);
    const folded = sections.filter((one) => one.classList.contains("is-folded")).map((one) => one.getAttribute("data-section"));
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
    sections.filter((section) => section.querySelector("tr.entry-row")).forEach((section) => {
      section.querySelector("[data-fold]").hidden = false;
      fold(section, folded.split(" ").includes(section.getAttribute("data-section")));
    });
  }

  /* Bring into sight what a filter or a fold hides. */
  function show(section, isHidden) {
    if (section.classList.contains("is-folded")) {
      foldAndRemember(section, false);
    }
    if (isHidden) {
      choose("");
    }
  }

  function reveal(row) {
    show(row.line.closest("tbody"), row.line.hidden);
  }

  /* The strip shows which item is at the top of the table. */
  function showPlace() {
    const top = scroll.getBoundingClientRect().top + 60;
    const here = sections.find((section) => !section.hidden && section.getBoundingClientRect().bottom > top);
    document.querySelectorAll("[data-strip]").forEach((link) => {
      link.classList.toggle("is-here", sectionOf(link.getAttribute("data-strip")) === here);
    });
  }

  /* ---------- The server's counts and marks ---------- */
  function apply({ counts, sections: marks }) {
    Object.keys(counts).forEach((name) => {
      document.querySelectorAll(`[data-count='${name}']`).forEach((place) => Object.assign(place, { textContent: counts[name] }));
      document.querySelectorAll(`[data-none='${name}']`).forEach((place) => Object.assign(place, { hidden: !counts[name] }));
    });
    bar("confirmed", 0, counts.confirmed);
    bar("carried", counts.confirmed, counts.carried);
    Object.keys(marks).filter(sectionOf).forEach((seq) => mark(seq, marks[seq]));
  }

  function bar(name, from, length) {
    document.querySelectorAll(`[data-bar='${name}']`).forEach((part) => {
      part.setAttribute("x", from);
      part.setAttribute("width", length);
    });
  }

  function mark(seq, { mark: code, note }) {
    const section = sectionOf(seq);
    const link = document.querySelector(`[data-strip='${seq}']`);
    const carry = section.querySelector("[data-carry-section]");
    const left = section.querySelectorAll("td.is-carried").length;
    section.querySelector("[data-section-note]").textContent = note;
    if (link) {
      link.className = `mark-${code} ${link.classList.contains("is-here") ? "is-here" : ""}`;
      link.title = link.title.split("：")[0] + "：" + note;
      link.querySelector("[data-strip-mark]").textContent = document.querySelector(`#entry-legend [data-mark='${code}']`).textContent;
    }
    /* 本节沿用 goes when nothing is left to confirm. */
    if (carry) {
      carry.hidden = !left;
      carry.textContent = "本节沿用 " + left;
    }
  }

  /* ---------- Help ---------- */
  function showHelp(isOpen) {
    help.hidden = !isOpen;
    helpButton.setAttribute("aria-expanded", String(isOpen));
    (isOpen ? document.getElementById("entry-help-close") : helpButton).focus();
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest && !event.ctrlKey && !event.metaKey ? event.target : document.body;
    const link = target.closest("[data-filter]");
    const button = target.closest("[data-fold]");
    const strip = target.closest("[data-strip]");
    if (link) {
      event.preventDefault();
      choose(link.getAttribute("data-filter"));
    } else if (button) {
      const section = button.closest("tbody");
      foldAndRemember(section, !section.classList.contains("is-folded"));
    } else if (strip) {
      const section = sectionOf(strip.getAttribute("data-strip"));
      show(section, section.hidden);
    } else if (target.closest("#entry-help-open, #entry-help-close")) {
      showHelp(help.hidden);
    }
  });

  document.addEventListener("keydown", (event) => {
    const section = event.target.closest ? event.target.closest("tbody[data-section]") : null;
    if (help && (event.key === "F1" || (event.key === "Escape" && help.contains(event.target)))) {
      event.preventDefault();
      showHelp(help.hidden);
    } else if (section && event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) {
      event.preventDefault();
      foldAndRemember(section, event.key === "ArrowUp");
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
  if (help) {
    helpButton.hidden = false;
  }
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
  });
  /* Typed before the script was there. */
  entry.save.changedAll(Array.from(entry.rows.values()).filter((row) => row.isDirty));
  form.setAttribute("data-ready", "");
})();
