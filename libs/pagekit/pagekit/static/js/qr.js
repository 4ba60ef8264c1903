/**
 * QR codes of text (ISO/IEC 18004): bytes, error correction level M, mask 0, as small as the text allows.
 * A fixed mask will do: what we show is random enough that no mask is better than another.
 * @module
 */

import { toUtf8 } from "./bytes.js";

// For each version from 1 on, level M: error correction codewords in a block, and blocks.
const CORRECTION = [
  10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
  26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
];
const BLOCKS = [
  1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16,
  17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
];
const LEVEL_M = 0;
const MASK = 0;
const isMasked = (row, column) => (row + column) % 2 === 0;

/**
 * @param {string} text @returns {boolean[][]} rows of modules, dark ones true; throws for too long a text
 */
export function encodeQr(text) {
  const data = toUtf8(text);
  const version = smallestVersion(data.length);
  const codewords = interleave(version, dataCodewords(version, data));
  const symbol = emptySymbol(version);
  placeCodewords(symbol, codewords);
  return symbol.modules;
}

/** Where bits can go before error correction is set apart: the whole symbol less its patterns, in bytes. */
function rawCodewords(version) {
  const aligned = Math.floor(version / 7) + 2;
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) modules -= (25 * aligned - 10) * aligned - 55;
  if (version >= 7) modules -= 36;
  return Math.floor(modules / 8);
}

function capacity(version) {
  return rawCodewords(version) - CORRECTION[version - 1] * BLOCKS[version - 1];
}

function lengthBits(version) {
  return version < 10 ? 8 : 16;
}

function smallestVersion(length) {
  for (let version = 1; version <= 40; version += 1) {
    if (4 + lengthBits(version) + 8 * length <= 8 * capacity(version)) return version;
  }
  throw new RangeError("the text is too long for a QR code");
}

/** Mode "bytes", length, the bytes, a terminator, and padding. */
function dataCodewords(version, data) {
  const bits = [];
  const put = (value, length) => {
    for (let at = length - 1; at >= 0; at -= 1) bits.push((value >> at) & 1);
  };
  put(4, 4);
  put(data.length, lengthBits(version));
  for (const byte of data) put(byte, 8);
  put(0, Math.min(4, 8 * capacity(version) - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < 8 * capacity(version); pad ^= 0xec ^ 0x11) put(pad, 8);
  return toBytes(bits);
}

function toBytes(bits) {
  return Array.from({ length: bits.length / 8 }, (_, at) => parseInt(bits.slice(8 * at, 8 * at + 8).join(""), 2));
}

/** The blocks' bytes in turn, then their corrections in turn. The later blocks may be one byte longer. */
function interleave(version, data) {
  const [blocks, correction] = [BLOCKS[version - 1], CORRECTION[version - 1]];
  const short = Math.floor(data.length / blocks);
  const shorts = blocks - (data.length % blocks);
  const divisor = generator(correction);
  const parts = [];
  for (let block = 0, at = 0; block < blocks; block += 1) {
    const bytes = data.slice(at, (at += short + (block < shorts ? 0 : 1)));
    parts.push({ bytes, check: remainder(bytes, divisor) });
  }
  return [...inTurn(parts.map((part) => part.bytes)), ...inTurn(parts.map((part) => part.check))];
}

function inTurn(lists) {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) => lists.map((list) => list[at])).flat()
    .filter((byte) => byte !== undefined);
}

/** In the field of 256 elements modulo x⁸ + x⁴ + x³ + x² + 1. */
function multiply(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((b >> bit) & 1) * a;
  }
  return product;
}

/** The product of (x − 2ⁱ) for i below `degree`, without its leading 1. */
function generator(degree) {
  const result = [...Array(degree - 1).fill(0), 1];
  for (let step = 0, root = 1; step < degree; step += 1, root = multiply(root, 2)) {
    for (let at = 0; at < degree; at += 1) {
      result[at] = multiply(result[at], root) ^ (at + 1 < degree ? result[at + 1] : 0);
    }
  }
  return result;
}

function remainder(bytes, divisor) {
  const rest = Array(divisor.length).fill(0);
  for (const byte of bytes) {
    const factor = byte ^ rest.shift();
    rest.push(0);
    divisor.forEach((coefficient, at) => { rest[at] ^= multiply(coefficient, factor); });
  }
  return rest;
}

