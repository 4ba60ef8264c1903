/**
 * Code 128 bar codes (ISO/IEC 15417): digits two by two where there is an even number of them, else one by one.
 * @module
 */

// Widths of bar, space, bar … for each value; the last one is the stop.
const WIDTHS = (
  "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122" +
  "123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323" +
  "131123131321112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131" +
  "213113213311213131311123311321331121312113312311332111314111221411431111111224111422121124121421141122" +
  "141221112214112412122114122411142112142211241211221114413111241112134111111242121142121241114212124112" +
  "124211411212421112421211212141214121412121111143111341131141114113114311411113411311113141114131311141" +
  "411131211412211214211232"
).match(/.{6}/g);
const STOP = "2331112";
const [START_B, START_C] = [104, 105];

/**
 * @param {string} text printable ASCII @returns {number[]} widths of bar, space, bar … in modules
 */
export function encodeCode128(text) {
  if (!/^[ -~]+$/.test(text)) throw new RangeError("Code 128 takes printable ASCII only");
  const values = /^(\d\d)+$/.test(text) ? pairs(text) : letters(text);
  const check = values.reduce((sum, value, at) => sum + value * Math.max(at, 1), 0) % 103;
  const widths = [...values, check].map((value) => WIDTHS[value]).join("") + STOP;
  return [...widths].map(Number);
}

function pairs(digits) {
  return [START_C, ...digits.match(/../g).map(Number)];
}

function letters(text) {
  return [START_B, ...[...text].map((character) => character.charCodeAt(0) - 32)];
}
