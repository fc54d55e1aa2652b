// Passes the result of the promise to the waiter, for the wait with this number. Only promises and timers refer to the
// waiter, so the waiter is collected with those that never settle.
//
// A waiter throws if its WebAssembly instance or its request has ended. No task waits there any more.
export function passResultTo(promise, waiter, number) {
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
