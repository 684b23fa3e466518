// Pictures that the server had no time for (503) are asked for again, one after the other.

const FROM = "/images/";
const MOST = 20;
const LONGEST_S = 30;

const waiting = new Map();

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** Whether there is a picture now.  The server keeps what it has fetched, so HEAD does the work. */
async function comes(url) {
  for (let tries = 0; tries < MOST; tries += 1) {
    const answer = await fetch(url, { method: "HEAD" });
    if (answer.status !== 503) return answer.ok;
    await pause(Math.min(Number(answer.headers.get("Retry-After")) || 5, LONGEST_S));
  }
  return false;
}

let last = Promise.resolve();

function ask(picture) {
  const url = picture.src;
  const isOurs = URL.canParse(url) && new URL(url).pathname.startsWith(FROM);
  if (!isOurs || picture.dataset.asked) return;
  picture.dataset.asked = "";
  if (waiting.has(url)) return waiting.get(url).push(picture);
  waiting.set(url, [picture]);
  last = last.then(() => comes(url)).catch(() => false).then((isThere) => {
    for (const each of waiting.get(url)) if (isThere && each.isConnected) each.src = url;
    waiting.delete(url);
  });
}

/** Looks after the pictures of a mail's document. */
export function watchPictures(page) {
  for (const picture of page.images) if (picture.complete && !picture.naturalWidth) ask(picture);
  page.addEventListener("error", (event) => event.target.matches?.("img") && ask(event.target), { capture: true });
}
