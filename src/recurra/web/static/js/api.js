// The service behind the page: requests, their errors in one line, and answers that take a while.

import { recall, remember } from "./storage.js";

/** A request that was not answered: the status (0: no answer at all) and one line that says what to do. */
export class ApiError extends Error {
  constructor(status, line) {
    super(line);
    this.name = "ApiError";
    this.status = status;
  }
}

/** Keeps the token that a service asks for, until the tab is closed. */
export function setToken(token) {
  remember("token", token, "sessionStorage");
}

async function asked(path, options) {
  const headers = { accept: "application/json", ...options.headers };
  const token = recall("token", null, "sessionStorage");
  if (token) headers.authorization = `Bearer ${token}`;
  try {
    return await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "");
  }
}

async function answered(path, options) {
  const response = await asked(path, options);
  let body;
  try {
    body = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(response.status, `${response.status} ${response.statusText}`.trim());
  }
  if (!response.ok)
    throw new ApiError(response.status, String(body?.error ?? `${response.status} ${response.statusText}`));
  return { status: response.status, body };
}

function posting(value, headers, signal) {
  return {
    method: "POST",
    body: JSON.stringify(value),
    headers: { "content-type": "application/json", ...headers },
    signal,
  };
}

/** Asks with POST; JSON there and back. */
export async function post(path, value, { signal } = {}) {
  return (await answered(path, posting(value, {}, signal))).body;
}

/**
 * Asks with POST for an answer that gets better line by line; the last one is the answer.
 * @param {(answer: object) => void} draw is given each of them as it comes.
 */
export async function postLines(path, value, { signal, draw }) {
  const response = await asked(path, posting(value, { accept: "application/x-ndjson, application/json" }, signal));
  const kind = response.headers.get("content-type") ?? "";
  if (!response.ok || !kind.startsWith("application/x-ndjson")) {
    const body = await response.json().catch(() => null);
    throw new ApiError(response.status, String(body?.error ?? `${response.status} ${response.statusText}`));
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let latest = null;
  for (;;) {
    const { done, value: part } = await reader.read();
    if (done) return latest;
    const lines = (rest + part).split("\n");
    rest = lines.pop();
    for (const line of lines.filter(Boolean)) {
      latest = JSON.parse(line);
      if (latest.error) throw new ApiError(response.status, latest.error);
      draw(latest);
    }
  }
}

function withQuery(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

/** Asks with GET. */
export async function get(path, { query = {}, signal } = {}) {
  return (await answered(withQuery(path, query), { signal })).body;
}

/** Waits, unless the signal says that nobody waits any more. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}

/**
 * Asks until the answer is there: what takes long is computed in the background, and the service says 202 meanwhile.
 * @param {object} value what is sent with POST; none for GET.
 * @param {(state: object) => void} waiting is told of each such answer.
 */
export async function computed(path, { query = {}, value = null, signal, waiting = () => {} } = {}) {
  const options = value === null ? { signal } : posting(value, {}, signal);
  for (let wait = 250; ; wait = Math.min(wait * 1.5, 3000)) {
    const { status, body } = await answered(withQuery(path, query), options);
    if (status !== 202) return body;
    waiting(body);
    await pause(wait, signal);
  }
}
