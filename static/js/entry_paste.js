/* The clipboard, both ways, with WPS and Excel: text first, then an HTML table. A paste goes by the lines one sees,
   never by names and never into somebody else's cells; numbers themselves are read by the server. */
(function () {
  "use strict";

  const entry = window.entry;
  if (!entry) {
    return;
  }

  const MOST_CELLS = 5000;
  const NO_TASK = ["/", "-", "--", "—", "——", "无任务", "不涉及"];

  /* Spaces of every kind at the ends; line breaks and tabs inside a cell become one space. */
  function clean(text) {
    return text.replace(/[\u200b\ufeff]/g, "").replace(/[\u00a0\u3000]/g, " ").replace(/[\t\r\n]+/g, " ").trim();
  }

  /* Text with tabs, as spreadsheets copy it; a cell with a line break stands in quotes. */
  function parseText(text) {
    const rows = [[]];
    let cell = "";
    let quoted = false;
    let at = 0;
    while (at < text.length) {
      const sign = text[at];
      if (quoted) {
        if (sign === '"' && text[at + 1] === '"') {
          cell += '"';
          at += 1;
        } else if (sign === '"') {
          quoted = false;
        } else {
          cell += sign;
        }
      } else if (sign === '"' && cell === "" && isQuotedCell(text, at)) {
        quoted = true;
      } else if (sign === "\t" || sign === "\n" || sign === "\r") {
        rows[rows.length - 1].push(clean(cell));
        cell = "";
        if (sign !== "\t") {
          at += sign === "\r" && text[at + 1] === "\n" ? 1 : 0;
          rows.push([]);
        }
      } else {
        cell += sign;
      }
      at += 1;
    }
    rows[rows.length - 1].push(clean(cell));
    /* Spreadsheets end the last line too. */
    if (rows.length > 1 && rows[rows.length - 1].length === 1 && rows[rows.length - 1][0] === "") {
      rows.pop();
    }
    return rows;
  }

  /* A quote that opens a cell is closed before a tab, a line's end or the end; otherwise it is a quotation mark. */
  function isQuotedCell(text, start) {
    let at = start + 1;
    while (at < text.length) {
      if (text[at] !== '"') {
        at += 1;
      } else if (text[at + 1] === '"') {
        at += 2;
      } else {
        return at + 1 === text.length || "\t\r\n".includes(text[at + 1]);
      }
    }
    return false;
  }

  /* A table in HTML; merged cells keep their place, hidden lines are left out. */
  function parseHtml(html) {
    const table = new window.DOMParser().parseFromString(html, "text/html").querySelector("table");
    const rows = [];
    if (!table) {
      return rows;
    }
    const lines = Array.from(table.rows).filter((line) => line.style.display !== "none" && line.style.height !== "0px");
    lines.forEach((line, at) => {
      rows[at] = rows[at] || [];
      let column = 0;
      Array.from(line.cells).forEach((cell) => {
        while (rows[at][column] !== undefined) {
          column += 1;
        }
        for (let down = 0; down < Math.min(cell.rowSpan, lines.length - at); down += 1) {
          rows[at + down] = rows[at + down] || [];
          for (let right = 0; right < Math.min(cell.colSpan, 50); right += 1) {
            rows[at + down][column + right] = down || right ? "" : clean(cell.textContent);
          }
        }
      });
    });
    return rows.map((row) => Array.from(row, (text) => text || ""));
  }

  function isNumber(text) {
    return /^[+\-－−]?[\d０-９][\d０-９,，.．]*\s*[^\d０-９\s]{0,6}$/.test(text);
  }

  /* Of a column: mostly figures, or mostly words (names, units). */
  function tell(rows, column) {
    const texts = rows.map((row) => row[column] || "").filter((text) => text && !NO_TASK.includes(text));
    const numbers = texts.filter(isNumber).length;
    return { isNumbers: texts.length > 0 && numbers * 2 > texts.length, isWords: texts.length > 0 && numbers * 2 <= texts.length };
  }

  function isHead(row) {
    return row.some((text) => /累计|本月|备注|指标|单位|序号/.test(text)) && !row.some(isNumber);
  }

  /* Which columns of the pasted block go where: {rows, notes} or {refused}. `room`: columns from the cell on. */
  function arrange(rows, field, room) {
    const notes = [];
    while (rows.length > 1 && isHead(rows[0])) {
      rows = rows.slice(1);
      notes.push("表头一行没有用");
    }
    const width = Math.max(...rows.map((row) => row.length));
    let skip = 0;
    if (field === "value" && width > 1) {
      while (skip < width - 1 && !tell(rows, skip).isNumbers && tell(rows, skip).isWords) {
        skip += 1;
      }
      if (skip && !tell(rows, skip).isNumbers) {
        skip = 0;
      }
      if (tell(rows, skip).isNumbers && skip + 1 < width && tell(rows, skip + 1).isNumbers) {
        return { refused: "粘贴的内容有好几列数，不知道哪一列是本月累计，没有改动。请在表格里只复制本月累计一列（可以连同右边的备注）再粘贴。" };
      }
    }
    if (skip) {
      notes.push("左边 " + skip + " 列文字没有用，按行的位置对应，没有按名称核对");
    }
    if (width - skip > room) {
      notes.push("右边多出的 " + (width - skip - room) + " 列没有用");
    }
    return { rows: rows.map((row) => row.slice(skip, skip + room)), notes };
  }

  /* Paste a block from this cell downwards. Everything it did, and what it did not, is said in one band. */
  function paste(input, pasted) {
    const cells = pasted.reduce((sum, row) => sum + row.length, 0);
    if (cells > MOST_CELLS) {
      refuse("一次最多粘贴 " + MOST_CELLS + " 格，剪贴板里有 " + cells + " 格，没有改动。请只复制要填的那一两列；整张表请用“导入”。");
      return;
    }
    const field = entry.fieldOf(input);
    const names = entry.cells.fields();
    const columns = names.slice(names.indexOf(field));
    const plan = arrange(pasted, field, columns.length);
    if (plan.refused) {
      refuse(plan.refused);
      return;
    }
    const lines = entry.visibleRows();
    const start = lines.indexOf(entry.rowOf(input));
    const changes = [];
    const counts = { filled: 0, cleared: 0, notOurs: 0, same: 0 };
    plan.rows.slice(0, lines.length - start).forEach((texts, at) => {
      const row = lines[start + at];
      texts.forEach((text, column) => {
        const target = row.input(columns[column]);
        if (!target) {
          counts.notOurs += text && !NO_TASK.includes(text) ? 1 : 0;
        } else if (target.value === text) {
          counts.same += text ? 1 : 0;
        } else {
          counts[text ? "filled" : "cleared"] += 1;
          changes.push({ row, field: columns[column], text });
        }
      });
    });
    entry.cells.write(changes);
    say(plan, counts, plan.rows.length - (lines.length - start));
  }

  function say(plan, counts, over) {
    const words = ["粘贴 " + plan.rows.length + " 行：填入 " + counts.filled + " 格"];
    if (counts.same) {
      words.push(counts.same + " 格和原来一样");
    }
    if (counts.cleared) {
      words.push("清空 " + counts.cleared + " 格（粘贴的是空格子）");
    }
    if (counts.notOurs) {
      words.push(counts.notOurs + " 格不归您填或没有任务，没有动");
    }
    if (over > 0) {
      words.push("后 " + over + " 行在表里没有对应的行，没有填，仍在剪贴板里");
    }
    const isDoubtful = over > 0 || counts.notOurs > 0 || plan.notes.length > 0;
    const text = words.concat(plan.notes).join("；") + "。Ctrl+Z 撤销这次粘贴。";
    entry.band("paste", isDoubtful ? "warning" : "info", text);
  }

  function refuse(sentence) {
    entry.band("paste", "error", sentence);
  }

  document.addEventListener("paste", (event) => {
    const input = event.target;
    if (!entry.cells.isGrid(input) || !event.clipboardData) {
      return;
    }
    const data = event.clipboardData;
    const text = data.getData("text/plain");
    let rows = text ? parseText(text) : parseHtml(data.getData("text/html"));
    if (!rows.length) {
      if (Array.from(data.types).includes("Files")) {
        event.preventDefault();
        refuse("剪贴板里是图片，不是表格里的字，没有改动。请在 WPS 或 Excel 里选中单元格重新复制。");
      }
      return;
    }
    event.preventDefault();
    const isOne = rows.length === 1 && rows[0].length === 1;
    if (isOne && entry.cells.hasBlock()) {
      const lines = entry.cells.selected();
      rows = lines.map(({ names }) => names.map(() => rows[0][0]));
      entry.cells.write(lines.flatMap(({ row, names }, at) => names.map((field, column) => ({ row, field, text: rows[at][column] }))));
    } else if (isOne) {
      /* Like typing, so that the browser's own undo knows it. */
      document.execCommand("insertText", false, rows[0][0]);
    } else {
      const first = entry.cells.hasBlock() && entry.cells.selected()[0];
      paste(first ? first.row.input(first.names[0]) || input : input, rows);
    }
  });

  /* ---------- Copy ---------- */
  /* 无任务 is not the same as empty, in a spreadsheet too. */
  function shown(row, field) {
    const input = row.input(field);
    if (input) {
      /* The cell one stands in still shows what was typed; copied is what is stored: 1,000, not １０００. */
      const known = row.known && row.known[field];
      return known && known.sent === input.value ? known.shown : input.value;
    }
    if (entry.columns) {
      return row.column(field);
    }
    const text = field === "value" || field === "remark" ? row.column(field) : "";
    return text || (field === "value" && ["无任务", "不适用"].includes(row.column("target")) ? "无任务" : "");
  }

  function asText(rows) {
    const quote = (text) => (/["\t\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text);
    return rows.map((texts) => texts.map(quote).join("\t")).join("\r\n");
  }

  function asHtml(rows) {
    const table = document.createElement("table");
    rows.forEach((texts) => {
      const line = table.insertRow();
      texts.forEach((text) => {
        line.insertCell().textContent = text;
      });
    });
    return table.outerHTML;
  }

  function copy(event) {
    const input = document.activeElement;
    const isCaret = entry.cells.isGrid(input) && input.selectionStart === input.selectionEnd;
    if (!entry.cells.isGrid(input) || !(entry.cells.hasBlock() || (isCaret && event.type === "copy"))) {
      return;
    }
    const rows = entry.cells.selected().map(({ row, names }) => names.map((field) => shown(row, field)));
    event.clipboardData.setData("text/plain", asText(rows));
    event.clipboardData.setData("text/html", asHtml(rows));
    event.preventDefault();
    if (event.type === "cut") {
      entry.cells.clear();
    }
  }

  document.addEventListener("copy", copy);
  document.addEventListener("cut", copy);

  /* Put a text into the clipboard from a button: the page may be without https, where only this works. */
  function put(text) {
    const box = document.createElement("textarea");
    box.value = text;
    box.setAttribute("aria-label", "复制");
    box.className = "entry-copy-box";
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }

  entry.paste = { parseText, parseHtml, arrange, put };
})();
