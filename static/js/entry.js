/* The entry table by keyboard, and a word before unsaved cells are left behind. The page works without it. */
(function () {
  "use strict";

  var dirty = false;

  function setDirty(value) {
    dirty = value;
    var note = document.getElementById("unsaved");
    if (note) {
      note.hidden = !value;
    }
  }

  /* The next cell of the same column, up or down; lines without a cell are passed over. */
  function neighbour(input, step) {
    var prefix = input.name.slice(0, 2);
    var cells = Array.prototype.filter.call(document.querySelectorAll("#entry input"), function (cell) {
      return cell.type !== "hidden" && cell.name.slice(0, 2) === prefix;
    });
    return cells[cells.indexOf(input) + step];
  }

  document.addEventListener("keydown", function (event) {
    var input = event.target;
    if (!input.closest || !input.closest("#entry") || input.tagName !== "INPUT" || event.isComposing) {
      return;
    }
    var step = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) {
      return;
    }
    event.preventDefault();
    var next = neighbour(input, step);
    if (next) {
      next.focus();
      next.select();
    }
  });

  /* Ctrl+S saves from any cell; the button is a hundred cells further on. */
  document.addEventListener("keydown", function (event) {
    var save = document.getElementById("save");
    if (save && event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (!save.disabled) {
        save.click();
      }
    }
  });

  document.addEventListener("input", function (event) {
    if (event.target.closest && event.target.closest("#entry")) {
      setDirty(true);
    }
  });

  /* What was signed must be what is stored. */
  document.addEventListener(
    "submit",
    function (event) {
      if (dirty && event.target.hasAttribute("data-after-save")) {
        event.preventDefault();
        event.stopPropagation();
        var save = document.getElementById("save");
        if (save) {
          save.focus();
        }
        setDirty(true);
      } else if (event.target.id === "entry") {
        dirty = false;
      }
    },
    true
  );

  document.addEventListener("htmx:sendError", function () {
    setDirty(true);
  });

  document.addEventListener("htmx:responseError", function () {
    setDirty(true);
  });

  /* A refused cell is where the work goes on; it holds a text that is not stored yet. */
  function goToRefused() {
    var cell = document.querySelector("#entry [aria-invalid='true'], #entry .is-conflict input");
    if (cell) {
      cell.focus();
    }
    setDirty(cell !== null);
  }

  document.addEventListener("htmx:afterSettle", goToRefused);
  document.addEventListener("DOMContentLoaded", goToRefused);

  window.addEventListener("beforeunload", function (event) {
    if (dirty) {
      event.preventDefault();
      event.returnValue = "";
    }
  });
})();
