// A data point of one request. Writing it waits for nothing: the runtime sends it when the request is over.

// `texts` are lines. What the binding throws must not cost anybody a response.
export function writeDataPoint(env, binding, texts, numbers) {
  const blobs = texts.split("\n");
  try {
    env[binding].writeDataPoint({ indexes: [blobs[0]], blobs, doubles: [...numbers] });
  } catch (error) {
    console.error(`The data point of a request was not written: ${error.name}`);
  }
}
