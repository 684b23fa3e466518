// Sends files piece by piece, with progress and a way to cancel; saving goes on in between.

import { adopt } from "./compose_adopt.js";
import { cardOf, label, leave, sizeText } from "./compose_cards.js";
import { Refused, Transfer } from "./compose_tus.js";

/** ``picture`` names one that the text shows; ``failed`` is called when it will not come. */
export function upload(form, draft, list, file, { picture = "", failed = () => {} } = {}) {
  const limit = Number(form.dataset.limit);
  const begun = begunBefore(list, file);
  const card = waitingCard(list, file);
  const giveUp = (words) => (fail(card, words), failed());
  if (!begun && file.size > limit) return giveUp(`${sizeText(file.size)}. The limit is ${form.dataset.limitText}.`);
  const transfer = new Transfer(form, file, {
    url: begun,
    facts: { picture },
    turn: (work) => draft.queue(work),
    told: (arrived) => tell(card, file, arrived),
    paused: (arrived) => pause(card, file, arrived),
  });
  card.querySelector("button").addEventListener("click", () => {
    if (card.classList.contains("is-failed")) return;
    transfer.cancel();
    failed();
    leave(card);
    card.remove();
    list.hidden = !list.children.length;
  });
  const whole = run(form, draft, transfer, card).catch((problem) => {
    giveUp(problem instanceof Refused ? problem.sentence : "Not uploaded.");
  });
  draft.uploads.add(whole);
  return whole.finally(() => draft.uploads.delete(whole));
}

async function run(form, draft, transfer, card) {
  // The first request that brings a fresh form makes its draft.
  while ("fresh" in form.dataset && !transfer.cancelled) if (!(await draft.save({ auto: true }))) await transfer.pause(3000);
  await transfer.run();
  if (transfer.cancelled) return;
  draft.touched({ file: true });
  const answer = await listed(form, draft, transfer);
  if (!answer) return;
  leave(card);
  card.remove();
  adopt(draft, answer);
  say(draft, `${transfer.file.name} is attached.`);
}

/** The files as the server has them; asked again where it has no time, since this one has arrived. */
async function listed(form, draft, transfer) {
  const look = () => fetch(form.dataset.filesUrl, { redirect: "manual", headers: { Accept: "application/json" } }).catch(() => null);
  while (!draft.closed && !transfer.cancelled) {
    const response = await draft.queue(look);
    if (response?.headers.get("Content-Type")?.startsWith("application/json") && response.ok) return response.json();
    if (response?.status === 404) throw new Refused("Not attached: its message is gone.");
    transfer.paused(transfer.offset);
    await transfer.pause(3000);
  }
  return null;
}

function say({ form }, words) {
  form.querySelector("[data-files-said]").textContent = words;
}

function waitingCard(list, file) {
  const card = cardOf(file.name, file.type.startsWith("image/") ? "image" : "file");
  card.classList.add("is-waiting");
  card.querySelector("progress").setAttribute("aria-label", `Uploading ${file.name}`);
  label(card.querySelector("button"), `Cancel upload of ${file.name}`);
  list.append(card);
  list.hidden = false;
  return card;
}

/** Where a file of this name and size stopped, before this page was opened anew. */
function begunBefore(list, file) {
  const missing = [...list.querySelectorAll("[data-unfinished]")].find(({ dataset }) => dataset.name === file.name && Number(dataset.size) === file.size);
  missing?.remove();
  return missing?.dataset.unfinished ?? "";
}

function tell(card, file, arrived) {
  card.classList.remove("is-paused");
  card.querySelector("progress").value = file.size ? (100 * arrived) / file.size : 100;
  card.querySelector(".meta").textContent = `${sizeText(arrived)} of ${sizeText(file.size)}`;
}

function pause(card, file, arrived) {
  card.classList.add("is-paused");
  card.querySelector(".meta").setAttribute("role", "status");
  card.querySelector(".meta").textContent = `Paused${arrived ? ` at ${sizeText(arrived)} of ${sizeText(file.size)}` : ""}: no connection. It goes on by itself.`;
}

function fail(card, words) {
  card.classList.remove("is-waiting");
  card.classList.add("is-failed");
  card.querySelector("progress")?.remove();
  card.querySelector(".meta").textContent = words;
  card.querySelector(".meta").setAttribute("role", "alert");
  const button = card.querySelector("button");
  label(button, "Dismiss");
  button.addEventListener("click", () => (leave(card), card.remove()));
}
