// Calls of the agent (docs/local-api.md) with the token, which this tab alone keeps.
class Failure extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;  // "lost": no agent answers; "token": it wants another token; "refused": it said why not
  }
}

const tokenKey = "vf-agent-token";
const token = () => sessionStorage.getItem(tokenKey) || "";

function keepToken(text) {
  if (text) sessionStorage.setItem(tokenKey, text);
  else sessionStorage.removeItem(tokenKey);
}

// Moves a token out of the address, where it would end in bookmarks and over shoulders. True where there was one.
function takeTokenFromAddress() {
  const found = /^#token=([^&]*)/.exec(location.hash);
  if (!found) return false;
  history.replaceState(null, "", location.pathname + location.search);
  try {
    keepToken(decodeURIComponent(found[1]));
  } catch (error) {
    keepToken(found[1]);  // a % that encodes nothing: it is the agent's to refuse
  }
  return true;
}

async function request(path, signal) {
  let answer;
  try {
    answer = await fetch("/api" + path, {headers: {Authorization: "Bearer " + token()}, signal, cache: "no-store"});
  } catch (error) {
    throw error.name === "AbortError" ? error : new Failure("lost", error.message);
  }
  if (answer.ok) return answer;
  const text = await answer.text().catch(() => "");
  let words = text;
  try {
    words = JSON.parse(text).error || text;
  } catch (error) {
    words = text || answer.statusText;  // not this agent's own words
  }
  if (answer.status === 401) throw new Failure("token", words);
  throw new Failure("refused", words || "status " + answer.status);
}

// The answer's text: comparing it with the last one is cheaper than taking it apart again.
async function getText(path) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), 10000);
  try {
    return await (await request(path, patience.signal)).text();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("lost", error.name === "AbortError" ? "it has not answered for 10 s" : error.message);
  } finally {
    clearTimeout(timer);
  }
}

const getJson = async (path) => JSON.parse(await getText(path));
const pipelinePath = (id) => "/pipelines/" + encodeURIComponent(id);

function readLine(line) {
  try {
    return JSON.parse(line);
  } catch (error) {
    return {notice: `a line of ${line.length} characters that cannot be read: ${error.message}`};
  }
}

// An NDJSON stream: each(object, line) for every line, until it ends or `signal` says so.
async function readStream(path, signal, each) {
  const answer = await request(path, signal);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const parts = [];  // of a line that has not come to its end
  for (;;) {
    let chunk;
    try {
      chunk = await reader.read();
    } catch (error) {
      throw error.name === "AbortError" ? error : new Failure("lost", error.message);
    }
    if (chunk.done) return;
    const lines = chunk.value.split("\n");
    for (let index = 0; index < lines.length - 1; ++index) {
      parts.push(lines[index]);
      const line = parts.join("");
      parts.length = 0;
      if (line.trim()) each(readLine(line), line);
    }
    parts.push(lines[lines.length - 1]);
  }
}
