// The event stream.  One tab of the browser listens and tells the others: a browser opens no more
// than six connections to a place, and each tab would hold one.

const AGAIN_MS = 60000; // after a refusal, which the browser does not try again
const CATCH_UP_MS = 1000;

let source = null;
let channel = null;
let release = null;
let hear = null;
let wasOpen = false;

function tell(kind, fields) {
  channel?.postMessage([kind, fields]);
  hear(kind, fields);
}

const isRefused = () => source?.readyState === EventSource.CLOSED;

function connect() {
  source?.close();
  source = new EventSource("/events/");
  // What came between the drawing of the page, or the loss of the stream, and now.
  source.addEventListener("open", () => {
    setTimeout(() => source && tell("list", {}), wasOpen ? 0 : CATCH_UP_MS);
    wasOpen = true;
  });
  for (const kind of ["mailbox", "list", "search"]) source.addEventListener(kind, ({ data }) => tell(kind, JSON.parse(data)));
  source.addEventListener("error", () => isRefused() && setTimeout(() => isRefused() && connect(), AGAIN_MS));
}

/** Calls `listener` with each kind of event and its fields, here or through the tab that listens. */
export function begin(listener) {
  hear = listener;
  channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("news") : null;
  channel?.addEventListener("message", ({ data: [kind, fields] }) => hear(kind, fields));
  if (!channel || !navigator.locks) return connect();
  const ending = new AbortController();
  const held = () => new Promise((resolve) => ((release = resolve), connect()));
  release = () => ending.abort();
  navigator.locks.request("news", { signal: ending.signal }, held).catch(() => {});
}

export function end() {
  source?.close();
  source = null;
  release?.();
  release = null;
  channel?.close();
  channel = null;
}
