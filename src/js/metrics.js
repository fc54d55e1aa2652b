// A data point of one request. Writing it waits for nothing: the runtime sends it when the request is over.

// `lines` are the binding's name and the texts. What the binding throws must not cost anybody a response.
export function writeDataPoint(env, lines, ...doubles) {
  const [binding, ...blobs] = lines.split("\n");
  try {
    env[binding].writeDataPoint({ indexes: [blobs[0]], blobs, doubles });
  } catch (error) {
    console.error(`The data point of a request was not written: ${error.name}`);
  }
}
