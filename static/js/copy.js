/* <button data-copy="#id" hidden>: copies the text of an element. The text can be selected by hand without it. */
(function () {
  "use strict";

  document.querySelectorAll("[data-copy]").forEach(function (button) {
    button.hidden = false;
  });

  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest("[data-copy]") : null;
    var source = button ? document.querySelector(button.getAttribute("data-copy")) : null;
    var selection = window.getSelection();
    var range = document.createRange();
    if (!source) {
      return;
    }
    /* The clipboard interface needs https; an intranet address without it still has this one. */
    range.selectNodeContents(source);
    selection.removeAllRanges();
    selection.addRange(range);
    button.textContent = document.execCommand("copy") ? "已复制" : "请按 Ctrl+C";
  });
})();
