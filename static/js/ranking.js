/* 排名与进度: the map on A3 or A4, and by keyboard. Tab comes to the first figure of each row; the arrows go on from there, Enter opens a
   figure's answer. Without this script every figure is a stop of its own, and the paper is A3. */
(function () {
  "use strict";

  const table = document.querySelector(".ranking-table");
  const FIGURE = "td > a[data-why]";

  /* Before the page is printed: which paper the button is for. */
  document.addEventListener(
    "click",
    (event) => {
      const button = event.target.closest("[data-print]");
      if (button) {
        const isSmall = button.getAttribute("data-paper") === "a4";
        document.body.classList.toggle("print-a4-wide", isSmall);
        document.body.classList.toggle("print-a3-wide", !isSmall);
      }
    },
    true,
  );

  if (!table) {
    return;
  }

  const inRow = (row) => [...row.querySelectorAll(FIGURE)];

  for (const row of table.tBodies[0].rows) {
    inRow(row).forEach((link, at) => {
      link.tabIndex = at ? -1 : 0;
    });
  }

  /** The figure in the same column of the next row that has one there. */
  function below(link, step) {
    const cell = link.parentElement;
    let row = cell.parentElement;
    while (row) {
      row = step > 0 ? row.nextElementSibling : row.previousElementSibling;
      const found = row && row.cells[cell.cellIndex] && row.cells[cell.cellIndex].querySelector("a[data-why]");
      if (found) {
        return found;
      }
    }
    return null;
  }

  function beside(link, step) {
    const links = inRow(link.closest("tr"));
    return links[links.indexOf(link) + step];
  }

  const MOVES = {
    ArrowLeft: (link) => beside(link, -1),
    ArrowRight: (link) => beside(link, 1),
    ArrowUp: (link) => below(link, -1),
    ArrowDown: (link) => below(link, 1),
  };

  table.addEventListener("keydown", (event) => {
    if (!MOVES[event.key] || !event.target.matches(FIGURE) || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const next = MOVES[event.key](event.target);
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });
})();
