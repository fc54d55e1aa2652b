// Writes a data point of one request. This does not wait: the runtime sends it after the request.

// `texts` has one blob per line. An exception of the binding must not affect the response.
export function writeDataPoint(env, binding, texts, numbers) {
  const blobs = texts.split("\n");
  try {
    env[binding].writeDataPoint({ indexes: [blobs[0]], blobs, doubles: [...numbers] });
  } catch (error) {
    console.error(`The data point of a request was not written: ${error.name}`);
  }
}
