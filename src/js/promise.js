// Tells the waiter what the promise settles to. Only the promise holds the waiter: it is collected with a promise that
// never settles.
export function settle(promise, waiter) {
  Promise.resolve(promise).then((value) => tell(() => waiter.fulfill(value)), (reason) => tell(() => waiter.reject(reason)));
}

function tell(call) {
  try {
    call();
  } catch {
    // The waiter's instance has ended, and its request has failed.
  }
}
