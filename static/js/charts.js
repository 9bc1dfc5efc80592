/* Draws the charts of a page from what the server wrote beside them: supervision/charts.py makes the option of Apache
   ECharts, figures printed; nothing is calculated here. Without a script the table beside the chart is all there is. */
(function () {
  "use strict";

  /* The same tokens and the same type as the page: "--accent" → its colour. */
  function dressed(part, styles) {
    if (typeof part === "string") {
      return part.startsWith("--") ? styles.getPropertyValue(part).trim() : part;
    }
    if (Array.isArray(part)) {
      return part.map(function (one) { return dressed(one, styles); });
    }
    if (part && typeof part === "object") {
      return Object.keys(part).reduce(function (whole, key) {
        whole[key] = dressed(part[key], styles);
        return whole;
      }, {});
    }
    return part;
  }

  function optionOf(holder) {
    var styles = window.getComputedStyle(document.documentElement);
    var written = document.getElementById(holder.getAttribute("data-chart"));
    var option = dressed(JSON.parse(written.textContent), styles);
    var unit = option.tooltip.unit;
    option.textStyle.fontFamily = styles.getPropertyValue("--font").trim();
    option.tooltip.valueFormatter = function (value) {
      /* A point given with its place on the axis comes as a pair; its value is what was printed. */
      var shown = Array.isArray(value) ? value[1] : value;
      return shown === null || shown === undefined ? "—" : shown + unit;
    };
    return option;
  }

  function draw(holder) {
    var chart = window.echarts.init(holder, null, { renderer: "svg" });
    chart.setOption(optionOf(holder));
    window.addEventListener("resize", function () { chart.resize(); });
    /* On paper the drawing takes the width of the sheet. */
    window.addEventListener("beforeprint", function () {
      var drawing = holder.querySelector("svg");
      drawing.setAttribute("viewBox", "0 0 " + drawing.getAttribute("width") + " " + drawing.getAttribute("height"));
    });
    window.addEventListener("afterprint", function () {
      holder.querySelector("svg").removeAttribute("viewBox");
    });
    /* Read out as the sentence on the figure, not letter by letter. */
    Array.prototype.forEach.call(holder.children, function (child) {
      child.setAttribute("aria-hidden", "true");
    });
  }

  /* The picture is drawn anew on a canvas of its own, twice as fine, on white. */
  function download(holder, name) {
    var canvasHolder = document.createElement("div");
    canvasHolder.style.width = holder.clientWidth + "px";
    canvasHolder.style.height = holder.clientHeight + "px";
    var chart = window.echarts.init(canvasHolder, null, {
      renderer: "canvas",
      devicePixelRatio: 2,
      width: holder.clientWidth,
      height: holder.clientHeight,
    });
    var option = optionOf(holder);
    option.backgroundColor = "#fff";
    chart.setOption(option);
    chart.getZr().flush();
    chart.renderToCanvas({ pixelRatio: 2 }).toBlob(function (blob) {
      var link = document.createElement("a");
      var address = window.URL.createObjectURL(blob);
      link.href = address;
      link.download = name + ".png";
      document.body.appendChild(link);
      link.click();
      document.body.removeChild(link);
      window.URL.revokeObjectURL(address);
      chart.dispose();
    }, "image/png");
  }

  /* <button data-chart-download="id of the figure" data-name="file name" hidden>: shown where it can work. */
  function offer(button) {
    var holder = document.getElementById(button.getAttribute("data-chart-download"));
    if (holder) {
      button.hidden = false;
      button.addEventListener("click", function () {
        download(holder, button.getAttribute("data-name"));
      });
    }
  }

  function start() {
    if (!window.echarts) {
      return;
    }
    document.querySelectorAll("[data-chart]").forEach(function (holder) {
      holder.style.height = holder.getAttribute("data-height") + "px";
      holder.hidden = false;
      draw(holder);
    });
    document.querySelectorAll("[data-chart-download]").forEach(offer);
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
