"use strict";

// The page works without this: it is spared the reload, and a file may be dropped.
const form = document.getElementById("try");
const told = document.getElementById("told");
const seen = document.querySelector(".seen");
const file = document.getElementById("file");
let calls = 0;
let waiting;

function prepare() {
  for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;
  for (const part of document.querySelectorAll("[data-unscripted]")) part.hidden = true;
}

const isUpload = () => new FormData(form).get("patient") === "uploaded";

function address() {
  const given = new FormData(form);
  for (const name of ["file", "evidence", "whose"]) given.delete(name);
  if (!given.get("hook").startsWith("order-")) given.delete("order");
  if (!given.get("server")) given.delete("server");
  return `/?${new URLSearchParams(given)}`;
}

// Fires the hook by asking for the page anew, and takes over what came of it.
async function fire({ record = true } = {}) {
  clearTimeout(waiting);
  const call = ++calls;
  const upload = isUpload();
  const where = upload ? "/" : address();
  told.textContent = form.dataset.firing;
  seen.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(where, upload ? { method: "POST", body: new FormData(form) } : {});
    const came = new DOMParser().parseFromString(await answer.text(), "text/html");
    const result = came.getElementById("result");
    if (call !== calls) return;
    if (!result) throw new Error("no page");
    document.getElementById("result").replaceWith(document.adoptNode(result));
    document.querySelector(".language").href = came.querySelector(".language").getAttribute("href");
    if (!upload && record) history.pushState(null, "", where);
    prepare();
    told.textContent = document.getElementById("outcome")?.textContent ?? "";
  } catch {
    if (call === calls) told.textContent = form.dataset.failed;
  } finally {
    if (call === calls) seen.removeAttribute("aria-busy");
  }
}

function mark(patient) {
  for (const choice of form.elements.patient) choice.checked = choice.value === patient;
}

form.addEventListener("submit", (event) => {
  if (event.submitter && "whole" in event.submitter.dataset) return;
  event.preventDefault();
  fire().then(() => {
    // In a narrow window what came lies below the form.
    if (seen.getBoundingClientRect().top > innerHeight * 0.8) seen.scrollIntoView();
  });
});

// Choices at once; a moment is left for walking through them with the arrow keys.
document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.form !== form || !field.name) return;
  if (field === file) {
    if (!file.files.length) return;
    mark("uploaded");
    for (const choice of document.querySelectorAll("input[name=whose]")) choice.checked = false;
  } else if (isUpload() && !file.files.length) {
    if (field.name === "patient") file.focus();
    return;
  }
  clearTimeout(waiting);
  waiting = setTimeout(() => { if (form.checkValidity()) fire(); }, 200);
});

// The address names what is shown, so that the browser can go back.
window.addEventListener("popstate", () => {
  const given = new URLSearchParams(location.search);
  form.reset();
  for (const [name, value] of given) {
    const field = form.elements[name];
    if (field) field.value = value;
  }
  fire({ record: false });
});

const drop = document.getElementById("drop");
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (!event.dataTransfer.files.length) return;
  file.files = event.dataTransfer.files;
  file.dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const text = document.getElementById(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(text.textContent);
    told.textContent = button.dataset.done;
    button.textContent = button.dataset.done;
  } catch {
    getSelection().selectAllChildren(text);
    told.textContent = button.dataset.selected;
  }
});

prepare();
