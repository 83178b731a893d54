// Live events of one component.
class Tap {
  constructor(panel) {
    this.title = el("b", {class: "tap-name"});
    this.state = el("span", {class: "tap-state muted"});
    this.toggle = el("button", {type: "button", class: "toggle", disabled: true, onclick: () => (this.running ? this.stop("stopped here") : this.start())}, "Start");
    this.list = new StreamList(panel, {
      most: 1000, noun: "event", label: "events", type: "application/x-ndjson",
      buttons: [this.title, this.state, this.toggle],
      file: () => `tap-${this.pipeline.name}-${this.component.id}-${new Date().toISOString().slice(0, 19).replace(/:/g, "")}.ndjson`.replace(/[^\w.-]+/g, "_"),
      empty: () => (this.component ? "No event yet." : "Choose a component in the graph above."),
    });
  }

  // Another component, or the same again, which starts it if it has ended.
  watch(pipeline, component) {
    const same = this.component && this.component.id === component.id && this.pipeline.id === pipeline.id;
    if (same && this.running) return;
    this.stop();
    if (!same) this.list.clear();
    this.pipeline = pipeline;
    this.component = component;
    this.start();
  }

  start() {
    const abort = new AbortController();
    this.running = abort;
    put(this.title, this.component.id);
    this.toggle.disabled = false;
    this.list.showCount();
    this.show("live", "Stop");
    const path = `${pipelinePath(this.pipeline.id)}/tap?component=${encodeURIComponent(this.component.id)}&limit=0`;
    const ended = (words) => {
      if (this.running === abort) this.end(words);
    };
    readStream(path, abort.signal, (object, line) => {
      if ("event" in object) this.list.add({kind: "event", text: eventText(object, line)});
      if (object.dropped > 0) this.list.addDropped(object.dropped);
      if (object.notice) this.list.add({kind: "notice", text: object.notice});
      if (object.stopped) ended(object.stopped);
    }).then(() => ended("the agent has ended it"), (error) => {
      if (error.name === "AbortError") return;
      ended(error.message);
      if (error.kind === "token") askForToken(error.message);
    });
    say(`Watching ${this.component.id}`);
  }

  end(words) {
    this.running.abort();
    this.running = undefined;
    this.show(`ended: ${words}`, "Start");
  }

  stop(words = "stopped") {
    if (this.running) this.end(words);
  }

  // Nothing of the last pipeline stays behind.
  forget() {
    this.stop();
    this.component = undefined;
    this.toggle.disabled = true;
    put(this.title, "");
    this.show("", "Start");
    this.list.pause(false);
    this.list.clear();
  }

  show(state, next) {
    put(this.state, state);
    mark(this.state, "data-tone", this.running ? "ok" : "off");
    put(this.toggle, next);
  }
}
