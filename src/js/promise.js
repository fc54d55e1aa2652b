// Tells the waiter what the promise settles to, by the number of the wait. Only promises and timers hold the waiter: it is
// collected with those that never settle.
//
// A waiter whose WebAssembly instance has ended throws, and so does one whose request has. Nobody waits there any more.
export function settle(promise, waiter, number) {
  Promise.resolve(promise).then(
    (value) => {
      try {
        waiter.fulfill(waiter, number, value);
      } catch {}
    },
    (reason) => {
      try {
        waiter.reject(waiter, number, reason);
      } catch {}
    },
  );
}

export function free(waiter) {
  waiter.free();
}
