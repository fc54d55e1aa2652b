const TIMED_OUT = Symbol();

// Asks all rate limits at once and hands the exchange what each said. Lines: binding and key in turn.
export async function limit(exchange, env, lines, within) {
  let timer;
  const deadline = new Promise((resolve) => { timer = setTimeout(resolve, within, TIMED_OUT); });
  const keys = lines.filter((_, at) => at % 2 === 1);
  await Promise.all(keys.map(async (key, position) => {
    try {
      const said = await Promise.race([env[lines[2 * position]].limit({ key }), deadline]);
      if (said === TIMED_OUT) exchange.timedOut(position);
      else if (typeof said?.success === "boolean") exchange.said(position, said.success);
      else exchange.failed(position);
    } catch {
      exchange.failed(position);
    }
  }));
  clearTimeout(timer);
}
