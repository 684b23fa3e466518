// A form and its draft on the server: saved five seconds after the last change, fifteen after
// the first, one request at a time.

import { forget, keep } from "./compose_keep.js";
import { adopt } from "./compose_adopt.js";
import { clearErrors, showErrors, SIGNED_OUT } from "./compose_errors.js";
import { Marks } from "./compose_marks.js";
import { ask, Offline, SignedOut } from "./compose_wire.js";

const IDLE_MS = 5000;
const MOST_MS = 15000;
const KEEP_MS = 1000;
const RETRY_MS = 10000;

export class Draft {
  constructor(form) {
    this.form = form;
    this.syncs = []; // bring the fields up to date before they are read
    this.listeners = []; // hear every answer
    this.uploads = new Set(); // promises of files on their way
    this.marks = new Marks(form.dataset.marks);
    this.dirty = this.saving = this.closed = false;
    this.running = Promise.resolve();
    this.timer = 0;
    this.since = 0; // when the first of the unsaved changes was made
  }

  // By name alone: the chips' entry has the id of its field, and a form knows both by that word.
  field = (name) => this.form.querySelector(`[name="${name}"]`);
  say = (text) => (this.form.querySelector("[data-saved]").textContent = text);

  changed(text = "") {
    this.dirty = true;
    this.say(text);
    this.since ||= Date.now();
    this.later(Math.max(0, Math.min(IDLE_MS, this.since + MOST_MS - Date.now())));
    // Not put off by the next key: who types without a pause is kept all the same.
    this.keeping ||= setTimeout(() => this.keepNow(), KEEP_MS);
  }

  /** Whether there is anything of which the server has not said that it has it. */
  get isUnstored() {
    return (this.dirty || this.saving) && !this.closed;
  }

  keepNow() {
    clearTimeout(this.keeping);
    this.keeping = 0;
    if (this.isUnstored) keep(this);
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
      this.saving = true;
      this.since = 0;
      try {
        const answer = await this.post("save", auto && !this.behind ? { autosave: "1" } : {});
        this.behind = false;
        if (!this.dirty) (forget(this), this.say(answer.warning || "Saved"));
        if (this.signedOut && !answer.conflict) clearErrors(this.form);
        this.signedOut = false;
        return true;
      } catch (problem) {
        this.failed(problem);
        return false;
      } finally {
        this.saving = false;
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
    for (const timer of [this.timer, this.keeping]) clearTimeout(timer);
    forget(this);
  }

  /** Something has changed, so the copy in Drafts is behind; for a file, the next save brings it along. */
  touched({ file = false } = {}) {
    Object.assign(this.form.dataset, { touched: "1", copied: "" });
    if (!file) return;
    this.behind = true;
    this.later(IDLE_MS);
  }

  queue(work) {
    const done = this.running.then(work);
    this.running = done.catch(() => {}); // whoever waits for the line to be free is not told how it went
    return done;
  }

  body(act, more = {}) {
    for (const sync of this.syncs) sync();
    const body = new FormData(this.form);
    body.delete("files");
    for (const [name, value] of Object.entries({ do: act, marks: this.marks.next(), ...more })) body.set(name, value);
    return body;
  }

  async post(act, more) {
    this.touched();
    const answer = await ask(this.form, this.form.action, this.body(act, more));
    adopt(this, answer);
    if (answer.revision !== undefined) this.field("revision").value = answer.revision;
    if (answer.conflict) showErrors(this.form, { form: answer.conflict });
    return answer;
  }

  failed(problem) {
    this.dirty = true;
    this.keepNow();
    this.signedOut = problem instanceof SignedOut;
    if (this.signedOut) showErrors(this.form, SIGNED_OUT);
    this.say(problem instanceof Offline ? "Kept on this device" : "Not saved, trying again");
    this.later(RETRY_MS);
  }
}
