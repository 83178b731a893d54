// Looks every 2 s while it is shown, and says what is the matter where it cannot.
const lookEvery = 2000;
const looking = {timer: undefined, busy: false, lostSince: undefined, shownAt: 0};

async function look() {
  clearTimeout(looking.timer);
  if (looking.busy || document.hidden || !byId("token-form").hidden) return;
  looking.busy = true;
  try {
    const [statusText, readings] = await Promise.all([getText("/status"), getJson("/readings")]);
    takeStatus(statusText);
    takeReadings(readings);
    found();
    showAgent();
    showList();
    if (detail.id) {
      showDetail();
      await lookAtComponents();
    }
  } catch (error) {
    failed(error);
  } finally {
    looking.busy = false;
    if (!document.hidden && byId("token-form").hidden) looking.timer = setTimeout(look, lookEvery);
  }
}

function failed(error) {
  if (error.kind === "token") return askForToken(error.message);
  if (error.kind === "refused") return putWords(byId("banner"), `The agent answers: ${error.message}`);
  if (error.kind !== "lost") throw error;  // a defect of this page: the console shows it
  if (!looking.lostSince) {
    looking.lostSince = Date.now();
    breakPlots();
    document.body.dataset.lost = "yes";
  }
  const seen = looking.shownAt ? ` What is shown is of ${clock(looking.shownAt)}.` : "";
  putWords(byId("banner"), `No agent answers here since ${clock(looking.lostSince)}. Trying again every 2 s.${seen}`);
}

function found() {
  if (looking.lostSince) say("The agent answers again");
  looking.lostSince = undefined;
  looking.shownAt = Date.now();
  delete document.body.dataset.lost;
  putWords(byId("banner"), "");
  byId("views").hidden = false;
}

function showAgent() {
  const {status} = model;
  put(byId("agent-version"), status.version);
  byId("link").hidden = false;
  put(byId("link-state"), status.link.state);
  mark(byId("link-state"), "data-tone", linkTone[status.link.state] || "bad");
  put(byId("link-where"), status.controlPlane);
  put(byId("link-reason"), status.link.reason || "");
  put(byId("agent-facts"), [`pid ${status.pid}, ${duration(status.uptimeSeconds)}`, status.vectorVersion ? `Vector ${status.vectorVersion}` : "",
                            status.upgrade || ""].filter(Boolean).join(" · "));
  const bad = status.pipelines.filter((pipeline) => pipeline.tone === "bad").length + (linkTone[status.link.state] === "ok" ? 0 : 1);
  const title = `${bad ? `(${bad}) ` : ""}vf-agent ${location.host}`;
  if (document.title !== title) document.title = title;
}

// Nothing of what was shown stays on the screen of somebody without a token.
function askForToken(why) {
  keepToken("");
  clearTimeout(looking.timer);
  closeDetail();
  model.status = undefined;
  model.statusText = "";
  model.flows.clear();
  showList();
  byId("link").hidden = true;
  put(byId("agent-version"), "");
  put(byId("agent-facts"), "");
  document.title = "vf-agent";
  byId("views").hidden = true;
  putWords(byId("banner"), "");
  byId("token-form").hidden = false;
  putWords(byId("token-why"), why);
  byId("token").value = "";
  byId("token").focus();
}

// "#/pipeline/<id>" is an open pipeline, so that the browser's own Back and bookmarks work.
const addressOf = (id) => "#/pipeline/" + encodeURIComponent(id);

function followAddress() {
  if (takeTokenFromAddress()) return begin();
  const open = /^#\/pipeline\/(.+)$/.exec(location.hash);
  let id;
  try {
    id = open && decodeURIComponent(open[1]);
  } catch (error) {
    id = undefined;  // no address of ours
  }
  const before = detail.id;
  if (id) openDetail(id);
  else if (before) closeDetail();
  document.body.dataset.view = id ? "detail" : "list";
  markOpenRow(id);
  if (id && id !== before) {
    byId("d-name").focus({preventScroll: true});
    look();
  } else if (before && !id) {
    focusRow(list.rows.get(before) || list.current);
  }
}

function leaveDetail() {
  if (history.state && history.state.fromList) history.back();
  else location.hash = "#/";
}

function openFromList(id) {
  if (id === detail.id) return byId("d-name").focus();
  if (detail.id) {
    history.replaceState(history.state, "", addressOf(id));
    followAddress();
  } else {
    location.hash = addressOf(id);
    history.replaceState({fromList: true}, "");
  }
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "/" && !typing) {
    const panel = event.target.closest("#detail") || getComputedStyle(byId("list")).display === "none" ? byId("panel-" + detail.tab) : undefined;
    const field = (panel && panel.querySelector("input[type=search]")) || byId("search");
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "Escape") {
    if (typing && event.target.type === "search" && event.target.value) {
      event.target.value = "";
      event.target.dispatchEvent(new Event("input"));
      event.preventDefault();
    } else if (typing && event.target.type === "search") {
      if (event.target.closest("#detail")) byId("d-name").focus();
      else focusRow(list.current);
    } else if (event.target.closest("[role=tabpanel]")) {
      byId("tab-" + detail.tab).focus();  // one more leaves, and ends a tap
    } else if (detail.id) {
      leaveDetail();
    }
  }
}

function begin() {
  if (!token()) return askForToken("");
  byId("token-form").hidden = true;
  followAddress();
  look();
}

startTheme();
startList(openFromList);
startDetail();
byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken(byId("token").value.trim());
  begin();
});
byId("d-back").addEventListener("click", leaveDetail);
addEventListener("hashchange", followAddress);
addEventListener("keydown", keys);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    clearTimeout(looking.timer);
    breakPlots();
  } else {
    look();
  }
  followLog();
});
takeTokenFromAddress();
begin();
