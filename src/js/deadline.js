// The timer of a fixed deadline, for deadline.rs. A time limit that moves with progress is an IdleTimer
// (idle_timer.js).

// Fulfils the wait with this number after this many milliseconds, and returns the id for `clearTimeout`. Only the timer
// refers to the waiter. With `nodejs_compat`, a timer is an object, which would refer to it too.
export function fulfillAfter(milliseconds, waiter, number) {
  return Number(setTimeout(() => waiter.fulfill(waiter, number), milliseconds));
}
