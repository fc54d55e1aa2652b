// Writes a data point of one request. This does not wait: the runtime sends it after the request.

// `lines` has the name of the binding, and then one blob per line. An exception of the binding must not affect the
// response.
export function writeDataPoint(env, lines, ...doubles) {
  const [binding, ...blobs] = lines.split("\n");
  try {
    env[binding].writeDataPoint({ indexes: [blobs[0]], blobs, doubles });
  } catch (error) {
    console.error(`The data point of a request was not written: ${error.name}`);
  }
}
