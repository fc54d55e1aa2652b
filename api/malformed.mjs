/** An invalid fault, delay or variable of the local API; the message says what to write instead. */
export class Malformed extends Error {}
