// A list that grows at its end: log lines or events, the last `most` of them or fewer where they are large, with a filter
// and a pause. What it had to let go is counted and shown. An item is {text, kind: "line"|"event"|"notice"}; an event can be opened.
const mostCharacters = 16 << 20;  // an event may have half a million

class StreamList {
  // `buttons` stand before the usual ones; `noun` is one of what it shows; `file()` names a download.
  constructor(panel, {most, noun, label, buttons = [], file, type, empty}) {
    Object.assign(this, {most, noun, file, type, empty, items: [], pending: [], paused: false, needle: "", atEnd: true});
    this.held = 0;     // characters of items and pending
    this.letGo = 0;    // by this page: they came too many
    this.dropped = 0;  // by the agent, as it said
    this.came = 0;
    this.filter = el("input", {type: "search", placeholder: "Filter", "aria-label": `Filter the ${label}`, spellcheck: "false",
                               autocomplete: "off", oninput: () => this.setFilter(this.filter.value)});
    this.pauseButton = el("button", {type: "button", class: "pause", "aria-pressed": "false", onclick: () => this.pause(!this.paused)}, "Pause");
    this.copyButton = el("button", {type: "button", class: "copy", onclick: () => this.copy()}, "Copy");
    this.downloadButton = el("button", {type: "button", class: "download", onclick: () => download(this.file(), this.type, this.chosenText())}, "Download");
    this.clearButton = el("button", {type: "button", class: "clear", onclick: () => this.clear()}, "Clear");
    this.count = el("span", {class: "count muted"});
    this.box = el("div", {class: "stream", role: "list", tabindex: "0", "aria-label": label});
    this.box.addEventListener("scroll", () => this.scrolled());
    this.box.addEventListener("keydown", (event) => this.move(event));
    this.newest = el("button", {type: "button", class: "newest", hidden: true, onclick: () => this.toEnd()}, "↓ Newest");
    panel.append(el("div", {class: "bar"}, ...buttons, this.filter, this.pauseButton, this.copyButton, this.downloadButton,
                    this.clearButton, this.count), el("div", {class: "frame"}, this.box, this.newest));
    this.showCount();
  }

  add(item) {
    if (item.kind !== "notice") ++this.came;
    this.pending.push(item);
    this.held += item.text.length;
    // Paused, or in a tab that is not shown: only the newest can ever be seen.
    if (this.pending.length > this.most * 2) this.letGoOf(this.pending, this.pending.length - this.most);
    else if (this.held > mostCharacters * 2) this.letGoOf(this.pending, this.pending.length >> 1);
    this.later();
  }

  // The oldest of a list.
  letGoOf(list, count) {
    for (const item of list.splice(0, count)) {
      this.held -= item.text.length;
      if (item.node) item.node.remove();
    }
    this.letGo += count;
  }

  // How many of the oldest are too many, of items and pending.
  tooMany() {
    const all = this.items.concat(this.pending);
    let [over, held] = [0, this.held];
    while (over < all.length - 1 && (all.length - over > this.most || held > mostCharacters)) held -= all[over++].text.length;
    return over;
  }

  addDropped(count) {
    this.dropped += count;
    this.add({text: `${plural(count, this.noun)} not shown: there were more than could be sent`, kind: "notice"});
  }

  // Ten times a second is as fast as anybody reads.
  later() {
    if (this.timer) return;
    this.timer = setTimeout(() => requestAnimationFrame(() => {
      this.timer = undefined;
      this.flush();
    }), 100);
  }

  flush() {
    if (!this.paused && this.pending.length) {
      const over = this.tooMany();
      const old = Math.min(over, this.items.length);
      this.letGoOf(this.items, old);
      this.letGoOf(this.pending, over - old);
      const nodes = this.pending.filter((item) => this.matches(item)).map((item) => this.nodeOf(item));
      this.items.push(...this.pending);
      this.pending = [];
      this.box.append(...nodes);
      if (this.atEnd) this.box.scrollTop = this.box.scrollHeight;
    }
    this.showCount();
  }

