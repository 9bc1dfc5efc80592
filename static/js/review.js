/* The review page by keyboard, and the counts of what is marked. The page works without it; nothing is decided here. */
(function () {
  "use strict";

  function rows() {
    return Array.prototype.slice.call(document.querySelectorAll("#review [data-row]"));
  }

  function current() {
    var here = document.activeElement;
    return here && here.closest ? here.closest("[data-row]") : null;
  }

  function all(selector) {
    return Array.prototype.slice.call(document.querySelectorAll("#review " + selector));
  }

  /* Say how many are marked and chosen, and close the way to an approval while something is marked. */
  function refresh() {
    var marked = all(".return-mark:checked").length;
    var chosen = all("[name='cell']:checked").length;
    var button = document.getElementById("return-marked");
    var approve = document.getElementById("approve");
    all("[data-row]").forEach(function (row) {
      var mark = row.querySelector(".return-mark");
      row.classList.toggle("is-marked", Boolean(mark && mark.checked));
    });
    if (button) {
      button.disabled = marked === 0;
      button.querySelector("[data-marked]").textContent = marked ? " " + marked + " 格" : "";
    }
    if (approve) {
      approve.disabled = marked > 0;
    }
    document.querySelectorAll("[data-chosen]").forEach(function (place) {
      place.textContent = chosen ? " " + chosen + " 项" : "";
    });
    var whole = document.getElementById("choose-all");
    if (whole) {
      whole.checked = chosen > 0 && chosen === all("[name='cell']").length;
    }
  }

  function step(by) {
    var list = rows();
    var at = list.indexOf(current());
    var next = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by];
    if (next) {
      next.focus();
    }
  }

  /* Mark a line for return, or take the mark away; the reason is what comes next. */
  function mark(row) {
    var box = row.querySelector(".return-mark");
    if (!box) {
      return;
    }
    box.checked = !box.checked;
    refresh();
    if (box.checked) {
      row.querySelector(".return-reason input").focus();
    }
  }

  function toggleHelp() {
    var help = document.getElementById("review-help");
    if (help) {
      help.open = !help.open;
    }
  }

  function isTyping(element) {
    var typed = element.tagName === "INPUT" && element.type !== "checkbox";
    return typed || element.tagName === "TEXTAREA" || element.tagName === "SELECT";
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) {
      return;
    }
    var row = current();
    if (isTyping(event.target)) {
      if (event.key === "Escape" && row && event.target.closest(".return-reason")) {
        mark(row);
        row.focus();
      }
      return;
    }
    var key = event.key.toLowerCase();
    if (key === "j" || key === "k") {
      step(key === "j" ? 1 : -1);
    } else if (key === "?") {
      toggleHelp();
    } else if (row && key === "a" && row.querySelector(".act-pass")) {
      row.querySelector(".act-pass").click();
    } else if (row && key === "r") {
      mark(row);
    } else if (row && key === "x" && row.querySelector("[name='cell']")) {
      row.querySelector("[name='cell']").click();
    } else {
      return;
    }
    event.preventDefault();
  });

  document.addEventListener("change", function (event) {
    if (event.target.id === "choose-all") {
      all("[name='cell']").forEach(function (box) {
        box.checked = event.target.checked;
      });
    }
    if (event.target.closest && event.target.closest("#review")) {
      refresh();
      var row = event.target.closest("[data-row]");
      if (row && event.target.classList.contains("return-mark") && event.target.checked) {
        row.querySelector(".return-reason input").focus();
      }
    }
  });

  /* A line that was swapped for its new state keeps the keyboard. */
  var passed = "";

  document.addEventListener("htmx:beforeRequest", function (event) {
    var row = event.target.closest ? event.target.closest("[data-row]") : null;
    passed = row ? row.id : "";
  });

  /* An answer without the line is another page, the login most likely: the line and what is typed stay. */
  document.addEventListener("htmx:beforeSwap", function (event) {
    var row = event.detail.target;
    if (!row || !row.hasAttribute("data-row") || event.detail.xhr.responseText.indexOf('id="' + row.id + '"') >= 0) {
      return;
    }
    event.detail.shouldSwap = false;
    var place = document.getElementById("messages");
    var band = document.createElement("div");
    band.className = "band band-error";
    band.textContent = "× 没有通过：登录可能已过期。请记下还没退回的原因，再刷新页面重新登录。";
    place.textContent = "";
    place.appendChild(band);
  });

  document.addEventListener("htmx:afterSettle", function () {
    var row = passed ? document.getElementById(passed) : null;
    if (row && (document.activeElement === document.body || document.activeElement === null)) {
      row.focus();
    }
    refresh();
  });

  document.addEventListener("DOMContentLoaded", function () {
    var whole = document.getElementById("choose-all");
    if (whole) {
      whole.hidden = false;
    }
    refresh();
  });
})();
