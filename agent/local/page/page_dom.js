// What touches the document. Whatever comes from outside goes in as text, never as markup: nothing here or elsewhere in
// the page makes markup of text.
const byId = (id) => document.getElementById(id);

// el("b", {class: "x", onclick: f}, "text", node, …)
function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

// These write only what changed: with 500 pipelines most of it did not.
function put(node, text) {
  if (node.shown !== text) {
    node.shown = text;
    node.textContent = text;
  }
}

function putWords(node, text) {
  put(node, text || "");
  show(node, Boolean(text));
}

function show(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

function mark(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

// For a screen reader; used for what somebody has asked for, not for figures.
function say(text) {
  byId("said").textContent = text;
}

async function copyText(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Without https a browser has no clipboard but on this machine's own address.
  const area = el("textarea", {class: "unseen", "aria-hidden": "true"});
  area.value = text;
  const before = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (before) before.focus();
  if (!done) throw new Error("this browser does not let a page copy");
}

function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], {type}));
  el("a", {href: address, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
