/** A wrong fault, delay or variable of the stand-in's own; the message says what to write instead. */
export class Malformed extends Error {}
