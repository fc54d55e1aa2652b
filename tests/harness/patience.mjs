// Bounds on waiting: a test whose event never comes fails by its own name instead of holding up the suite.

// No answer of these tests takes as long.
const PATIENCE = 10_000;

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// The promise's value, or an error that says what was waited for.
export async function within(what, promise, milliseconds = PATIENCE) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${milliseconds} ms for ${what}`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// What `look` returns, once it is neither false nor undefined.
export async function eventually(what, look) {
  const until = performance.now() + PATIENCE;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > until) throw new Error(`waited ${PATIENCE} ms for ${what}`);
    await pause(20);
  }
}
