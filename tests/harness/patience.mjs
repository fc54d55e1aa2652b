// Time limits: a test whose event never occurs fails by itself instead of blocking the suite.

// No response in these tests takes as long.
const PATIENCE = 10_000;

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// The promise's value, or an error that names the event.
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

// The result of `look` as soon as it is neither false nor undefined.
export async function eventually(what, look) {
  const until = performance.now() + PATIENCE;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > until) throw new Error(`waited ${PATIENCE} ms for ${what}`);
    await pause(20);
  }
}
