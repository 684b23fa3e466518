// One request of the compose window: its answer, or why there is none.

/** `answer` is what the window makes of it. */
class NotStored extends Error {
  constructor(answer) {
    super("not stored");
    this.answer = answer;
  }
}

export class SignedOut extends NotStored {
  constructor() {
    super("signed out");
  }
}

export class Offline extends NotStored {
  constructor() {
    super("offline");
  }
}

/** Posts `body`; answers with the server's JSON, also where it says what is wrong. */
export async function ask(form, url, body) {
  // A redirect can only lead to the sign-in page.
  const post = () => reach(url, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" });
  let response = await post();
  if (response.status === 403 && (await renewToken(form, body))) response = await post();
  if (response.type === "opaqueredirect" || [401, 403].includes(response.status)) throw new SignedOut();
  if (!response.headers.get("Content-Type")?.startsWith("application/json")) throw new Error(`${response.status}`);
  const answer = await response.json();
  if (response.status === 503) throw new NotStored(answer);
  return answer;
}

/** After a sign-in in another tab the form's token is too old: takes the new one. */
export async function renewToken(form, body) {
  const page = await fetch("/settings/appearance/", { redirect: "manual" });
  const text = page.ok ? await page.text() : "";
  const token = /name="csrf-token" content="([^"]+)"/.exec(text)?.[1];
  if (!token) return false;
  form.elements.namedItem("csrfmiddlewaretoken").value = token;
  body?.set("csrfmiddlewaretoken", token);
  return true;
}

async function reach(url, options) {
  try {
    return await fetch(url, options);
  } catch (problem) {
    throw new Offline(String(problem));
  }
}
