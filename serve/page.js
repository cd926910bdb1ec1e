"use strict";
const byID = id => document.getElementById(id);
const file = byID("file"), example = byID("example"), result = byID("result");
const maxBody = Number(document.body.dataset.maxBody);
let running = null; // ends the request that is on its way

// say tells what goes on. The rest is for whoever hears the page.
function say(text, rest = "") {
  const unseen = document.createElement("span");
  unseen.className = "unseen";
  unseen.textContent = rest;
  byID("status").replaceChildren(text, unseen);
}

function fail(text) {
  say("");
  byID("failure").textContent = text;
  byID("failure").hidden = false;
}

// ask shows what answer(signal) makes of a picture, unless something else is asked
// before it has come.
async function ask(name, answer) {
  running?.abort();
  const request = running = new AbortController();
  byID("failure").hidden = true;
  result.setAttribute("aria-busy", "true");
  say(`Looking at ${name} …`);
  try {
    const html = await answer(request.signal);
    result.innerHTML = html;
    result.hidden = false;
    document.body.classList.add("answered");
    say(name, `: ${result.querySelector(".tree").getAttribute("aria-label")}`);
    byID("seen").focus({ preventScroll: true });
    result.scrollIntoView();
  } catch (error) {
    if (request.signal.aborted) return;
    result.hidden = true;
    fail(error instanceof TypeError ? "The server did not answer. Is it still running?" : `${name}: ${error.message}`);
  } finally {
    if (request === running) result.removeAttribute("aria-busy");
  }
}

async function checked(response) {
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Error(body.error ?? `the server answers ${response.status}`);
}

async function classify(picture, id, signal) {
  if (picture.size > maxBody) throw new Error(`the picture has ${picture.size} bytes, the server takes ${maxBody}`);
  const response = await fetch("classify?" + new URLSearchParams({ id }), {
    method: "POST", body: picture, signal, headers: { Accept: "text/html", "Content-Type": "application/octet-stream" },
  });
  return (await checked(response)).text();
}

function askFile(picture) {
  const id = picture.name.replace(/\.[^.]*$/, "");
  return ask(picture.name, signal => classify(picture, id, signal));
}

file.addEventListener("change", () => {
  if (file.files.length > 0) askFile(file.files[0]);
  file.value = ""; // so that the same file can be chosen again
});

function askExample(n) {
  return ask(`Drawn galaxy ${n}`, async signal => {
    const drawn = await checked(await fetch(`example?n=${n}`, { signal }));
    return classify(await drawn.blob(), "", signal);
  });
}

example.addEventListener("click", () => {
  askExample(1 + Math.floor(Math.random() * Number(document.body.dataset.examples)));
});
const linked = location.hash.match(/^#example=(\d+)$/); // a link to one of them
if (linked) askExample(Number(linked[1]));

let depth = 0; // of elements that a dragged file is over
function over(change) {
  depth = Math.max(0, depth + change);
  document.body.classList.toggle("over", depth > 0);
}
const isFile = event => event.dataTransfer?.types.includes("Files");
document.addEventListener("dragenter", event => { if (isFile(event)) over(1); });
document.addEventListener("dragleave", event => { if (isFile(event)) over(-1); });
document.addEventListener("dragover", event => { if (isFile(event)) event.preventDefault(); });
document.addEventListener("drop", event => {
  if (!isFile(event)) return;
  event.preventDefault();
  over(-depth);
  if (event.dataTransfer.files.length !== 1) return fail("Drop one picture at a time.");
  askFile(event.dataTransfer.files[0]);
});
