/**
 * Reads QR codes from pictures and from the camera, in the page: no picture leaves the device.
 * By the browser's own BarcodeDetector where there is one, else by the decoder that `make assets` brings.
 * @module
 */

const LONGEST_SIDE = 1600;
const PAUSE = 100;

/**
 * Why nothing can be read: `denied` (the person or the browser said no), `no_camera`, `busy`, `no_decoder`.
 */
export class CannotScan extends Error {
  /** @param {"denied" | "no_camera" | "busy" | "no_decoder"} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** @typedef {(canvas: HTMLCanvasElement) => Promise<string | null>} Reader */

/** @returns {Promise<Reader>} throws CannotScan in a browser without a decoder */
export async function openReader() {
  return (await nativeReader()) ?? (await ownReader());
}

async function nativeReader() {
  const formats = (await globalThis.BarcodeDetector?.getSupportedFormats?.().catch(() => [])) ?? [];
  if (!formats.includes("qr_code")) return null;
  const detector = new globalThis.BarcodeDetector({ formats: ["qr_code"] });
  return async (canvas) => (await detector.detect(canvas))[0]?.rawValue ?? null;
}

async function ownReader() {
  const { decodeQR } = await import("../vendor/qr/decode.js").catch(() => {
    throw new CannotScan("no_decoder");
  });
  return async (canvas) => {
    const { width, height } = canvas;
    try {
      return decodeQR(canvas.getContext("2d").getImageData(0, 0, width, height));
    } catch {
      return null;
    }
  };
}

/**
 * The text of the QR code in a picture, or null when there is none to be read.
 * @param {Blob} picture @returns {Promise<string | null>} throws CannotScan
 */
export async function readPicture(picture) {
  const read = await openReader();
  const image = await createImageBitmap(picture).catch(() => null);
  if (image === null) return null;
  for (const longest of [LONGEST_SIDE, LONGEST_SIDE / 2]) {
    const text = await read(drawn(image, image.width, image.height, longest));
    if (text !== null) return text;
  }
  return null;
}

/**
 * Show the camera's picture in `video` until a code that `accepts` is seen, or the signal says stop.
 * The permission is asked for here, and the camera is off again when this ends.
 * @param {HTMLVideoElement} video
 * @param {{accepts?: (text: string) => boolean, signal?: AbortSignal}} [options]
 * @returns {Promise<string | null>} null when it was stopped; throws CannotScan
 */
export async function scanWithCamera(video, { accepts = () => true, signal } = {}) {
  const read = await openReader();
  const stream = await openCamera();
  try {
    video.srcObject = stream;
    await video.play();
    return await firstCode(video, read, accepts, signal);
  } finally {
    video.srcObject = null;
    for (const track of stream.getTracks()) track.stop();
  }
}

async function openCamera() {
  if (!navigator.mediaDevices) throw new CannotScan("no_camera");
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    throw new CannotScan(reasonOf(error));
  }
}

function reasonOf(error) {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return "denied";
  return error.name === "NotReadableError" ? "busy" : "no_camera";
}

async function firstCode(video, read, accepts, signal) {
  while (!signal?.aborted) {
    const { videoWidth, videoHeight } = video;
    const text = videoWidth ? await read(drawn(video, videoWidth, videoHeight, LONGEST_SIDE)) : null;
    if (text !== null && accepts(text)) return text;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  return null;
}

const canvas = globalThis.document?.createElement("canvas");

function drawn(image, width, height, longest) {
  const scale = Math.min(1, longest / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}
