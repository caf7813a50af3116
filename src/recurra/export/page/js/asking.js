// Asks the worker, one text at a time. Only the newest text matters: an answer to an older one is never shown.

export class Asking {
  /**
   * @param {Worker} worker
   * @param {function(object)} show gets the answer to the newest text.
   */
  constructor(worker, show) {
    this.worker = worker;
    this.show = show;
    this.newest = 0;
    this.asked = null;
    this.waiting = null;
  }

  /** Asks for a text; earlier questions are forgotten. */
  ask(text) {
    this.newest += 1;
    this.waiting = { id: this.newest, text };
    this.next();
  }

  /** Forgets all questions. */
  forget() {
    this.newest += 1;
    this.waiting = null;
  }

  /** Takes a message of the worker. */
  take(answer) {
    this.asked = null;
    if (answer.id === this.newest) this.show(answer);
    this.next();
  }

  next() {
    if (this.asked !== null || this.waiting === null) return;
    this.asked = this.waiting;
    this.waiting = null;
    this.worker.postMessage(this.asked);
  }
}
