/**
 * What the page was given: the issuers that this wallet trusts, and where the other apps are.
 * @module
 */

/**
 * @typedef {object} Settings
 * @property {{url: string, id: string, name: string, short_name: string}[]} issuers
 * @property {string} verifier @property {string} portal @property {string} language
 */

/** @type {Settings} */
export const settings = JSON.parse(document.querySelector("[data-settings]").dataset.settings);

/** @param {string} url @returns {Settings["issuers"][0] | undefined} an issuer on the list, or none */
export function issuerOf(url) {
  return settings.issuers.find((issuer) => issuer.url === url);
}
