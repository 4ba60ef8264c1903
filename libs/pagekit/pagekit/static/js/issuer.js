/**
 * What an issuer publishes about itself. Ask only issuers of your own list of trusted ones.
 * @module
 */

/**
 * The well-known part goes between host and path.
 * @param {string} url @param {string} name @returns {string}
 */
export function wellKnown(url, name) {
  const { origin, pathname } = new URL(url);
  return `${origin}/.well-known/${name}${pathname === "/" ? "" : pathname}`;
}

/**
 * The keys that sign an issuer's cards and status lists (SD-JWT VC, JWT VC issuer metadata).
 * @param {string} issuer @param {RequestInit} [options] @returns {Promise<any[]>}
 */
export async function fetchIssuerKeys(issuer, options = {}) {
  const answer = await fetchPublic(wellKnown(issuer, "jwt-vc-issuer"), options);
  const metadata = await answer.json();
  if (metadata.issuer !== issuer) throw new TypeError("the metadata are of another issuer");
  return metadata.jwks.keys;
}

/**
 * Read something public: no cookies, no redirects; throws for any answer that is no success.
 * @param {string} url @param {RequestInit} [options] @returns {Promise<Response>}
 */
export async function fetchPublic(url, options = {}) {
  const answer = await fetch(url, { credentials: "omit", redirect: "error", ...options });
  if (!answer.ok) throw new TypeError(`${new URL(url).pathname} answers ${answer.status}`);
  return answer;
}
