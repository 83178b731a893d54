// Figures as people read them. Unknown ones are "–".
const unknown = "–";

// Three digits: 0, 0.42, 7.1, 86, 1.2k, 34k, 5.6M
function short(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return unknown;
  for (const [size, unit] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (value >= size * 0.9995) return digits(value / size) + unit;
  }
  return digits(value);
}

function digits(value) {
  if (value === 0) return "0";
  if (value < 0.01) return "<0.01";
  if (value < 1) return String(Number(value.toFixed(2)));
  return value < 9.95 ? String(Number(value.toFixed(1))) : String(Math.round(value));
}

const bytes = (value) => (value === undefined || value === null ? unknown : short(value) + (value < 999.5 ? " B" : "B"));
const perSecond = (value, unit = "") => (value === undefined ? unknown : (unit ? bytes(value) : short(value)) + "/s");
const percent = (share) => (share === undefined ? unknown : digits(share * 100) + "%");

// Seconds as 42 s, 12 min, 5 h 3 min, 3 d 4 h
function duration(seconds) {
  if (seconds === undefined) return unknown;
  if (seconds < 100) return Math.round(seconds) + " s";
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes + " min";
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return hours + " h" + (minutes % 60 ? " " + (minutes % 60) + " min" : "");
  return Math.floor(hours / 24) + " d" + (hours % 24 ? " " + (hours % 24) + " h" : "");
}

const twoDigits = (number) => String(number).padStart(2, "0");

// Milliseconds since 1970 as 03:12:45, or with the day where it is another one.
function clock(at) {
  const then = new Date(at);
  const time = [then.getHours(), then.getMinutes(), then.getSeconds()].map(twoDigits).join(":");
  if (then.toDateString() === new Date().toDateString()) return time;
  return `${then.getFullYear()}-${twoDigits(then.getMonth() + 1)}-${twoDigits(then.getDate())} ${time}`;
}

const plural = (count, one, many = one + "s") => `${count} ${count === 1 ? one : many}`;
