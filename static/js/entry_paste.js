/* The clipboard, both ways, with WPS and Excel: text first, then an HTML table. A paste goes by the lines one sees,
   never by names and never into somebody else's cells; numbers themselves are read by the server. */
const { entry } = window;

const { grid } = entry;
const MOST_CELLS = 5000;
const NO_TASK = ["/", "-", "--", "—", "——", "无任务", "不涉及"];
const MANY_NUMBERS = "粘贴的内容有好几列数，不知道哪一列是累计数，没有改动。请在表格里只复制累计完成一列（可以连同右边的备注）再粘贴。";
const PICTURE = "剪贴板里是图片，不是表格里的字，没有改动。请在 WPS 或 Excel 里选中单元格重新复制。";
/* A cell and what ends it. A quote that opens a cell is closed before a tab, a line's end or the end of the text;
   otherwise it is a quotation mark. */
const CELL = /(?:"([^"]*(?:""[^"]*)*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r\n|\r|\n|$)/g;

/** Without spaces of every kind at the ends; line breaks and tabs inside a cell become one space. */
const clean = (text) => text.replace(/[\u200b\ufeff]/g, "").replace(/[\u00a0\u3000]/g, " ").replace(/[\t\r\n]+/g, " ").trim();

/** Text with tabs, as spreadsheets copy it; a cell with a line break stands in quotes. */
function parseText(text) {
  const rows = [[]];
  /* Spreadsheets end the last line too. */
  for (const [, quoted, plain, end] of text.replace(/(\r\n|\r|\n)$/, "").matchAll(CELL)) {
    rows[rows.length - 1].push(clean(quoted === undefined ? plain : quoted.replace(/""/g, '"')));
    if (end === "") break;
    if (end !== "\t") rows.push([]);
  }
  return rows;
}

/** A table in HTML; merged cells keep their place, hidden lines are left out. */
function parseHtml(html) {
  const table = new window.DOMParser().parseFromString(html, "text/html").querySelector("table");
  const lines = table ? [...table.rows].filter(({ style }) => style.display !== "none" && style.height !== "0px") : [];
  const rows = lines.map(() => []);
  lines.forEach((line, at) => {
    [...line.cells].forEach((cell) => {
      const gap = rows[at].findIndex((text) => text === undefined);
      const start = gap < 0 ? rows[at].length : gap;
      rows.slice(at, at + cell.rowSpan).forEach((row, down) => {
        for (let right = 0; right < Math.min(cell.colSpan, 50); right += 1) {
          row[start + right] = down || right ? "" : clean(cell.textContent);
        }
      });
    });
  });
  return rows.map((row) => Array.from(row, (text) => text || ""));
}

const isNumber = (text) => /^[+\-－−]?[\d０-９][\d０-９,，.．]*\s*[^\d０-９\s]{0,6}$/.test(text);
const isHead = (row) => row.some((text) => /累计|本[月周]|备注|指标|单位|序号/.test(text)) && !row.some(isNumber);

/** Of a column: "numbers" where most texts are figures, "words" (names, units) where not, "" where nothing stands. */
function kindOf(rows, column) {
  const texts = rows.map((row) => row[column] || "").filter((text) => text && !NO_TASK.includes(text));
  if (!texts.length) return "";
  return texts.filter(isNumber).length * 2 > texts.length ? "numbers" : "words";
}

/** Which columns of the pasted block go where: {rows, notes} or {refused}. `room`: columns from the cell on. */
function arrange(pasted, column, room) {
  const body = pasted.findIndex((row) => !isHead(row));
  const rows = pasted.slice(body < 0 ? pasted.length - 1 : body);
  const width = Math.max(...rows.map((row) => row.length));
  const kinds = Array.from({ length: width }, (_, at) => kindOf(rows, at));
  const words = kinds.findIndex((kind) => kind !== "words");
  const skip = column === "value" && kinds[words] === "numbers" ? words : 0;
  if (column === "value" && kinds[skip] === "numbers" && kinds[skip + 1] === "numbers") return { refused: MANY_NUMBERS };
  const notes = [
    rows.length < pasted.length && "表头一行没有用",
    skip && `左边 ${skip} 列文字没有用，按行的位置对应，没有按名称核对`,
    width - skip > room && `右边多出的 ${width - skip - room} 列没有用`,
  ];
  return { rows: rows.map((row) => row.slice(skip, skip + room)), notes: notes.filter(Boolean) };
}

const refuse = (sentence) => entry.band("paste", "error", sentence);

/** Paste a block from this box downwards. Everything it did, and what it did not, is said in one band. */
function paste({ line, column }, pasted) {
  const size = pasted.flat().length;
  if (size > MOST_CELLS) {
    refuse(`一次最多粘贴 ${MOST_CELLS} 格，剪贴板里有 ${size} 格，没有改动。请只复制要填的那一两列；整张表请用“导入”。`);
    return;
  }
  const columns = grid.columns.slice(grid.columns.indexOf(column));
  const plan = arrange(pasted, column, columns.length);
  if (plan.refused) {
    refuse(plan.refused);
    return;
  }
  const part = grid.lines().filter((one) => one.dataset.part === line.dataset.part);
  const lines = part.slice(part.indexOf(line));
  const texts = plan.rows.slice(0, lines.length).flatMap((row, at) => row.map((text, nth) => [grid.inputIn(grid.boxAt(lines[at], columns[nth])), text]));
  const changes = texts.filter(([input, text]) => input && input.value !== text);
  const cleared = changes.filter(([, text]) => !text).length;
  const same = texts.filter(([input, text]) => input && input.value === text && text).length;
  const notOurs = texts.filter(([input, text]) => !input && text && !NO_TASK.includes(text)).length;
  const over = Math.max(plan.rows.length - lines.length, 0);
  const words = [
    `粘贴 ${plan.rows.length} 行：填入 ${changes.length - cleared} 格`,
    same && `${same} 格和原来一样`,
    cleared && `清空 ${cleared} 格（粘贴的是空格子）`,
    notOurs && `${notOurs} 格不归您填或没有任务，没有动`,
    over && `后 ${over} 行在表里没有对应的行，没有填，仍在剪贴板里`,
    ...plan.notes,
  ];
  grid.write(changes);
  entry.band("paste", over || notOurs || plan.notes.length ? "warning" : "info", `${words.filter(Boolean).join("；")}。Ctrl+Z 撤销这次粘贴。`);
}

document.addEventListener("paste", (event) => {
  const { target, clipboardData: data } = event;
  if (!grid.isGrid(target) || !data) return;
  const text = data.getData("text/plain");
  const rows = text ? parseText(text) : parseHtml(data.getData("text/html"));
  if (!rows.length && !data.types.includes("Files")) return;
  event.preventDefault();
  if (!rows.length) {
    refuse(PICTURE);
  } else if (rows.length > 1 || rows[0].length > 1) {
    const [[box]] = grid.selected();
    paste({ line: box.closest("tr"), column: box.dataset.col }, rows);
  } else if (grid.hasBlock()) {
    grid.write(grid.selectedInputs().map((input) => [input, rows[0][0]]));
  } else {
    /* Like typing, so that the browser's own undo knows it. */
    document.execCommand("insertText", false, rows[0][0]);
  }
});

/* ---------- Copy ---------- */
/** What is stored: 1,000, not １０００ as it was typed; and 无任务 is not the same as empty, in a spreadsheet too. */
function shown(box) {
  const input = grid.inputIn(box);
  if (!input) return box.textContent.replace(/\s+/g, " ").trim() || box.dataset.empty || "";
  return input.sent === input.value ? input.defaultValue : input.value;
}

const quote = (text) => (/["\t\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

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
  if (!grid.isGrid(input) || !(grid.hasBlock() || isCaret)) return;
  const rows = grid.selected().map((boxes) => boxes.map(shown));
  event.clipboardData.setData("text/plain", rows.map((texts) => texts.map(quote).join("\t")).join("\r\n"));
  event.clipboardData.setData("text/html", asHtml(rows));
  event.preventDefault();
  if (event.type === "cut") grid.clear();
}

document.addEventListener("copy", copy);
document.addEventListener("cut", copy);

entry.paste = { parseText, parseHtml, arrange };
