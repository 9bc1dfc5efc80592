/* The clipboard, both ways, with WPS and Excel: text first, then an HTML table. A paste goes by the lines one sees,
   never by names and never into somebody else's cells; numbers themselves are read by the server. */
(function () {
  "use strict";

  const entry = window.entry;
  if (!entry) {
    return;
  }

  const { cells } = entry;
  const MOST_CELLS = 5000;
  const NO_TASK = ["/", "-", "--", "—", "——", "无任务", "不涉及"];
  /* A cell and what ends it. A quote that opens a cell is closed before a tab, a line's end or the end of the text;
     otherwise it is a quotation mark. */
  const CELL = /(?:"([^"]*(?:""[^"]*)*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r\n|\r|\n|$)/g;

  /* Spaces of every kind at the ends; line breaks and tabs inside a cell become one space. */
  function clean(text) {
    return text.replace(/[\u200b\ufeff]/g, "").replace(/[\u00a0\u3000]/g, " ").replace(/[\t\r\n]+/g, " ").trim();
  }

  /* Text with tabs, as spreadsheets copy it; a cell with a line break stands in quotes. */
  function parseText(text) {
    const rows = [[]];
    /* Spreadsheets end the last line too. */
    for (const [, quoted, plain, end] of text.replace(/(\r\n|\r|\n)$/, "").matchAll(CELL)) {
      rows[rows.length - 1].push(clean(quoted === undefined ? plain : quoted.replace(/""/g, '"')));
      if (end === "") {
        break;
      }
      if (end !== "\t") {
        rows.push([]);
      }
    }
    return rows;
  }

  /* A table in HTML; merged cells keep their place, hidden lines are left out. */
  function parseHtml(html) {
    const table = new window.DOMParser().parseFromString(html, "text/html").querySelector("table");
    const lines = table ? Array.from(table.rows).filter((line) => line.style.display !== "none" && line.style.height !== "0px") : [];
    const rows = lines.map(() => []);
    lines.forEach((line, at) => {
      Array.from(line.cells).forEach((cell) => {
        const column = rows[at].findIndex((text) => text === undefined);
        const start = column < 0 ? rows[at].length : column;
        rows.slice(at, at + cell.rowSpan).forEach((row, down) => {
          for (let right = 0; right < Math.min(cell.colSpan, 50); right += 1) {
            row[start + right] = down || right ? "" : clean(cell.textContent);
          }
        });
      });
    });
    return rows.map((row) => Array.from(row, (text) => text || ""));
  }

  function isNumber(text) {
    return /^[+\-－−]?[\d０-９][\d０-９,，.．]*\s*[^\d０-９\s]{0,6}$/.test(text);
  }

  /* Of a column: "numbers" where most texts are figures, "words" (names, units) where not, "" where nothing stands. */
  function kindOf(rows, column) {
    const texts = rows.map((row) => row[column] || "").filter((text) => text && !NO_TASK.includes(text));
    const isNumbers = texts.filter(isNumber).length * 2 > texts.length;
    return texts.length ? (isNumbers ? "numbers" : "words") : "";
  }

  function isHead(row) {
    return row.some((text) => /累计|本月|备注|指标|单位|序号/.test(text)) && !row.some(isNumber);
  }

  /* Which columns of the pasted block go where: {rows, notes} or {refused}. `room`: columns from the cell on. */
  function arrange(pasted, field, room) {
    const isBody = pasted.findIndex((row) => !isHead(row));
    const rows = pasted.slice(isBody < 0 ? pasted.length - 1 : isBody);
    const width = Math.max(...rows.map((row) => row.length));
    const kinds = Array.from({ length: width }, (_, column) => kindOf(rows, column));
    const words = kinds.findIndex((kind) => kind !== "words");
    const skip = field === "value" && kinds[words] === "numbers" ? words : 0;
    if (field === "value" && kinds[skip] === "numbers" && kinds[skip + 1] === "numbers") {
      return { refused: "粘贴的内容有好几列数，不知道哪一列是本月累计，没有改动。请在表格里只复制本月累计一列（可以连同右边的备注）再粘贴。" };
    }
    const notes = [
      rows.length < pasted.length ? "表头一行没有用" : "",
      skip ? `左边 ${skip} 列文字没有用，按行的位置对应，没有按名称核对` : "",
      width - skip > room ? `右边多出的 ${width - skip - room} 列没有用` : "",
    ];
    return { rows: rows.map((row) => row.slice(skip, skip + room)), notes: notes.filter(Boolean) };
  }

  /* Paste a block from this cell downwards. Everything it did, and what it did not, is said in one band. */
  function paste(input, pasted) {
    const size = pasted.reduce((sum, row) => sum + row.length, 0);
    if (size > MOST_CELLS) {
      refuse(`一次最多粘贴 ${MOST_CELLS} 格，剪贴板里有 ${size} 格，没有改动。请只复制要填的那一两列；整张表请用“导入”。`);
      return;
    }
    const names = cells.fields();
    const columns = names.slice(names.indexOf(entry.fieldOf(input)));
    const plan = arrange(pasted, entry.fieldOf(input), columns.length);
    if (plan.refused) {
      refuse(plan.refused);
      return;
    }
    const start = entry.rowOf(input);
    const rows = entry.visibleRows().filter((row) => row.part === start.part);
    const lines = rows.slice(rows.indexOf(start));
    const texts = plan.rows.slice(0, lines.length).flatMap((row, at) => row.map((text, column) => ({ row: lines[at], field: columns[column], text })));
    const isOurs = ({ row, field }) => row.input(field) !== null;
    const isNew = (change) => isOurs(change) && change.row.text(change.field) !== change.text;
    const changes = texts.filter(isNew);
    const counts = {
      same: texts.filter((change) => isOurs(change) && !isNew(change) && change.text).length,
      cleared: changes.filter(({ text }) => !text).length,
      notOurs: texts.filter((change) => !isOurs(change) && change.text && !NO_TASK.includes(change.text)).length,
      over: Math.max(plan.rows.length - lines.length, 0),
    };
    cells.write(changes);
    say(plan, changes.length - counts.cleared, counts);
  }

  function say(plan, filled, { same, cleared, notOurs, over }) {
    const words = [
      `粘贴 ${plan.rows.length} 行：填入 ${filled} 格`,
      same ? `${same} 格和原来一样` : "",
      cleared ? `清空 ${cleared} 格（粘贴的是空格子）` : "",
      notOurs ? `${notOurs} 格不归您填或没有任务，没有动` : "",
      over ? `后 ${over} 行在表里没有对应的行，没有填，仍在剪贴板里` : "",
      ...plan.notes,
    ];
    const isDoubtful = over || notOurs || plan.notes.length;
    entry.band("paste", isDoubtful ? "warning" : "info", words.filter(Boolean).join("；") + "。Ctrl+Z 撤销这次粘贴。");
  }

  function refuse(sentence) {
    entry.band("paste", "error", sentence);
  }

  document.addEventListener("paste", (event) => {
    const input = event.target;
    const data = event.clipboardData;
    if (!cells.isGrid(input) || !data) {
      return;
    }
    const text = data.getData("text/plain");
    const rows = text ? parseText(text) : parseHtml(data.getData("text/html"));
    const isOne = rows.length === 1 && rows[0].length === 1;
    const isPicture = !rows.length && data.types.includes("Files");
    if (rows.length || isPicture) {
      event.preventDefault();
    }
    if (isPicture) {
      refuse("剪贴板里是图片，不是表格里的字，没有改动。请在 WPS 或 Excel 里选中单元格重新复制。");
    } else if (isOne && cells.hasBlock()) {
      cells.write(cells.changesOf(cells.selected(), () => rows[0][0]));
    } else if (isOne) {
      /* Like typing, so that the browser's own undo knows it. */
      document.execCommand("insertText", false, rows[0][0]);
    } else if (rows.length) {
      const [first] = cells.selected();
      paste(first.row.input(first.names[0]) || input, rows);
    }
  });

  /* ---------- Copy ---------- */
  /* What is stored: 1,000, not １０００ as it was typed; and 无任务 is not the same as empty, in a spreadsheet too. */
  function shown(row, field) {
    const input = row.input(field);
    if (input) {
      const known = row.known && row.known[field];
      return known && known.sent === input.value ? known.shown : input.value;
    }
    const text = row.column(field);
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
      texts.forEach((text) => line.insertCell().append(text));
    });
    return table.outerHTML;
  }

  function copy(event) {
    const input = document.activeElement;
    const isCaret = event.type === "copy" && input.selectionStart === input.selectionEnd;
    if (cells.isGrid(input) && (cells.hasBlock() || isCaret)) {
      const rows = cells.selected().map(({ row, names }) => names.map((field) => shown(row, field)));
      event.clipboardData.setData("text/plain", asText(rows));
      event.clipboardData.setData("text/html", asHtml(rows));
      event.preventDefault();
      if (event.type === "cut") {
        cells.clear();
      }
    }
  }

  document.addEventListener("copy", copy);
  document.addEventListener("cut", copy);

  entry.paste = { parseText, parseHtml, arrange };
})();
