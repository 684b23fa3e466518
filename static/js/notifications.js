// Turns notifications on for this browser: it asks the person, then its push service.

import { ask, SignedOut } from "./compose_wire.js";
import { scriptAddress } from "./part.js";

const WORDS = {
  denied: "This browser does not let Hearth show notifications. Allow it in the browser's settings for this site.",
  failed: "This browser's push service did not answer. Some browsers have none, or turn it off.",
  signedOut: "Not turned on: you were signed out. Sign in again first.",
  away: "Not turned on: the server did not answer. Try again.",
};

const octets = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));

async function subscribe({ worker, publicKey }) {
  await navigator.serviceWorker.register(scriptAddress(worker), { scope: "/" });
  const { pushManager } = await navigator.serviceWorker.ready;
  const wanted = { userVisibleOnly: true, applicationServerKey: octets(publicKey) };
  try {
    return await pushManager.subscribe(wanted);
  } catch (problem) {
    // One that was made for another key, before this Hearth was set up anew.
    if (problem.name !== "InvalidStateError") throw problem;
    await (await pushManager.getSubscription())?.unsubscribe();
    return pushManager.subscribe(wanted);
  }
}

async function tell(form, subscription) {
  const { endpoint, keys } = subscription.toJSON();
  const body = new FormData(form);
  for (const [name, value] of Object.entries({ endpoint, p256dh: keys.p256dh, auth: keys.auth })) body.set(name, value);
  try {
    return Object.values((await ask(form, form.action, body)).errors)[0];
  } catch (problem) {
    return problem instanceof SignedOut ? WORDS.signedOut : WORDS.away;
  }
}

async function turnOn(form, said) {
  if ((await Notification.requestPermission()) !== "granted") return (said.textContent = WORDS.denied);
  said.textContent = "Turning on…";
  try {
    const wrong = await tell(form, await subscribe(form.dataset));
    if (!wrong) return location.reload();
    return (said.textContent = wrong);
  } catch {
    return (said.textContent = WORDS.failed);
  }
}

/** What was removed on the list, perhaps from elsewhere, the browser forgets too. */
async function forget() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}

export function install(root) {
  const form = root.querySelector("[data-push]");
  const able = "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
  root.querySelector("[data-push-unable]").hidden = able;
  if (!form || !able) return;
  form.hidden = false;
  if ("stale" in form.dataset) forget().catch(() => {});
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    turnOn(form, form.querySelector("[data-said]"));
  });
}
