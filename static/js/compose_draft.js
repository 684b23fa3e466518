// A form and its draft on the server: saved three seconds after a change, one request at a time.

import { forget, keep } from "./compose_keep.js";
import { clearErrors, showErrors } from "./compose_errors.js";
import { ask, SignedOut } from "./compose_wire.js";

const WAIT_MS = 3000;
const RETRY_MS = 10000;

export class Draft {
  constructor(form) {
    this.form = form;
    this.syncs = []; // bring the fields up to date before they are read
    this.listeners = []; // hear every answer
    this.dirty = false;
    this.closed = false;
    this.running = Promise.resolve();
    this.timer = 0;
  }

  field = (name) => this.form.elements.namedItem(name);

  say(text) {
    this.form.querySelector("[data-saved]").textContent = text;
  }

  changed(text = "") {
    this.dirty = true;
    this.say(text);
    this.later(WAIT_MS);
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => keep(this), 1000);
  }

  later(wait) {
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => this.save({ auto: true }), wait);
  }

  /** Saves now; answers whether the server has it. */
  save({ auto = false } = {}) {
    clearTimeout(this.timer);
    return this.queue(async () => {
      if (this.closed) return false;
      this.dirty = false;
      try {
        const answer = await this.post("save", auto ? { autosave: "1" } : {});
        if (!this.dirty) (forget(this), this.say(answer.warning || "Saved"));
        if (this.signedOut && !answer.conflict) clearErrors(this.form);
        this.signedOut = false;
        return true;
      } catch (problem) {
        this.failed(problem);
        return false;
      }
    });
  }

  /** What is still unsaved is saved, and copied to the server's Drafts. */
  async finish() {
    await this.running;
    if (!this.dirty && (!this.form.dataset.touched || this.form.dataset.copied)) return true;
    const saved = await this.save();
    this.form.dataset.copied = saved ? "1" : "";
    return saved;
  }

  send(act = "send", more = {}) {
    clearTimeout(this.timer);
    return this.queue(async () => {
      try {
        const answer = await this.post(act, more);
        if (answer.next) this.end();
        return answer;
      } catch (problem) {
        this.failed(problem);
        return problem.answer ?? null;
      }
    });
  }

  end() {
    this.closed = true;
    this.dirty = false;
    clearTimeout(this.timer);
    clearTimeout(this.keeping);
    forget(this);
  }

  /** The page is going: one last save that outlives it. */
  leaveBehind() {
    if (!this.dirty || this.closed) return;
    keep(this);
    const body = this.body("save");
    fetch(this.form.action, { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } }).catch(() => {});
  }

  /** Something beside the fields has changed, so the copy in Drafts is behind. */
  touched() {
    this.form.dataset.touched = "1";
    this.form.dataset.copied = "";
  }

  queue(work) {
    this.running = this.running.then(work, work);
    return this.running;
  }

  body(act, more = {}) {
    for (const sync of this.syncs) sync();
    const body = new FormData(this.form);
    body.delete("files");
    for (const [name, value] of Object.entries({ do: act, ...more })) body.set(name, value);
    return body;
  }

  async post(act, more) {
    this.touched();
    const answer = await ask(this.form, this.form.action, this.body(act, more));
    this.adopt(answer);
    if (answer.revision !== undefined) this.field("revision").value = answer.revision;
    if (answer.conflict) showErrors(this.form, { form: answer.conflict });
    return answer;
  }

  /** From here on the form is about the draft that the server names. */
  adopt(answer) {
    if (!answer.key) return;
    this.form.action = answer.url;
    this.form.dataset.filesUrl = answer.files_url;
    this.form.dataset.draft = answer.key;
    this.form.dataset.limit = answer.limit_bytes;
    this.form.dataset.limitText = answer.limit_text;
    this.field("fresh").value = "";
    delete this.form.dataset.fresh;
    this.form.querySelector("[data-sender-note]").textContent = answer.sender_note;
    for (const carry of this.form.querySelectorAll('[name="carry"]')) carry.disabled = true;
    if (location.pathname !== answer.url) history.replaceState(history.state, "", answer.url);
    this.listeners.forEach((listener) => listener(answer));
  }

  failed(problem) {
    this.dirty = true;
    keep(this);
    this.signedOut = problem instanceof SignedOut;
    if (this.signedOut) showErrors(this.form, { form: "You were signed out. Your message is kept here.", link: { href: "/sign-in/?again=1", text: "Sign in" } });
    this.say("Not saved, trying again");
    this.later(RETRY_MS);
  }
}
