// Shows what a push says, and opens the page for it.  It keeps no mail and answers no requests.

const NEWS = {
  failed: { title: "A message could not be sent", page: "/outbox/" },
  due: { title: "A reminder is due", page: "/waiting/" },
  mail: { title: "New mail", page: "/mail/" },
};

/** The kind is all that comes; what cannot be read is told as news of no kind. */
function read(event) {
  try {
    return NEWS[event.data.json().kind] ?? { title: "News in your mail", page: "/mail/" };
  } catch {
    return { title: "News in your mail", page: "/mail/" };
  }
}

const windows = () => self.clients.matchAll({ type: "window", includeUncontrolled: true });

async function show(event) {
  const { title, page } = read(event);
  // A page that somebody looks at shows new mail by itself.
  if (page === "/mail/" && (await windows()).some(({ visibilityState }) => visibilityState === "visible")) return;
  await self.registration.showNotification(title, { tag: page, data: page });
}

/** A window that shows the page already, or for mail any of ours; else a new one: in those that
 * are open somebody may be writing. */
async function open(page) {
  const shown = (await windows()).find(({ url }) => new URL(url).pathname.startsWith(page));
  return shown ? shown.focus() : self.clients.openWindow(page);
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("push", (event) => event.waitUntil(show(event)));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data ?? "/mail/"));
});