  nodeOf(item) {
    if (item.node) return item.node;
    if (item.kind === "event") {
      const button = el("button", {type: "button", class: "event", "aria-expanded": "false", tabindex: "-1",
                                   onclick: () => this.open(item)}, item.text.slice(0, 2000));
      item.node = el("div", {role: "listitem", class: "item closed"}, button);
    } else {
      item.node = el("div", {role: "listitem", class: "item " + item.kind}, item.text);
      if (item.tone) item.node.dataset.tone = item.tone;
    }
    return item.node;
  }

  open(item) {
    const button = item.node.firstChild;
    const opened = button.getAttribute("aria-expanded") === "true";
    mark(button, "aria-expanded", String(!opened));
    item.node.className = opened ? "item closed" : "item";
    if (opened) item.node.lastChild.remove();
    else item.node.append(el("pre", {}, prettyJson(item.text)));
    this.current = button;
  }

  // Arrow keys go through the events, Enter and Space open one.
  move(event) {
    if (!["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
    const buttons = [...this.box.querySelectorAll("button.event")];
    if (!buttons.length) return;
    const here = buttons.indexOf(document.activeElement);
    const newest = buttons.length - 1;
    const next = {ArrowDown: here < 0 ? newest : here + 1, ArrowUp: here < 0 ? newest : here - 1, Home: 0, End: newest}[event.key];
    event.preventDefault();
    buttons[Math.min(Math.max(next, 0), newest)].focus();
  }

  matches(item) {
    return !this.needle || item.kind === "notice" || item.text.toLowerCase().includes(this.needle);
  }

  setFilter(text) {
    this.needle = text.toLowerCase();
    this.box.replaceChildren(...this.items.filter((item) => this.matches(item)).map((item) => this.nodeOf(item)));
    if (this.atEnd) this.box.scrollTop = this.box.scrollHeight;
    this.showCount();
  }

  pause(paused) {
    this.paused = paused;
    mark(this.pauseButton, "aria-pressed", String(paused));
    put(this.pauseButton, paused ? "Continue" : "Pause");
    this.flush();
  }

  clear() {
    this.items = [];
    this.pending = [];
    this.came = this.letGo = this.dropped = this.held = 0;
    this.box.replaceChildren();
    this.atEnd = true;
    this.showCount();
  }

  // What the filter leaves, without notices.
  chosen() {
    return this.items.filter((item) => item.kind !== "notice" && this.matches(item));
  }

  chosenText() {
    return this.chosen().map((item) => item.text + "\n").join("");
  }

  async copy() {
    const count = this.chosen().length;
    try {
      await copyText(this.chosenText());
      this.tell(`${plural(count, this.noun)} copied`);
    } catch (error) {
      this.tell(`Not copied: ${error.message}`);
    }
  }

  tell(words) {
    say(words);
    this.told = words;
    this.showCount();
    clearTimeout(this.untell);
    this.untell = setTimeout(() => {
      this.told = "";
      this.showCount();
    }, 3000);
  }

  scrolled() {
    this.atEnd = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < 30;
    this.newest.hidden = this.atEnd;
  }

  toEnd() {
    this.atEnd = true;
    this.box.scrollTop = this.box.scrollHeight;
  }

  showCount() {
    const parts = [];
    if (this.told) parts.push(this.told);
    if (this.needle) parts.push(`${this.chosen().length} of ${this.items.filter((item) => item.kind !== "notice").length} match`);
    else parts.push(plural(this.came, this.noun));
    if (this.paused) parts.push(`paused, ${this.pending.length} wait`);
    if (this.letGo) parts.push(`the oldest ${this.letGo} let go`);
    if (this.dropped) parts.push(`${this.dropped} dropped by the agent`);
    put(this.count, parts.join(" · "));
    this.box.dataset.empty = this.items.length ? "" : this.empty();
  }
}
