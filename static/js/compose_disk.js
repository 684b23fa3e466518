// The disk of this browser, where what the server does not have yet lies within a second or two
// (F32).  IndexedDB, as localStorage reaches the disk when the browser likes.

const STORE = "drafts";

let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("hearth", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

/** Runs `work` on the store; answers with its result, or `otherwise` where nothing can be kept. */
export async function run(mode, work, otherwise) {
  try {
    const transaction = (await database()).transaction(STORE, mode, { durability: "strict" });
    const asked = work(transaction.objectStore(STORE));
    return await new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } catch {
    return otherwise; // full, or forbidden in this window: then the server alone keeps it
  }
}
