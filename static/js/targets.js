/* 任务分解: moving and pasting in the table of targets, and how many cells differ from what stands. The server reads
   what was typed; nothing is stored before a person has seen what it does. */
const form = document.getElementById("targets");
const count = document.querySelector("[data-changed-count]");
const rows = [...form.querySelectorAll("tr.target-row")].map((row) => [...row.querySelectorAll("td.input-cell > input")]);
const MOVES = { ArrowDown: 1, ArrowUp: -1, Enter: 1 };

const placeOf = (input) => {
  const line = rows.findIndex((inputs) => inputs.includes(input));
  return { line, column: line < 0 ? -1 : rows[line].indexOf(input) };
};

function say(words) {
  Object.assign(count, { textContent: words, hidden: !words });
}

/** Colour the cells that say something else than what stands, and count them. */
function mark() {
  let changed = 0;
  rows.forEach((inputs) =>
    inputs.forEach((input) => {
      const differs = input.value.trim() !== input.dataset.now;
      input.parentNode.classList.toggle("is-changed", differs);
      changed += differs ? 1 : 0;
    }),
  );
  say(changed ? `已改 ${changed} 格，还没有存。` : "");
}

function goTo(input) {
  input.focus();
  input.select();
}

form.addEventListener("keydown", (event) => {
  const { line, column } = placeOf(event.target);
  const step = MOVES[event.key];
  if (line < 0 || !step || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const next = rows[line + (event.key === "Enter" && event.shiftKey ? -1 : step)];
  if (next) goTo(next[column]);
});

/* A block goes into the table from the cell with the keyboard on; what is blank in it changes nothing. */
form.addEventListener("paste", (event) => {
  const { line, column } = placeOf(event.target);
  const text = event.clipboardData.getData("text/plain").replace(/(\r\n|\r|\n)$/, "");
  if (line < 0 || !/[\t\r\n]/.test(text)) return;
  event.preventDefault();
  const block = text.split(/\r\n|\r|\n/).map((words) => words.split("\t"));
  const widest = Math.max(...block.map((words) => words.length));
  if (line + block.length > rows.length || column + widest > rows[0].length) {
    say(`粘贴的是 ${block.length} 行 ${widest} 列，从这一格起放不下，没有改动。`);
    return;
  }
  block.forEach((words, down) =>
    words.forEach((word, right) => {
      if (word.trim()) rows[line + down][column + right].value = word.trim();
    }),
  );
  mark();
});

form.addEventListener("input", mark);
mark();
