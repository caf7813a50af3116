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

async function answered(path, options) {
  const headers = { accept: "application/json", ...options.headers };
  const token = recall("token", null, "sessionStorage");
  if (token) headers.authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "");
  }
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

/** Asks with POST; JSON there and back. */
export async function post(path, value, { signal } = {}) {
  const options = {
    method: "POST",
    body: JSON.stringify(value),
    headers: { "content-type": "application/json" },
    signal,
  };
  return (await answered(path, options)).body;
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
 * @param {(state: object) => void} waiting is told of each such answer.
 */
export async function computed(path, { query = {}, signal, waiting = () => {} } = {}) {
  for (let wait = 250; ; wait = Math.min(wait * 1.5, 3000)) {
    const { status, body } = await answered(withQuery(path, query), { signal });
    if (status !== 202) return body;
    waiting(body);
    await pause(wait, signal);
  }
}
