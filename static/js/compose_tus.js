// One file to the server by tus 1.0.0: in pieces, and after a broken line from where it broke.

import { renewToken } from "./compose_wire.js";

const PIECE_BYTES = 2 * 1024 * 1024;
const FIRST_WAIT_MS = 1000;
const MOST_WAIT_MS = 30_000;

/** It will not come; `sentence` says why. */
export class Refused extends Error {
  constructor(sentence) {
    super("refused");
    this.sentence = sentence;
  }
}

class Broken extends Error {}

export class Transfer {
  /** `told` hears how much has arrived, `paused` that the line is gone; `turn` runs one request after another. */
  constructor(form, file, { url = "", facts = {}, turn, told, paused }) {
    Object.assign(this, { form, file, url, facts, turn, told, paused, offset: url ? -1 : 0, cancelled: false });
  }

  /** Settles when all has arrived, or it was cancelled; throws Refused. */
  async run() {
    let wait = FIRST_WAIT_MS;
    while (!this.cancelled) {
      const before = this.offset;
      try {
        await this.turn(() => this.step());
        if (this.url && this.offset === this.file.size) return;
        wait = FIRST_WAIT_MS;
      } catch (problem) {
        if (!(problem instanceof Broken)) throw problem;
        if (this.url) this.offset = -1; // the server knows how much it has
        this.paused(Math.max(before, 0));
        await this.pause(wait);
        wait = Math.min(wait * 2, MOST_WAIT_MS);
      }
    }
  }

  cancel() {
    this.cancelled = true;
    this.request?.abort();
    this.wake?.();
    if (this.url) this.ask("DELETE", this.url).catch(() => {});
  }

  /** Until the line is back, or a while has passed. */
  pause(wait) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake(), wait);
      this.wake = () => (clearTimeout(timer), removeEventListener("online", this.wake), resolve());
      addEventListener("online", this.wake);
    });
  }

  async step() {
    if (this.cancelled) return;
    if (!this.url) await this.create();
    else if (this.offset < 0) await this.look();
    else await this.send();
    if (!this.cancelled) this.told(this.offset);
  }

  async create() {
    const facts = { filename: this.file.name, filetype: this.file.type, ...this.facts };
    const pairs = Object.entries(facts).filter(([, value]) => value).map(([name, value]) => `${name} ${base64(value)}`);
    const headers = { "Upload-Length": String(this.file.size), "Upload-Metadata": pairs.join(",") };
    const answer = await this.ask("POST", `${this.form.dataset.filesUrl}resumable/`, headers);
    this.url = answer.getResponseHeader("Location");
  }

  async look() {
    const answer = await this.ask("HEAD", this.url);
    this.offset = Number(answer.getResponseHeader("Upload-Offset"));
  }

  async send() {
    const from = this.offset;
    const piece = this.file.slice(from, from + PIECE_BYTES);
    const headers = { "Upload-Offset": String(from), "Content-Type": "application/offset+octet-stream", ...(await checksum(piece)) };
    const answer = await this.ask("PATCH", this.url, headers, piece);
    this.offset = Number(answer.getResponseHeader("Upload-Offset"));
  }

  async ask(method, url, headers = {}, body = null) {
    let answer = await this.once(method, url, headers, body);
    if (answer.status === 403 && (await renewToken(this.form))) answer = await this.once(method, url, headers, body);
    const { status } = answer;
    if (status >= 200 && status < 300 && answer.getResponseHeader("Tus-Resumable")) return answer;
    // Not at its end, damaged, or written by a request that was given up: it is asked for its end.
    if ([409, 423, 460, 502, 503, 504].includes(status) || status === 0) throw new Broken();
    throw new Refused(sentenceOf(answer));
  }

  once(method, url, headers, body) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open(method, url);
      const all = { "Tus-Resumable": "1.0.0", Accept: "application/json", "X-CSRFToken": this.form.elements.namedItem("csrfmiddlewaretoken").value };
      for (const [name, value] of Object.entries({ ...all, ...headers })) request.setRequestHeader(name, value);
      if (body) request.upload.addEventListener("progress", ({ loaded }) => this.told(this.offset + loaded));
      request.addEventListener("loadend", () => resolve(request));
      request.send(body);
    });
  }
}

function sentenceOf({ status, responseText, responseURL }) {
  try {
    return JSON.parse(responseText).errors.files ?? "Not uploaded.";
  } catch {
    if (status === 410 || status === 404) return "Not uploaded: what had arrived is gone. Attach it again.";
    return /\/sign-in\//.test(responseURL) ? "Not uploaded: you were signed out." : "Not uploaded.";
  }
}

/** Only where the browser has the means: on plain HTTP beyond this machine it has none. */
async function checksum(piece) {
  if (!globalThis.crypto?.subtle) return {};
  const digest = await crypto.subtle.digest("SHA-256", await piece.arrayBuffer());
  return { "Upload-Checksum": `sha256 ${btoa(String.fromCharCode(...new Uint8Array(digest)))}` };
}

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
