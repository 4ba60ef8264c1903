/** One job as JSON on standard input, one answer as JSON on standard output; a refusal is an answer. */

import { text } from "node:stream/consumers";

export async function answer(work) {
  const job = JSON.parse(await text(process.stdin));
  const told = await work(job).catch((error) => ({ refused: reason(error) }));
  console.log(JSON.stringify(told));
}

function reason(error) {
  const cause = error.cause ? ` (${reason(error.cause)})` : "";
  const body = error.errorResponse ?? error.response?.credentialErrorResponseResult?.data;
  return `${error.name}: ${error.message}${cause}${body ? ` ${JSON.stringify(body)}` : ""}`;
}