/** A symbol with its patterns: `taken` are the modules that no data may have. */
function emptySymbol(version) {
  const size = 17 + 4 * version;
  const grid = () => Array.from({ length: size }, () => Array(size).fill(false));
  const symbol = { size, version, modules: grid(), taken: grid() };
  drawTiming(symbol);
  for (const [row, column] of [[3, 3], [3, size - 4], [size - 4, 3]]) drawFinder(symbol, row, column);
  for (const [row, column] of alignments(symbol)) drawRings(symbol, row, column, 2, (ring) => ring !== 1);
  drawFormat(symbol);
  if (version >= 7) drawVersion(symbol);
  return symbol;
}

function set(symbol, row, column, isDark) {
  if (row < 0 || column < 0 || row >= symbol.size || column >= symbol.size) return;
  symbol.modules[row][column] = isDark;
  symbol.taken[row][column] = true;
}

function drawTiming(symbol) {
  for (let at = 0; at < symbol.size; at += 1) {
    set(symbol, 6, at, at % 2 === 0);
    set(symbol, at, 6, at % 2 === 0);
  }
}

function drawFinder(symbol, row, column) {
  drawRings(symbol, row, column, 4, (ring) => ring !== 2 && ring !== 4);
}

function drawRings(symbol, row, column, radius, isDark) {
  for (let down = -radius; down <= radius; down += 1) {
    for (let right = -radius; right <= radius; right += 1) {
      set(symbol, row + down, column + right, isDark(Math.max(Math.abs(down), Math.abs(right))));
    }
  }
}

function alignments({ version, size }) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = version === 32 ? 26 : Math.ceil((size - 13) / (2 * count - 2)) * 2;
  const places = [6, ...Array.from({ length: count - 1 }, (_, at) => size - 7 - (count - 2 - at) * step)];
  const last = places.at(-1);
  const isFinder = (row, column) => (row === 6 && (column === 6 || column === last)) || (row === last && column === 6);
  return places.flatMap((row) => places.map((column) => [row, column])).filter(([row, column]) => !isFinder(row, column));
}

/** Remainder of a division of polynomials over bits. */
function checked(value, bits, divisor) {
  let rest = value;
  for (let step = 0; step < bits; step += 1) rest = (rest << 1) ^ ((rest >> (bits - 1)) * divisor);
  return (value << bits) | rest;
}

function drawFormat(symbol) {
  const format = checked((LEVEL_M << 3) | MASK, 10, 0x537) ^ 0x5412;
  const isDark = (bit) => ((format >> bit) & 1) === 1;
  const last = symbol.size - 1;
  for (let bit = 0; bit < 15; bit += 1) {
    const near = placeOfFormat(bit);
    if (bit < 8) {
      set(symbol, near, 8, isDark(bit));
      set(symbol, 8, last - bit, isDark(bit));
    } else {
      set(symbol, 8, near, isDark(bit));
      set(symbol, last - 14 + bit, 8, isDark(bit));
    }
  }
  set(symbol, symbol.size - 8, 8, true);
}

/** Beside the finder in the corner: around the timing pattern, up the column and then along the row. */
function placeOfFormat(bit) {
  if (bit < 6) return bit;
  return bit < 8 ? bit + 1 : [7, 5, 4, 3, 2, 1, 0][bit - 8];
}

function drawVersion(symbol) {
  const bits = checked(symbol.version, 12, 0x1f25);
  for (let bit = 0; bit < 18; bit += 1) {
    const [along, across] = [Math.floor(bit / 3), symbol.size - 11 + (bit % 3)];
    const isDark = ((bits >> bit) & 1) === 1;
    set(symbol, along, across, isDark);
    set(symbol, across, along, isDark);
  }
}

/** Upwards and downwards in turn, two columns at a time from the right, around the patterns. */
function placeCodewords(symbol, codewords) {
  const bits = codewords.flatMap((byte) => Array.from({ length: 8 }, (_, at) => (byte >> (7 - at)) & 1));
  let next = 0;
  for (const [row, column] of freeModules(symbol)) {
    const bit = bits[next] ?? 0;
    next += 1;
    symbol.modules[row][column] = (bit === 1) !== isMasked(row, column);
  }
}

function* freeModules({ size, taken }) {
  for (let right = size - 1, isUp = true; right > 0; right -= 2, isUp = !isUp) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      const row = isUp ? size - 1 - step : step;
      for (const column of [right, right - 1]) if (!taken[row][column]) yield [row, column];
    }
  }
}
