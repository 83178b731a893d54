// JSON as its bytes are: JSON.parse would round a number of more than 15 digits, and an event is evidence.

// What is after {"event": in a line of a tap, as it came. Where there are other members it is made anew.
function eventText(object, line) {
  const found = /^\s*\{\s*"event"\s*:\s*/.exec(line);
  if (found && Object.keys(object).length === 1) return line.slice(found[0].length, line.lastIndexOf("}")).trimEnd();
  return JSON.stringify(object.event);
}

// Valid JSON with a line for each member, down to a depth that anybody reads. Strings are found first, so that what is in
// them is let alone.
function prettyJson(text) {
  let depth = 0;
  let result = "";
  const newLine = () => (depth > 30 ? "" : "\n" + "  ".repeat(depth));
  const tokens = text.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g) || [];
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (token === "{" || token === "[") {
      if (next === "}" || next === "]") result += token;
      else {
        ++depth;
        result += token + newLine();
      }
    } else if (token === "}" || token === "]") {
      const before = tokens[index - 1];
      if (before === "{" || before === "[") result += token;
      else {
        const end = newLine().slice(0, -2);
        --depth;
        result += end + token;
      }
    } else if (token === ",") {
      result += token + newLine();
    } else {
      result += token === ":" ? ": " : token;
    }
  });
  return result;
}
