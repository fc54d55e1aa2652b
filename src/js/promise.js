// Tells the waiter what the promise settles to. Only the promise holds the waiter: it is collected with a promise that
// never settles.
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
