// Passes the result of the promise to the waiter. Only the promise refers to the waiter, so the waiter is collected
// with a promise that never settles.
//
// A waiter whose WebAssembly instance has ended throws. Its request has failed already.
export function settle(promise, waiter) {
  Promise.resolve(promise).then(
    (value) => {
      try {
        waiter.fulfill(value);
      } catch {}
    },
    (reason) => {
      try {
        waiter.reject(reason);
      } catch {}
    },
  );
}
