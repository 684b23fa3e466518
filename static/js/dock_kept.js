// Which windows are open, for the next page of this tab; what they hold is on the server, or
// on this browser's disk (compose_keep.js).

const KEPT = "windows";

/** Of whoever is signed in now: where a session ran out, somebody else may be the next in this tab. */
export function keptWindows() {
  const { user } = document.getElementById("docks").dataset;
  return JSON.parse(sessionStorage.getItem(KEPT) ?? "[]").filter((each) => each.user === user);
}

export function keepWindows() {
  const open = [...document.querySelectorAll("#docks > .compose")].map((section) => {
    const form = section.querySelector("form[data-compose]");
    const isUntouched = "fresh" in form.dataset && !form.dataset.written;
    const url = isUntouched ? section.dataset.from : new URL(form.action).pathname;
    const mode = ["small", "full"].find((each) => section.classList.contains(`is-${each}`)) ?? "";
    return { url, mode, user: form.dataset.user };
  });
  sessionStorage.setItem(KEPT, JSON.stringify(open));
}

export function forgetWindows(path) {
  sessionStorage.setItem(KEPT, JSON.stringify(keptWindows().filter(({ url }) => url !== path)));
}

/** Gives the server what this browser kept of a draft that never reached it. */
export async function rescue(path, user) {
  const key = /^\/compose\/([^/]+)\/$/.exec(path)?.[1];
  const { keptFields } = await import("./compose_keep.js");
  const fields = key && (await keptFields(user, key));
  if (!fields?.fresh) return false;
  const { postKept } = await import("./compose_rescue.js");
  return Boolean(await postKept(path, fields));
}
