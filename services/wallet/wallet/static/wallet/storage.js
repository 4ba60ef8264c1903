/**
 * What stays on this device: cards with their keys, an activation under way, showings, settings.
 * Private keys lie here as keys that can be used and never read.
 * @module
 */

const NAME = "legitka-wallet";

/**
 * @typedef {object} StoredCard
 * @property {string} id the credential id
 * @property {string} sdJwt
 * @property {CryptoKeyPair} key
 * @property {number} addedAt Unix seconds
 * @property {{status: string, signedAt: number} | null} status as last read from the issuer's list
 * @property {{handle: Uint8Array, key: Uint8Array, storedAt: number} | null} pack for checkers
 * @property {Renewal | null} [renewal] cards that an older app has added have none
 * @property {boolean} [isNews] whether the holder has yet to see that the card was renewed
 */

/**
 * What a newer card is fetched with, and what was known of the card when it was fetched last.
 * @typedef {object} Renewal
 * @property {CryptoKeyPair} clientKey that tokens are bound to
 * @property {string} refreshToken the newest that has come
 * @property {number} fetchedAt Unix seconds
 * @property {{end: number, revision: number | null} | null} known as the wallet service told it
 * @property {boolean} hasEnded whether the service takes no more of these tokens
 */

function open() {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("cards", { keyPath: "id" });
    opening.result.createObjectStore("activations", { keyPath: "id" });
    opening.result.createObjectStore("showings", { keyPath: "id", autoIncrement: true });
    opening.result.createObjectStore("settings");
  };
  return answered(opening);
}

function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** One transaction: resolves with what `work` asked for last, once all of it is written. */
async function transact(names, mode, work) {
  const database = await open();
  try {
    const transaction = database.transaction(names, mode, { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const last = work(...names.map((name) => transaction.objectStore(name)));
    await done;
    return last?.result;
  } finally {
    database.close();
  }
}

/** @returns {Promise<StoredCard[]>} newest first */
export async function loadCards() {
  const cards = await transact(["cards"], "readonly", (store) => store.getAll());
  return cards.sort((one, other) => other.addedAt - one.addedAt);
}

/** @param {string} id @returns {Promise<StoredCard | undefined>} */
export function loadCard(id) {
  return transact(["cards"], "readonly", (store) => store.get(id));
}

/**
 * Change some members of a card that is still there.
 * @param {string} id @param {Partial<StoredCard> | ((card: StoredCard) => Partial<StoredCard>)} changes
 */
export function changeCard(id, changes) {
  return transact(["cards"], "readwrite", (store) => {
    const reading = store.get(id);
    reading.onsuccess = () => {
      const card = reading.result;
      if (card) store.put({ ...card, ...(typeof changes === "function" ? changes(card) : changes) });
    };
  });
}

/** @param {string} id */
export function deleteCard(id) {
  return transact(["cards"], "readwrite", (store) => store.delete(id));
}

/** @returns {Promise<any>} the activation under way, if there is one */
export function loadActivation() {
  return transact(["activations"], "readonly", (store) => store.get("current"));
}

/** @param {object} activation */
export function saveActivation(activation) {
  return transact(["activations"], "readwrite", (store) => store.put({ ...activation, id: "current" }));
}

export function deleteActivation() {
  return transact(["activations"], "readwrite", (store) => store.delete("current"));
}

/** The card is there exactly when its activation is over. @param {StoredCard} card */
export function finishActivation(card) {
  return transact(["cards", "activations"], "readwrite", (cards, activations) => {
    cards.put(card);
    activations.delete("current");
  });
}

/** @param {{cardId: string, at: number}} showing */
export function addShowing(showing) {
  return transact(["showings"], "readwrite", (store) => store.add(showing));
}

/** @returns {Promise<{cardId: string, at: number}[]>} newest first */
export async function loadShowings() {
  return (await transact(["showings"], "readonly", (store) => store.getAll())).reverse();
}

export function deleteShowings() {
  return transact(["showings"], "readwrite", (store) => store.clear());
}

/** @param {string} name @returns {Promise<any>} */
export function readSetting(name) {
  return transact(["settings"], "readonly", (store) => store.get(name));
}

/** @param {string} name @param {unknown} value */
export function writeSetting(name, value) {
  return transact(["settings"], "readwrite", (store) => store.put(value, name));
}
