// The log tail of one pipeline, followed while it is shown in a tab that is shown.
class LogTail {
  constructor(panel) {
    this.list = new StreamList(panel, {
      most: 2000, noun: "line", label: "log", type: "text/plain",
      file: () => `${this.pipeline.name}.log`.replace(/[^\w.-]+/g, "_"),
      empty: () => (this.trouble ? this.trouble : "No line yet."),
    });
    this.known = new Map();  // number -> text of what the list has
  }

  follow(pipeline) {
    if (this.pipeline && this.pipeline.id !== pipeline.id) this.forget();
    this.pipeline = pipeline;
    if (this.running) return;
    const abort = new AbortController();
    this.running = abort;
    this.replay = true;
    readStream(`${pipelinePath(pipeline.id)}/logs?n=500&follow=1`, abort.signal, (object) => {
      this.trouble = "";
      if (typeof object.line === "string") this.takeLine(object.number, object.line);
      if (object.dropped > 0) this.takeDropped(object.dropped);
      if (object.notice) this.list.add({kind: "notice", text: object.notice});
      if (object.stopped) this.list.add({kind: "notice", text: object.stopped});
    }).then(() => this.again(abort), (error) => {
      if (error.name === "AbortError") return;
      if (error.kind === "token") return askForToken(error.message);
      this.trouble = error.message;
      this.list.showCount();
      this.again(abort);
    });
  }

  // A stream begins with lines that the list may have. Any other number that goes back is of a count that began anew: of
  // another agent, or of a pipeline that was gone for a while.
  takeLine(number, text) {
    if (this.next !== undefined && number < this.next) {
      if (this.replay && this.known.get(number) === text) return;
      this.list.add({kind: "notice", text: "lines are counted anew from here"});
      this.known.clear();
      this.next = undefined;
    }
    this.replay = false;
    if (this.next !== undefined && number > this.next) this.list.add({kind: "notice", text: `${plural(number - this.next, "line")} not seen`});
    this.next = number + 1;
    this.known.set(number, text);
    this.known.delete(number - this.list.most);
    this.list.add({kind: "line", text, tone: lineTone(text)});
  }

  takeDropped(count) {
    if (this.next !== undefined) this.next += count;
    this.list.addDropped(count);
  }

  again(abort) {
    if (this.running !== abort) return;
    this.running = undefined;
    this.retry = setTimeout(() => this.follow(this.pipeline), 2000);
  }

  stop() {
    clearTimeout(this.retry);
    if (this.running) this.running.abort();
    this.running = undefined;
  }

  forget() {
    this.stop();
    this.known.clear();
    this.next = undefined;
    this.trouble = "";
    this.list.pause(false);
    this.list.clear();
  }
}

function lineTone(text) {
  const level = /\b(ERROR|WARN)\b/.exec(text.slice(0, 80));
  return level ? {ERROR: "bad", WARN: "busy"}[level[1]] : undefined;
}
