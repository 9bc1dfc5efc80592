/* Small helps on top of pages that work without any script. The server computes and decides; nothing is calculated here. */
(function () {
  "use strict";

  if (window.htmx) {
    /* A refused form comes back as 422 with its messages: show it. htmx 2 would drop it. */
    window.htmx.config.responseHandling = [
      { code: "204", swap: false },
      { code: "422", swap: true },
      { code: "[23]..", swap: true },
      { code: "[45]..", swap: false, error: true },
    ];
    /* Everything comes from this server; nothing in a page is evaluated. */
    window.htmx.config.allowEval = false;
    window.htmx.config.selfRequestsOnly = true;
    window.htmx.config.includeIndicatorStyles = false;
    window.htmx.config.historyRestoreAsHxRequest = false;
  }

  function say(level, sign, text) {
    var place = document.getElementById("messages");
    if (!place) {
      return;
    }
    var item = document.createElement("div");
    var mark = document.createElement("span");
    var words = document.createElement("span");
    item.className = "band band-" + level;
    mark.className = "band-sign";
    mark.setAttribute("aria-hidden", "true");
    mark.textContent = sign;
    words.textContent = text;
    item.appendChild(mark);
    item.appendChild(words);
    place.textContent = "";
    place.appendChild(item);
  }

  document.addEventListener("htmx:sendError", function () {
    say("error", "×", "连不上服务器，刚才的操作没有完成。页面上填的内容还在，网络恢复后请再试一次。");
  });

  document.addEventListener("htmx:responseError", function (event) {
    var status = event.detail.xhr.status;
    if (status === 401 || status === 403) {
      say("error", "×", "您的角色不能做这件事，或登录已过期。什么都没有改动；请先把填的内容记下，再重新登录。");
    } else if (status === 404) {
      say("error", "×", "要找的内容已不在，或不在您的范围内。请刷新页面。");
    } else {
      say("error", "×", "服务器没有完成刚才的操作，什么都没有改动。请过一分钟再试。");
    }
  });

  /* Menus are <details>: close the others on a click elsewhere or Escape, and give the focus back. */
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) {
        menu.open = false;
      }
    });
  });

  document.addEventListener("keydown", function (event) {
    var menu = event.target.closest ? event.target.closest("details.menu[open]") : null;
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  /* Lines that change places have buttons for it; Alt+↑ ↓ anywhere in the line press them. */
  document.addEventListener("keydown", function (event) {
    var way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    var line = event.altKey && way && event.target.closest ? event.target.closest("[data-moves]") : null;
    var button = line ? line.querySelector("button[name='move'][value^='" + way + ":']") : null;
    if (button) {
      event.preventDefault();
      button.click();
    }
  });

  /* Filters are GET forms with a button; where asked for, a changed select sends the form by itself. */
  document.addEventListener("change", function (event) {
    var form = event.target.form;
    if (form && form.hasAttribute("data-auto-submit")) {
      form.requestSubmit();
    }
  });

  /* Cells that have not reached the server lie in this browser (entry_store.js); on a shared computer the person
     decides what becomes of them before leaving. */
  function unsent(user) {
    var found = [];
    try {
      Object.keys(window.localStorage).forEach(function (key) {
        if (key.startsWith("livelihood-unsent:" + user + ":")) {
          found.push({ key: key, where: JSON.parse(window.localStorage.getItem(key)).where });
        }
      });
    } catch {
      /* A browser without storage has nothing left behind. */
    }
    return found;
  }

  function choice(label, act) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm btn-outline-secondary";
    button.textContent = label;
    button.addEventListener("click", act);
    return button;
  }

  function leave(form) {
    form.setAttribute("data-decided", "");
    form.requestSubmit();
  }

  function askBeforeLogout(form, found) {
    var box = form.querySelector(".logout-question") || document.createElement("div");
    var words = document.createElement("p");
    box.className = "logout-question";
    box.setAttribute("role", "alert");
    words.textContent = "还有 " + found.length + " 格没有送到服务器，只在这台电脑的浏览器里。";
    box.textContent = "";
    box.append(
      words,
      choice("先送出", function () {
        if (window.entry && window.location.pathname === found[0].where) {
          window.entry.save.sendThen(function () { leave(form); });
        } else {
          window.location.assign(found[0].where);
        }
      }),
      choice("留在这台电脑，退出", function () { leave(form); }),
      choice("删掉再退出", function () {
        if (window.entry) {
          window.entry.save.forget();
        }
        found.forEach(function (record) { window.localStorage.removeItem(record.key); });
        leave(form);
      })
    );
    form.append(box);
    box.querySelector("button").focus();
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.hasAttribute("data-logout") || form.hasAttribute("data-decided")) {
      return;
    }
    var found = unsent(form.getAttribute("data-logout"));
    if (found.length) {
      event.preventDefault();
      event.stopImmediatePropagation();
      askBeforeLogout(form, found);
    }
  }, true);

  /* A form is sent once: a second press of the button while the first is under way is ignored. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) {
      return;
    }
    if (form.hasAttribute("data-sent")) {
      event.preventDefault();
      return;
    }
    form.setAttribute("data-sent", "");
  });

  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      form.removeAttribute("data-sent");
    });
  });

  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest("[data-print]") : null;
    if (button) {
      window.print();
    }
  });
})();
