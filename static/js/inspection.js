/* The visit's page keeps what is typed and taken in this browser until the server has answered. Without a network a
   visit waits and is sent again by itself, under the same key, so that twice is one. Nobody else's is read. */
(() => {
  const form = document.getElementById("visit");
  if (!form || !window.indexedDB) return;
  const START = `${form.dataset.user}:`;
  const key = () => START + form.elements.client_key.value;
  const make = (tag, more) => Object.assign(document.createElement(tag), more);
  const network = document.getElementById("visit-network");
  const list = document.getElementById("visit-photos");
  const count = document.getElementById("visit-count");
  const stored = list.children.length;
  const SKIPPED = ["csrfmiddlewaretoken", "camera", "album"];
  const AGAIN = 20000;
  const LARGEST = 20 * 1024 * 1024;
  let photos = [];
  let busy = false;

  /** Do something with the store; resolves to the request's result, null where the browser keeps nothing. */
  function store(mode, deed) {
    return new Promise((resolve) => {
      const opening = window.indexedDB.open("livelihood-visits", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("visits");
      opening.onerror = () => resolve(null);
      opening.onsuccess = () => {
        const transaction = opening.result.transaction("visits", mode);
        const asked = deed(transaction.objectStore("visits"));
        transaction.oncomplete = () => resolve(asked.result);
        transaction.onerror = () => resolve(null);
        transaction.onabort = () => resolve(null);
      };
    });
  }

  const fields = () => [...new window.FormData(form)].filter(([name]) => !SKIPPED.includes(name));

  function keep(step) {
    const record = { path: window.location.pathname + window.location.search, step: step || "", fields: fields(), photos };
    return store("readwrite", (visits) => visits.put(record, key()));
  }

  const forget = (id) => store("readwrite", (visits) => visits.delete(id));

  async function all() {
    const keys = (await store("readonly", (visits) => visits.getAllKeys())) || [];
    const records = (await store("readonly", (visits) => visits.getAll())) || [];
    return keys.map((id, nth) => ({ id, ...records[nth] })).filter(({ id }) => String(id).startsWith(START));
  }

  function say(text, ...buttons) {
    network.textContent = text;
    buttons.forEach(([label, action]) => {
      const button = make("button", { type: "button", className: "btn btn-sm btn-outline-secondary", textContent: label });
      button.addEventListener("click", action);
      network.append(button);
    });
    network.hidden = !text;
  }

  function complain(sentences) {
    const box = document.getElementById("visit-errors");
    box.textContent = "";
    sentences.forEach((sentence) => box.append(make("p", { textContent: sentence })));
    if (sentences.length) box.scrollIntoView({ block: "center" });
  }

  /** Say at once of a file why the server would not take it; "" where nothing speaks against it. */
  function fault(file) {
    const large = Math.round(file.size / 1024 / 1024);
    if (file.size > LARGEST) return `${file.name}：太大（${large} MB），没有加上；每张最多 20 MB。`;
    if (/\.(heic|heif)$/i.test(file.name)) return `${file.name}：是 HEIC 照片，没有加上；请在手机“设置—相机—格式”里选“兼容性最佳”，或者另存为 JPG。`;
    if (!/^image\/(jpeg|png)$/.test(file.type)) return `${file.name}：不是 JPG、PNG 照片，没有加上。`;
    return "";
  }

  function show(photo) {
    const item = make("li", {});
    const picture = make("img", { alt: photo.name, src: window.URL.createObjectURL(photo) });
    const drop = make("button", { type: "button", className: "btn btn-sm btn-outline-secondary", textContent: "移除" });
    drop.addEventListener("click", () => {
      photos = photos.filter((one) => one !== photo);
      item.remove();
      tell();
      keep();
    });
    item.append(picture, make("span", { className: "small second", textContent: "还没有上传" }), drop);
    list.append(item);
  }

  function tell() {
    count.textContent = String(stored + photos.length);
    const text = form.elements.text;
    document.getElementById("visit-length").textContent = `${text.value.length} / ${text.maxLength}`;
  }

  /** Send a record; true once the server has it, an array of sentences where it refuses, false without an answer. */
  async function send(record) {
    const data = new window.FormData();
    data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    record.fields.forEach(([name, value]) => data.append(name, value));
    data.append("step", record.step);
    record.photos.forEach((photo) => data.append("album", photo, photo.name));
    let answer;
    try {
      answer = await window.fetch(record.path, { method: "POST", body: data, headers: { Accept: "application/json" } });
    } catch {
      return false;
    }
    const isOurs = (answer.headers.get("Content-Type") || "").includes("json");
    if (answer.status === 422 && isOurs) return (await answer.json()).errors;
    if (answer.status === 413) return ["照片太大，没有收下；请每张不超过 20 MB。"];
    if (answer.ok && isOurs) {
      await forget(record.id);
      return true;
    }
    if (answer.status === 401 || answer.redirected) return ["登录已过期，内容还在本机。请重新登录后回到这一页再保存。"];
    if (answer.status === 403) return ["现在不能保存（没有权限，或页面已过期），内容还在本机。请刷新页面再试。"];
    return false;
  }

  async function waiting() {
    return (await all()).filter(({ step }) => step);
  }

  async function sayWaiting() {
    const count = (await waiting()).length;
    if (count) say(`! 没有网络，本机已存 ${count} 条，有网后自动上传`, ["再记一条", next]);
    else say("");
  }

  /** Begin another visit while one waits: a key of its own, unit and people as before. */
  function next() {
    const parts = [...window.crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0"));
    form.elements.client_key.value = parts.join("");
    form.elements.text.value = "";
    form.elements.place.value = "";
    [...form.querySelectorAll("[name=reasons]")].forEach((box) => { box.checked = false; });
    photos = [];
    [...list.children].forEach((item) => item.remove());
    tell();
  }

  /** Send what waits, one after the other; what is refused is offered to be mended. */
  async function flush() {
    if (busy) return;
    busy = true;
    for (const record of await waiting()) {
      const outcome = await send(record);
      if (Array.isArray(outcome)) {
        await store("readwrite", (visits) => visits.put({ ...record, step: "" }, record.id));
        busy = false;
        offer(outcome);
        return;
      }
      if (!outcome) break;
    }
    busy = false;
    sayWaiting();
  }

  function fill(record) {
    photos = [];
    [...list.children].slice(stored).forEach((item) => item.remove());
    const given = new Map();
    record.fields.forEach(([name, value]) => given.set(name, [...(given.get(name) || []), value]));
    [...form.elements].forEach((element) => {
      if (!element.name || element.type === "file" || element.tagName === "BUTTON" || element.name === "csrfmiddlewaretoken") return;
      const values = given.get(element.name) || [];
      if (element.type === "checkbox") element.checked = values.includes(element.value);
      else element.value = values[0] || "";
    });
    photos = record.photos;
    photos.forEach(show);
    tell();
  }

  /** Ask what becomes of visits that were typed and never sent. */
  async function offer(sentences = []) {
    const left = (await all()).filter(({ id, step }) => !step && (id !== key() || sentences.length));
    if (!left.length) return;
    const record = left[left.length - 1];
    complain(sentences);
    say(
      `有 ${left.length} 条没有送出：`,
      ["恢复", () => { fill(record); say(""); }],
      ["丢弃", async () => { await forget(record.id); say(""); offer(); }],
    );
  }

  form.addEventListener("input", () => { tell(); keep(); });
  form.addEventListener("change", ({ target }) => {
    if (target.type === "file") {
      const chosen = [...target.files].filter((file) => !fault(file));
      complain([...target.files].map(fault).filter(Boolean));
      photos = photos.concat(chosen);
      chosen.forEach(show);
      target.value = "";
      tell();
    }
    keep();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    const step = (event.submitter && event.submitter.value) || "record";
    const record = { id: key(), path: window.location.pathname + window.location.search, step, fields: fields(), photos };
    const isKept = (await keep(step)) !== null;
    busy = true;
    say("› 正在保存…");
    const outcome = await send(record);
    busy = false;
    if (outcome === true) {
      window.location.assign(form.dataset.list);
      return;
    }
    if (Array.isArray(outcome)) {
      await keep();
      say("");
      complain(outcome);
      return;
    }
    complain([]);
    if (isKept) sayWaiting();
    else say("! 没有网络，这个浏览器也存不下：请不要关闭页面，有网后再点保存。");
  });
  window.addEventListener("online", flush);
  window.setInterval(flush, AGAIN);

  document.body.classList.add("has-script");
  tell();
  waiting().then((rows) => (rows.length ? flush() : offer()));
})();
